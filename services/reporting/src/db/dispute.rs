//! Disputes: when they were opened and resolved, and when each of these became known.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{DbError, Tx};
use uuid::Uuid;

/// A dispute as an event tells it: its opening, or its resolution.
#[derive(Debug)]
pub(crate) struct DisputeChange {
    pub(crate) id: Uuid,
    pub(crate) item_id: Uuid,
    pub(crate) opened_on: NaiveDate,
    /// `None`: it is opened.
    pub(crate) resolved_on: Option<NaiveDate>,
    pub(crate) known_at: DateTime<Utc>,
}

/// Adds a dispute, or its resolution, each with the time at which it became known: it is opened once and resolved once. One whose resolution is read before its
/// opening is added as resolved.
pub(crate) async fn change(tx: &mut Tx, change: &DisputeChange) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "insert into dispute as d (tenant_id, id, item_id, opened_on, known_at, resolved_on, resolution_known_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict on constraint dispute_pkey do update
         set known_at = case when excluded.resolved_on is null then excluded.known_at else d.known_at end,
           resolved_on = coalesce(excluded.resolved_on, d.resolved_on),
           resolution_known_at = coalesce(excluded.resolution_known_at, d.resolution_known_at)",
        tenant,
        change.id,
        change.item_id,
        change.opened_on,
        change.known_at,
        change.resolved_on,
        change.resolved_on.map(|_| change.known_at),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
