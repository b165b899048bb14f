//! Works off what calls have started.

use quittance_kernel::{Bug, RunId, TenantId};
use quittance_runs::{RunChange, RunMessage, Runs, take, work};
use quittance_service::{Event, Operation};

use super::{StartDunning, Write};
use crate::{Error, app::TenantSettings, outbox};

/// How many items are worked off in one transaction: a process that is killed has done these again, and a run is cancelled after them.
const BATCH: i64 = 200;

impl Runs for TenantSettings {
    fn run_event(_tenant: TenantId, id: RunId, run: &RunMessage, change: RunChange) -> Event {
        outbox::run_changed(id, run, change)
    }
}

/// Works off a batch of items of a tenant's runs. Returns whether there was one. Items that another replica works on are skipped.
#[derive(Debug)]
pub(crate) struct WorkRuns;

impl WorkRuns {
    /// The methods that start runs. Those of a later version wait for its replicas.
    pub(crate) const METHODS: [&'static str; 1] = [StartDunning::NAME];
}

impl Operation for WorkRuns {
    const NAME: &'static str = "WorkRuns";
    type Settings = TenantSettings;
    type Output = bool;

    async fn run(&self, w: &mut Write<'_>) -> Result<bool, Error> {
        let Some(batch) = take(w, &Self::METHODS, BATCH).await? else { return Ok(false) };
        match batch.run.method.as_str() {
            StartDunning::NAME => work::<StartDunning>(w, batch).await?,
            _ => return Err(Bug("a run of a method that starts none").into()),
        }
        Ok(true)
    }
}
