//! The door for time: what should have happened by now. Safe to run twice, and in two replicas.

use std::time::Duration;

use quittance_db::for_each_tenant;
use quittance_runtime::{Pace, Shutdown, Tasks, error_chain, reconcile};

use crate::{AREA, App, db, ops};

/// How often payments are looked for that are to be matched again.
const MATCH_IDLE: Duration = Duration::from_millis(200);
/// How often batches are looked for that wait for invoicing.
const FINISH_IDLE: Duration = Duration::from_millis(500);
/// Tenants that are worked for in one go.
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
    let finish = reconcile(AREA, "finish_pending", Pace::every(FINISH_IDLE), shutdown.clone(), finish);
    tasks.spawn("payments: finish_pending", finish);
    let rematch = reconcile(AREA, "match_again", Pace::every(MATCH_IDLE), shutdown.clone(), rematch);
    tasks.spawn("payments: match_again", rematch);
    tasks
}

/// Matches again for every tenant with payments that are due. Returns whether there may be more.
async fn match_due(app: &App) -> Result<bool, String> {
    let tenants = db::unfinished::tenants_to_match(app.db(), app.now(), TENANTS).await;
    let tenants = tenants.map_err(|error| error_chain(&error))?;
    let may_be_more = i64::try_from(tenants.len()) == Ok(TENANTS);
    let is_more = for_each_tenant("match_again", tenants, |tenant| ops::match_again(app, tenant)).await;
    Ok(is_more.map_err(|error| error.to_string())? || may_be_more)
}
