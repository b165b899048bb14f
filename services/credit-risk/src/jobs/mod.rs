//! The door for time: what should have happened by now. Safe to run twice, and in two replicas.

use std::time::Duration;

use quittance_db::DbError;
use quittance_runtime::{Pace, Shutdown, error_chain, reconcile};
use tokio::task::JoinHandle;

use crate::{App, db, ops};

/// How often reservations are looked for whose time is over.
const IDLE: Duration = Duration::from_secs(1);
/// Tenants that are worked for in one go.
const TENANTS: i64 = 100;

/// Starts the reconciler.
pub(crate) fn spawn(app: &App, shutdown: &Shutdown) -> JoinHandle<()> {
    let app = app.clone();
    let expire = move || {
        let app = app.clone();
        async move { expire_due(&app).await.map_err(|error| error_chain(&error)) }
    };
    tokio::spawn(reconcile("expire_reservations", Pace::every(IDLE), shutdown.clone(), expire))
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
