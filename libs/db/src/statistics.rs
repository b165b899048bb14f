//! Planner statistics of tables that have just been filled.

use std::time::Duration;

use quittance_runtime::{Pace, Shutdown, reconcile};

use crate::{Db, DbError};

/// How often tables are checked.
const EVERY: Duration = Duration::from_secs(1);

/// Analyses the tables that have grown to five times their size since their last analysis, by 100 rows or more; returns how many. PostgreSQL reports rows
/// about a second after a busy connection wrote them, ten after an idle one.
pub async fn analyze_new_tables(db: &Db) -> Result<i32, DbError> {
    let analysed = sqlx::query_scalar!(r#"select analyze_new_tables() as "analysed!""#).fetch_one(db.system()).await?;
    Ok(analysed)
}

/// Repeats this for a service until shutdown.
pub async fn run_analysis(db: Db, service: &'static str, shutdown: Shutdown) {
    let analyze = || async { analyze_new_tables(&db).await.map(|_| false) };
    reconcile(service, "analyze_new_tables", Pace::every(EVERY), shutdown, analyze).await;
}
