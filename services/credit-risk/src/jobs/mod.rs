//! Reconcilers: they find what should have happened by now, and do it. Idempotent, and safe in several replicas.

use std::time::Duration;

use quittance_db::for_each_tenant;
use quittance_runtime::{Pace, Shutdown, Tasks, error_chain, reconcile};

use crate::{AREA, App, Error, db, ops};

/// How often the database is polled for overdue reservations.
const IDLE: Duration = Duration::from_secs(1);
/// The most tenants of a round.
const TENANTS: i64 = 100;

/// Starts the reconciler.
pub(crate) fn spawn(app: &App, shutdown: &Shutdown) -> Tasks {
    let app = app.clone();
    let expire = move || {
        let app = app.clone();
        async move { expire_reservations(&app).await }
    };
    let mut tasks = Tasks::default();
    let expire = reconcile(AREA, "expire_reservations", Pace::every(IDLE), shutdown.clone(), expire);
    tasks.spawn("credit-risk: expire_reservations", expire);
    tasks
}

/// Expires overdue reservations of all tenants. Returns whether there may be more.
async fn expire_reservations(app: &App) -> Result<bool, String> {
    let tenants = db::reservation::tenants_to_expire(app.db(), app.now(), TENANTS).await;
    let tenants = tenants.map_err(|error| error_chain(&error))?;
    let may_be_more = i64::try_from(tenants.len()) == Ok(TENANTS);
    let expire = |tenant| async move {
        let expired = app.run_job(tenant, &ops::ExpireReservations).await?;
        Ok::<_, Error>(i64::try_from(expired) == Ok(ops::EXPIRE_BATCH))
    };
    let is_more = for_each_tenant("expire_reservations", tenants, expire).await;
    Ok(is_more.map_err(|error| error.to_string())? || may_be_more)
}
