//! The outbox: events committed together with the change they describe.

use chrono::{DateTime, Utc};
use quittance_db::{DbError, Tx};
use quittance_kernel::EventId;
use quittance_runtime::trace::{self, Trace};
use uuid::Uuid;

/// The largest payload that an event may have, in bytes. Topics take 4 MiB, which leaves room for headers.
pub const MAX_EVENT_BYTES: usize = 4_000_000;

/// An event in the words of the contract.
#[derive(Debug, Clone)]
pub struct Event {
    /// The full name of its message, for example `quittance.invoicing.v1.InvoiceIssued`.
    pub kind: &'static str,
    /// Events with one key arrive in order: the customer, or the payment where none is known.
    pub ordering_key: Uuid,
    /// The area's event message, encoded.
    pub payload: Vec<u8>,
}

impl Event {
    /// An event with this payload.
    pub fn new(kind: &'static str, ordering_key: Uuid, payload: Vec<u8>) -> Self {
        Self { kind, ordering_key, payload }
    }
}

/// An event to append to the outbox.
#[derive(Debug, Clone)]
pub struct OutboxEvent {
    /// The event's id.
    pub event_id: EventId,
    /// The full name of its message, for example `quittance.invoicing.v1.InvoiceIssued`.
    pub kind: &'static str,
    /// Events with one key arrive in order: the customer, or the payment where none is known.
    pub ordering_key: Uuid,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// The area's event message, encoded.
    pub payload: Vec<u8>,
    /// The trace it belongs to; `None` for the current one.
    pub trace: Option<Trace>,
}

impl OutboxEvent {
    /// An event recorded now, in the trace of the call that caused it, or the current one.
    pub fn new(event: Event, now: DateTime<Utc>, trace: Option<Trace>) -> Self {
        let Event { kind, ordering_key, payload } = event;
        Self { event_id: EventId::at(now), kind, ordering_key, recorded_at: now, payload, trace }
    }
}

/// Appends events in their order, and returns the id of the last one; fails where one is larger than an event may be.
/// The changed rows are locked by now, so that events of one aggregate get ids in the order of its changes.
pub async fn push(tx: &mut Tx, events: Vec<OutboxEvent>) -> Result<Option<EventId>, DbError> {
    let Some(newest) = events.last().map(|event| event.event_id) else { return Ok(None) };
    if let Some(large) = events.iter().find(|event| event.payload.len() > MAX_EVENT_BYTES) {
        return Err(DbError::EventTooLarge { kind: large.kind, bytes: large.payload.len() });
    }
    let tenant = tx.tenant().uuid();
    let current = trace::current();
    let count = events.len();
    let (mut ids, mut kinds, mut keys) =
        (Vec::with_capacity(count), Vec::with_capacity(count), Vec::with_capacity(count));
    let (mut times, mut payloads) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let (mut causations, mut traceparents, mut tracestates) =
        (Vec::with_capacity(count), Vec::with_capacity(count), Vec::with_capacity(count));
    let (mut last, mut headers) = (None, None);
    for event in events {
        let trace = event.trace.or_else(|| current.clone());
        causations.push(trace.as_ref().and_then(Trace::causation).map(EventId::uuid));
        // The events of a call follow each other, and have one trace.
        if trace != last {
            headers = trace.as_ref().map(Trace::headers);
            last = trace;
        }
        traceparents.push(headers.as_ref().map(|headers| headers.traceparent.clone()));
        tracestates.push(headers.as_ref().and_then(|headers| headers.tracestate.clone()));
        ids.push(event.event_id.uuid());
        kinds.push(event.kind.to_owned());
        keys.push(event.ordering_key);
        times.push(event.recorded_at);
        payloads.push(event.payload);
    }
    sqlx::query!(
        "with written as (
           insert into outbox (tenant_id, event_id, kind, ordering_key, recorded_at, payload, causation_id, traceparent, tracestate)
           select $1, e.event_id, e.kind, e.ordering_key, e.recorded_at, e.payload, e.causation_id, e.traceparent, e.tracestate
           from unnest($2::uuid[], $3::text[], $4::uuid[], $5::timestamptz[], $6::bytea[], $7::uuid[], $8::text[], $9::text[])
             with ordinality as e (event_id, kind, ordering_key, recorded_at, payload, causation_id, traceparent, tracestate, place)
           order by e.place
           returning id
         )
         insert into outbox_queue (id)
         select id
         from written",
        tenant,
        &ids,
        &kinds,
        &keys,
        &times,
        &payloads,
        &causations as &[Option<Uuid>],
        &traceparents as &[Option<String>],
        &tracestates as &[Option<String>],
    )
    .execute(&mut **tx)
    .await?;
    Ok(Some(newest))
}
