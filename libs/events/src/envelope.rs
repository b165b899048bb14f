//! An event as it travels: its headers and its bytes.

use chrono::{DateTime, Utc};
use quittance_kernel::{EventId, TenantId};
use uuid::Uuid;

/// Where a message stands on the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset in the partition.
    pub offset: i64,
}

impl std::fmt::Display for Place {
    /// With slashes between, as the command line takes it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.topic, self.partition, self.offset)
    }
}

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
    /// What tracing systems keep with the trace.
    pub tracestate: Option<String>,
    /// When it became known.
    pub recorded_at: DateTime<Utc>,
    /// The area's event message, encoded.
    pub payload: Vec<u8>,
    /// Where a consumer read it on the broker; `None` where it came straight from an outbox.
    pub place: Option<Place>,
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
    pub(crate) tracestate: Option<String>,
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
            tracestate: row.tracestate,
            recorded_at: row.recorded_at,
            payload: row.payload,
            place: None,
        }
    }
}
