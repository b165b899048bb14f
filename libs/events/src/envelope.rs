//! An event in transport: its headers and its bytes.

use chrono::{DateTime, Utc};
use quittance_kernel::{Actor, EventId, RequestId, TenantId};
use uuid::Uuid;

use crate::Origin;

/// The place of a message on the broker.
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
    /// `topic/partition/offset`, as the command line takes it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.topic, self.partition, self.offset)
    }
}

/// An event in transport: its headers and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Its position in the area's stream.
    pub position: i64,
    /// Its id; an event is applied once per id.
    pub event_id: EventId,
    /// The tenant.
    pub tenant: TenantId,
    /// The full name of its message.
    pub kind: String,
    /// Its ordering key.
    pub ordering_key: Uuid,
    /// The event that caused it.
    pub causation: Option<EventId>,
    /// Who caused it, and how; `None` for an event that was held, or recorded before this was.
    pub origin: Option<Origin>,
    /// The trace it belongs to.
    pub traceparent: Option<String>,
    /// The `tracestate` of the trace.
    pub tracestate: Option<String>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// When it was given its position, which is when it became known; `None` for an event that was held or published before this
    /// was kept.
    pub positioned_at: Option<DateTime<Utc>>,
    /// What is stored of it: the area's event message, encoded. See [`quittance_proto::published`].
    pub payload: Vec<u8>,
    /// Where a consumer read it on the broker; `None` for an event read from an outbox.
    pub place: Option<Place>,
}

/// An event from its outbox row.
pub(crate) struct EventRow {
    pub(crate) position: i64,
    pub(crate) event_id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) kind: String,
    pub(crate) ordering_key: Uuid,
    pub(crate) causation_id: Option<Uuid>,
    pub(crate) actor: Option<String>,
    pub(crate) on_behalf_of: Option<String>,
    pub(crate) method: Option<String>,
    pub(crate) request_id: Option<Uuid>,
    pub(crate) traceparent: Option<String>,
    pub(crate) tracestate: Option<String>,
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) positioned_at: DateTime<Utc>,
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
            origin: origin(row.actor.as_deref(), row.on_behalf_of.as_deref(), row.method, row.request_id),
            traceparent: row.traceparent,
            tracestate: row.tracestate,
            recorded_at: row.recorded_at,
            positioned_at: Some(row.positioned_at),
            payload: row.payload,
            place: None,
        }
    }
}

/// Who caused an event, from what is stored or sent with it. A name that is none is left out: it is said, and decides nothing.
pub(crate) fn origin(
    actor: Option<&str>,
    on_behalf_of: Option<&str>,
    method: Option<String>,
    request: Option<Uuid>,
) -> Option<Origin> {
    let actor = Actor::parse(actor?).ok()?;
    let actor = if let Some(person) = on_behalf_of { actor.acting_for(person).ok()? } else { actor };
    Some(Origin { actor, method: method?.into(), request: request.map(RequestId::new) })
}
