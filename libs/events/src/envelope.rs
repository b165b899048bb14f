//! An event as it travels: its headers and its bytes.

use chrono::{DateTime, Utc};
use quittance_kernel::{EventId, TenantId};
use uuid::Uuid;

/// An event as it travels: its headers and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// An event as the outbox has it.
pub(crate) struct EventRow {
    pub(crate) position: i64,
    pub(crate) event_id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) kind: String,
    pub(crate) ordering_key: Uuid,
    pub(crate) causation_id: Option<Uuid>,
    pub(crate) traceparent: Option<String>,
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) payload: Vec<u8>,
}

impl From<EventRow> for Envelope {
    fn from(row: EventRow) -> Self {
        Self {
            position: row.position,
            event_id: EventId::new(row.event_id),
            tenant: TenantId::new(row.tenant_id),
            kind: row.kind,
            ordering_key: row.ordering_key,
            causation: row.causation_id.map(EventId::new),
            traceparent: row.traceparent,
            recorded_at: row.recorded_at,
            payload: row.payload,
        }
    }
}
