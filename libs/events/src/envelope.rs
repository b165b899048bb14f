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
