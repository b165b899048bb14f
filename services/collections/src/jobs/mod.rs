//! Reconcilers: they find what should have happened by now, and do it. Idempotent, and safe in several replicas.

use std::time::Duration;

use quittance_db::for_each_tenant;
use quittance_runs::tenants_with_work;
use quittance_runtime::{Pace, Round, Shutdown, Tasks, error_chain, reconcile};

use crate::{AREA, App, ops};

/// How often runs with items left are searched.
const IDLE: Duration = Duration::from_millis(50);
/// The longest interval: a run started in another process does not wake the reconciler.
const LONGEST_IDLE: Duration = Duration::from_secs(1);
/// The most tenants of a round.
const TENANTS: i64 = 100;

/// Starts the reconciler.
pub(crate) fn spawn(app: &App, shutdown: &Shutdown) -> Tasks {
    let pace = Pace::every(IDLE).up_to(LONGEST_IDLE).woken_by(app.runs().clone());
    let app = app.clone();
    let work = move || {
        let app = app.clone();
        async move { work_runs(&app).await }
    };
    let mut tasks = Tasks::default();
    tasks.spawn("collections: work_runs", reconcile(AREA, "work_runs", pace, shutdown.clone(), work));
    tasks
}

/// Works off a batch of the runs of every tenant that has some.
async fn work_runs(app: &App) -> Result<Round, String> {
    let tenants =
        tenants_with_work(app.db(), &ops::WorkRuns::METHODS, TENANTS).await.map_err(|error| error_chain(&error))?;
    if tenants.is_empty() {
        return Ok(Round::Nothing);
    }
    let work = |tenant| app.run_job(tenant, &ops::WorkRuns);
    let is_more = for_each_tenant("work_runs", tenants, work).await.map_err(|error| error.to_string())?;
    Ok(if is_more { Round::More } else { Round::Done })
}
