//! Discarded dead letters: kept with who discarded them, when and why.

use chrono::{DateTime, Utc};
use quittance_db::{Db, DbError};

use crate::{
    Envelope, Place,
    held::{MAX_ERROR_BYTES, storable},
};

/// Who discards a dead letter, when and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discard {
    /// When it is discarded.
    pub at: DateTime<Utc>,
    /// Who discards it.
    pub by: String,
    /// The reason.
    pub reason: String,
}

impl Discard {
    pub(crate) fn of(at: Option<DateTime<Utc>>, by: Option<String>, reason: Option<String>) -> Option<Self> {
        Some(Self { at: at?, by: by?, reason: reason? })
    }
}

/// Discards a dead letter: it is kept, but not counted any more nor required by a rebuild. Returns whether there was one.
pub async fn discard(db: &Db, held: &Envelope, discard: &Discard) -> Result<bool, DbError> {
    let mut tx = db.begin(held.tenant).await?;
    let done = sqlx::query!(
        "update held_event
         set state = 'discarded', discarded_at = $3, discarded_by = $4, discard_reason = $5
         where tenant_id = $1 and event_id = $2 and state = 'dead'",
        held.tenant.uuid(),
        held.event_id.uuid(),
        discard.at,
        storable(&discard.by, MAX_ERROR_BYTES),
        storable(&discard.reason, MAX_ERROR_BYTES),
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(done.rows_affected() == 1)
}

/// Discards a message that is not an event. Returns whether there was one.
pub async fn discard_unreadable(db: &Db, place: &Place, discard: &Discard) -> Result<bool, DbError> {
    let mut tx = db.begin_untenanted().await?;
    let done = sqlx::query!(
        "update unreadable_message
         set discarded_at = $4, discarded_by = $5, discard_reason = $6
         where topic = $1 and partition = $2 and message_offset = $3 and discarded_at is null",
        place.topic,
        place.partition,
        place.offset,
        discard.at,
        storable(&discard.by, MAX_ERROR_BYTES),
        storable(&discard.reason, MAX_ERROR_BYTES),
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(done.rows_affected() == 1)
}
