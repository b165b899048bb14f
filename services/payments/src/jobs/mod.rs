//! Reconcilers: they find what should have happened by now, and do it. Idempotent, and safe in several replicas.

use std::time::Duration;

use quittance_db::for_each_tenant;
use quittance_runtime::{Pace, Round, Shutdown, Tasks, error_chain, reconcile};

use crate::{AREA, App, db, ops};

/// How often payments due for matching are searched.
const MATCH_IDLE: Duration = Duration::from_millis(200);
/// The longest interval: a payment recorded in another process does not wake the reconciler.
const MATCH_LONGEST_IDLE: Duration = Duration::from_secs(1);
/// How often batches waiting for invoicing are searched.
const FINISH_IDLE: Duration = Duration::from_millis(500);
/// The longest interval.
const FINISH_LONGEST_IDLE: Duration = Duration::from_secs(2);
/// The most tenants of a round.
const TENANTS: i64 = 100;

/// Starts the reconcilers.
pub(crate) fn spawn(app: &App, shutdown: &Shutdown) -> Tasks {
    let (finishing, matching) = (app.clone(), app.clone());
    let finish = move || {
        let app = finishing.clone();
        async move { ops::finish_pending(&app).await }
    };
    let rematch = move || {
        let app = matching.clone();
        async move { match_due(&app).await }
    };
    let mut tasks = Tasks::default();
    let pace = Pace::every(FINISH_IDLE).up_to(FINISH_LONGEST_IDLE);
    let finish = reconcile(AREA, "finish_pending", pace, shutdown.clone(), finish);
    tasks.spawn("payments: finish_pending", finish);
    let pace = Pace::every(MATCH_IDLE).up_to(MATCH_LONGEST_IDLE).woken_by(app.matching().clone());
    let rematch = reconcile(AREA, "match_again", pace, shutdown.clone(), rematch);
    tasks.spawn("payments: match_again", rematch);
    tasks
}

/// Rematches for every tenant with payments due.
async fn match_due(app: &App) -> Result<Round, String> {
    let tenants = db::unfinished::tenants_to_match(app.db(), app.now(), TENANTS).await;
    let tenants = tenants.map_err(|error| error_chain(&error))?;
    if tenants.is_empty() {
        return Ok(Round::Nothing);
    }
    let may_be_more = i64::try_from(tenants.len()) == Ok(TENANTS);
    let is_more = for_each_tenant("match_again", tenants, |tenant| ops::match_again(app, tenant)).await;
    let is_more = is_more.map_err(|error| error.to_string())? || may_be_more;
    Ok(if is_more { Round::More } else { Round::Done })
}
