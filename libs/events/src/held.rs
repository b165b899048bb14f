//! Events that have had no effect yet: parked ones, which a newer version will know, and dead letters, which somebody has to look at.

use chrono::{DateTime, Utc};
use quittance_db::{Db, DbError, Tx};
use quittance_kernel::{EventId, TenantId};

use crate::{
    Envelope, Handler, HandlerError, Message,
    consumer::{decode, first_time},
};

/// Held events that are looked at in one go.
const BATCH: i64 = 100;

/// Why an event is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Of a kind this version does not know.
    Parked,
    /// Can never be applied as it is.
    Dead,
}

impl State {
    fn label(self) -> &'static str {
        match self {
            Self::Parked => "parked",
            Self::Dead => "dead",
        }
    }
}

/// A dead letter or a parked event.
#[derive(Debug, Clone)]
pub struct HeldEvent {
    /// `parked` or `dead`.
    pub state: String,
    /// Why it is dead.
    pub error: Option<String>,
    /// The event, whole.
    pub envelope: Envelope,
}

/// Keeps an event with its bytes.
pub(crate) async fn hold(
    tx: &mut Tx,
    area: &str,
    envelope: &Envelope,
    state: State,
    error: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    sqlx::query!(
        "insert into held_event
           (tenant_id, event_id, area, state, position, kind, ordering_key, causation_id, traceparent, recorded_at, payload, error, held_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         on conflict on constraint held_event_pkey do update set state = excluded.state, error = excluded.error, held_at = excluded.held_at",
        envelope.tenant.uuid(),
        envelope.event_id.uuid(),
        area,
        state.label(),
        envelope.position,
        envelope.kind,
        envelope.ordering_key,
        envelope.causation.map(EventId::uuid),
        envelope.traceparent,
        envelope.recorded_at,
        envelope.payload,
        error,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// At most 100 held events of an area, oldest first.
pub async fn list_held(db: &Db, area: &str) -> Result<Vec<HeldEvent>, DbError> {
    let rows = sqlx::query!("select * from held_event where area = $1 order by position limit $2", area, BATCH)
        .fetch_all(db.system())
        .await?;
    let held = rows.into_iter().map(|row| HeldEvent {
        state: row.state,
        error: row.error,
        envelope: Envelope {
            position: row.position,
            event_id: EventId::new(row.event_id),
            tenant: TenantId::new(row.tenant_id),
            kind: row.kind,
            ordering_key: row.ordering_key,
            causation: row.causation_id.map(EventId::new),
            traceparent: row.traceparent,
            recorded_at: row.recorded_at,
            payload: row.payload,
        },
    });
    Ok(held.collect())
}

/// Applies a held event now. Where that fails it stays as it was, and the error says why. Returns false where it is not held, or was applied before.
pub async fn requeue<H: Handler>(db: &Db, handler: &H, held: &Envelope) -> Result<bool, HandlerError> {
    let event = decode(handler, held)?;
    if !handler.knows(&event) {
        return Ok(false);
    }
    let mut tx = db.begin(held.tenant).await?;
    let released = sqlx::query!(
        "delete from held_event where tenant_id = $1 and event_id = $2",
        held.tenant.uuid(),
        held.event_id.uuid()
    )
    .execute(&mut *tx)
    .await
    .map_err(DbError::from)?;
    if released.rows_affected() == 0 {
        return Ok(false);
    }
    let message = Message { event_id: held.event_id, position: held.position, recorded_at: held.recorded_at, event };
    let run = vec![message];
    let is_fresh = !first_time(&mut tx, &run).await?.is_empty();
    if is_fresh {
        handler.apply(&mut tx, run).await?;
    }
    tx.commit().await?;
    Ok(is_fresh)
}

/// Applies parked events that this version knows, after an upgrade. One that cannot be applied stays parked.
pub(crate) async fn rerun_parked<H: Handler>(db: &Db, area: &str, handler: &H) -> Result<(), HandlerError> {
    for held in list_held(db, area).await?.into_iter().filter(|held| held.state == State::Parked.label()) {
        let event_id = held.envelope.event_id;
        match requeue(db, handler, &held.envelope).await {
            Ok(true) => tracing::info!(area, %event_id, "a parked event was applied"),
            Ok(false) => {}
            Err(error) if matches!(&error, HandlerError::Db(error) if error.is_transient()) => return Err(error),
            Err(error) => {
                tracing::warn!(area, %event_id, error = &error as &dyn std::error::Error, "a parked event cannot be applied");
            }
        }
    }
    Ok(())
}
