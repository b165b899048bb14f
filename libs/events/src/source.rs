//! Where events come from. In one process: straight from the outbox of the service that published them.

use chrono::{DateTime, Utc};
use quittance_db::{Db, DbError};
use quittance_kernel::{EventId, TenantId};
use tokio::sync::watch;
use uuid::Uuid;

use crate::Relay;

/// An event as it travels: its headers and its bytes.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// Its place in the area's order.
    pub position: i64,
    /// Its id: applied once.
    pub event_id: EventId,
    /// Whose book.
    pub tenant: TenantId,
    /// The full name of its message.
    pub kind: String,
    /// What it is ordered by.
    pub ordering_key: Uuid,
    /// The event that caused it.
    pub causation: Option<EventId>,
    /// The trace it belongs to.
    pub traceparent: Option<String>,
    /// When it became known.
    pub recorded_at: DateTime<Utc>,
    /// The area's event message, encoded.
    pub payload: Vec<u8>,
}

/// Reads an area's outbox by position: the transport of the single process.
#[derive(Debug, Clone)]
pub struct InProcessSource {
    area: &'static str,
    db: Db,
    positions: watch::Receiver<i64>,
}

impl InProcessSource {
    /// A reader of the area whose events are in `db`.
    pub fn new(area: &'static str, db: Db, relay: &Relay) -> Self {
        Self { area, db, positions: relay.positions() }
    }

    /// The area it reads.
    pub fn area(&self) -> &'static str {
        self.area
    }

    /// At most `limit` events after a position, in order.
    pub async fn fetch(&self, after: i64, limit: i64) -> Result<Vec<Envelope>, DbError> {
        let rows = sqlx::query!(
            "select p.position, o.event_id, o.tenant_id, o.kind, o.ordering_key, o.causation_id, o.traceparent, o.recorded_at, o.payload
             from outbox_position p
             join outbox o on o.id = p.outbox_id
             where p.position > $1
             order by p.position
             limit $2",
            after,
            limit,
        )
        .fetch_all(self.db.system())
        .await?;
        let envelopes = rows.into_iter().map(|row| Envelope {
            position: row.position,
            event_id: EventId::new(row.event_id),
            tenant: TenantId::new(row.tenant_id),
            kind: row.kind,
            ordering_key: row.ordering_key,
            causation: row.causation_id.map(EventId::new),
            traceparent: row.traceparent,
            recorded_at: row.recorded_at,
            payload: row.payload,
        });
        Ok(envelopes.collect())
    }

    /// Returns when there may be something after a position.
    pub async fn changed_after(&mut self, position: i64) {
        // An error means that the relay is gone: the caller polls.
        if self.positions.wait_for(|head| *head > position).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
