//! `quittance rebuild`: rebuilds a service's read model from the first event on.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use quittance_db::Db;
use quittance_events::{History, RebuildError, Rebuilt, stream_status};
use quittance_host::{Histories, Reads, Service};

use super::{
    dead_letters::app,
    reader::Reader,
    stores::{StoreFlags, Stores},
};

/// How often a rebuild that conflicts with consumers is restarted.
const ATTEMPTS: u32 = 5;

/// Flags of `quittance rebuild`.
#[derive(Debug, Args)]
pub(crate) struct RebuildFlags {
    /// The service whose read model to rebuild
    service: Reader,
    #[command(flatten)]
    stores: StoreFlags,
}

/// Rebuilds the read model; exits with 3 if it did not match the events.
pub(crate) async fn run(flags: &RebuildFlags) -> anyhow::Result<ExitCode> {
    let rebuilt = flags.stores.with(async |stores| match flags.service {
        Reader::Invoicing => Box::pin(rebuild::<quittance_invoicing::App>(stores)).await,
        Reader::Payments => Box::pin(rebuild::<quittance_payments::App>(stores)).await,
        Reader::CreditRisk => Box::pin(rebuild::<quittance_credit_risk::App>(stores)).await,
        Reader::Collections => Box::pin(rebuild::<quittance_collections::App>(stores)).await,
        Reader::Reporting => Box::pin(rebuild::<quittance_reporting::App>(stores)).await,
    });
    let Rebuilt { events, before, after } = rebuilt.await?.context("interrupted")?;
    println!("{events} events were applied");
    println!("content before  {before}");
    println!("content after   {after}");
    if before == after {
        println!("the read model matched the events");
        Ok(ExitCode::SUCCESS)
    } else {
        println!("the read model did NOT match the events; now it does");
        Ok(crate::exit::found())
    }
}

async fn rebuild<S: Service>(stores: &Stores) -> anyhow::Result<Rebuilt> {
    let db = stores.db(S::AREA).await?;
    let mut histories = Histories::default();
    for Reads { area, .. } in S::READS {
        let history = match &stores.kafka {
            Some(kafka) => History::Kafka(kafka.clone()),
            None if stores.has_all() => History::Outbox(stores.db(area).await?),
            None => anyhow::bail!("past events of {area} are in its topic: name the broker"),
        };
        histories = histories.with(area, history);
    }
    let service: S = app(&db)?;
    let bar = bar(&db).await?;
    let mut attempt = 1;
    let rebuilt = loop {
        match service.rebuild(&histories, &mut |done| bar.set_position(done)).await {
            Err(RebuildError::Db(error)) if error.is_transient() && attempt < ATTEMPTS => attempt += 1,
            done => break done?,
        }
    };
    bar.finish_and_clear();
    Ok(rebuilt)
}

/// A bar over the events that were read so far.
async fn bar(db: &Db) -> anyhow::Result<ProgressBar> {
    let read: i64 = stream_status(db).await?.subscriptions.iter().map(|subscription| subscription.position).sum();
    let bar = ProgressBar::new(u64::try_from(read).unwrap_or(0));
    bar.set_style(ProgressStyle::with_template("applying events {bar:40} {pos}/{len} {elapsed}, {eta} left")?);
    Ok(bar)
}
