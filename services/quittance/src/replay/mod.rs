//! `quittance replay`: replays the history of a real company through the public APIs and reports on it.

mod date_format;
mod judge;
mod map;
mod post;
mod report;

use std::path::PathBuf;

use chrono::NaiveDate;
use quittance_kernel::{Clock, TenantId};

use crate::api::Api;

pub(crate) use map::Map;

/// The input of a replay.
#[derive(Debug)]
pub(crate) struct Replay {
    pub(crate) file: PathBuf,
    pub(crate) map: Map,
    pub(crate) report_on: Vec<NaiveDate>,
    pub(crate) out: PathBuf,
}

/// The result of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Every row became a document.
    Clean,
    /// Rows were left out; the report lists them with reasons.
    RowsLeftOut,
}

/// Replays into a new tenant of the suite behind `connect`.
pub(crate) async fn run(
    replay: &Replay,
    connect: impl AsyncFnOnce(TenantId) -> anyhow::Result<Api>,
) -> anyhow::Result<Outcome> {
    let book = judge::read(&replay.file, &replay.map)?;
    println!("{}: {} rows accepted, {} left out", replay.file.display(), book.rows.len(), book.rejected.len());
    let tenant = TenantId::at(Clock::system().now());
    let mut api = connect(tenant).await?;
    let started = std::time::Instant::now();
    post::post(&mut api, &replay.file, &book.rows).await?;
    api.wait_for_everything().await?;
    println!("posted in {:.1} s to tenant {tenant}", started.elapsed().as_secs_f64());
    let report = report::make(&mut api, &book, &replay.report_on).await?;
    std::fs::create_dir_all(&replay.out)?;
    let path = replay.out.join("report.json");
    std::fs::write(&path, serde_json::to_vec_pretty(&report)?)?;
    println!("wrote {}", path.display());
    crate::verify::print(&mut api).await?;
    Ok(if book.rejected.is_empty() { Outcome::Clean } else { Outcome::RowsLeftOut })
}
