//! What the planner knows of tables that have just been filled for the first time.

use crate::{Db, DbError};

/// Analyses the tables that have rows and were never analysed; returns how many. PostgreSQL tells of rows about a second after a busy
/// connection wrote them, ten after one that rests.
pub async fn analyze_new_tables(db: &Db) -> Result<i32, DbError> {
    let analysed = sqlx::query_scalar!(r#"select analyze_new_tables() as "analysed!""#).fetch_one(db.system()).await?;
    Ok(analysed)
}
