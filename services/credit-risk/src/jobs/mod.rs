//! The door for time: what should have happened by now. Safe to run twice, and in two replicas.

use std::time::Duration;

use quittance_db::DbError;
use quittance_runtime::{Pace, Shutdown, Tasks, error_chain, reconcile};

use crate::{AREA, App, db, ops};

/// How often reservations are looked for whose time is over.
const IDLE: Duration = Duration::from_secs(1);
/// Tenants that are worked for in one go.
const TENANTS: i64 = 100;

/// Starts the reconciler.
pub(crate) fn spawn(app: &App, shutdown: &Shutdown) -> Tasks {
    let app = app.clone();
    let expire = move || {
        let app = app.clone();
        async move { expire_due(&app).await.map_err(|error| error_chain(&error)) }
    };
    let mut tasks = Tasks::default();
    let expire = reconcile(AREA, "expire_reservations", Pace::every(IDLE), shutdown.clone(), expire);
    tasks.spawn("credit-risk: expire_reservations", expire);
    tasks
}

/// Ends what is over for every tenant that has something. Returns whether there may be more.
async fn expire_due(app: &App) -> Result<bool, DbError> {
    let tenants = db::reservation::tenants_to_expire(app.db(), app.now(), TENANTS).await?;
    let mut is_more = i64::try_from(tenants.len()) == Ok(TENANTS);
    for tenant in tenants {
        is_more |= i64::try_from(ops::expire_reservations(app, tenant).await?) == Ok(ops::EXPIRE_BATCH);
    }
    Ok(is_more)
}
