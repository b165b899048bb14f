//! `quittance watch-run`: follows a run until it has ended.

use std::{process::ExitCode, time::Duration};

use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use quittance_grpc::Client;
use quittance_proto::{
    collections::v1::collections_run_service_client::CollectionsRunServiceClient,
    common::v1::{Run, RunState, WatchRunRequest},
};
use tonic::{Code, Status, Streaming};

use crate::{call::describe, client::ClientFlags, exit, output, progress};

/// How long to wait before a stream that broke off is opened again.
const AGAIN: Duration = Duration::from_millis(500);
/// How often in a row a stream may break off before it has said anything.
const MOST_FAILURES: u32 = 20;

/// Flags of `quittance watch-run`.
#[derive(Debug, Args)]
pub(crate) struct WatchRunFlags {
    /// The service that the run is of
    area: Area,
    /// The run's id
    run_id: String,
    #[command(flatten)]
    client: ClientFlags,
}

/// The services with runs.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Area {
    Collections,
}

impl Area {
    async fn watch(self, client: Client, run_id: &str) -> Result<Streaming<Run>, Status> {
        let request = WatchRunRequest { run_id: run_id.to_owned() };
        match self {
            Self::Collections => CollectionsRunServiceClient::new(client).watch_run(request).await,
        }
        .map(tonic::Response::into_inner)
    }
}

/// Shows the progress of a run until it has ended, then its counts. Finds something if items failed, or the run was cancelled.
pub(crate) async fn watch(flags: &WatchRunFlags) -> anyhow::Result<ExitCode> {
    let client = flags.client.connect()?;
    let bar = progress::bar(0, "items");
    let run = match watched(&client, flags, &bar).await {
        Ok(run) => run,
        Err(status) => {
            bar.finish_and_clear();
            eprintln!("{}", describe(&status));
            if status.code() == Code::Unavailable {
                eprintln!("{}", flags.client.tried());
            }
            return Ok(exit::FAILED);
        }
    };
    bar.finish_and_clear();
    let state = if run.state() == RunState::Cancelled { "cancelled" } else { "finished" };
    let Run { total_count, done_count, skipped_count, failed_count, .. } = run;
    output::line(format_args!(
        "{state}: {total_count} items, {done_count} done, {skipped_count} skipped, {failed_count} failed"
    ))?;
    Ok(if run.state() == RunState::Finished && failed_count == 0 { exit::DONE } else { exit::found() })
}

/// The run as it ended. A stream that ends before, with its deadline or its server, is opened again.
async fn watched(client: &Client, flags: &WatchRunFlags, bar: &ProgressBar) -> Result<Run, Status> {
    let mut failures = 0;
    loop {
        let broke_off = match follow(client, flags, bar, &mut failures).await {
            Ok(Some(run)) => return Ok(run),
            Ok(None) => Status::unavailable("the stream ended before the run"),
            Err(status) => status,
        };
        failures += 1;
        if !matches!(broke_off.code(), Code::DeadlineExceeded | Code::Unavailable | Code::Unknown | Code::Cancelled)
            || failures > MOST_FAILURES
        {
            return Err(broke_off);
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Follows one stream; `None` if it ended before the run.
async fn follow(
    client: &Client,
    flags: &WatchRunFlags,
    bar: &ProgressBar,
    failures: &mut u32,
) -> Result<Option<Run>, Status> {
    let mut stream = flags.area.watch(client.clone(), &flags.run_id).await?;
    while let Some(run) = stream.message().await? {
        *failures = 0;
        let ended = run.done_count + run.skipped_count + run.failed_count;
        bar.set_length(u64::try_from(run.total_count).unwrap_or_default());
        bar.set_position(u64::try_from(ended).unwrap_or_default());
        if run.state() != RunState::Running {
            return Ok(Some(run));
        }
    }
    Ok(None)
}
