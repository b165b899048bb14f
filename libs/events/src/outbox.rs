//! The outbox: events committed together with the change they describe.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use quittance_db::{DbError, Tx};
use quittance_kernel::{Actor, EventId, RequestId};
use quittance_proto::{published, subject};
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

/// Who caused an event, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The caller, with the person it acts for, or a job.
    pub actor: Actor,
    /// The method that was called, or the operation of the job, for example `IssueInvoice`.
    pub method: Cow<'static, str>,
    /// The request id of the call; `None` for a job.
    pub request: Option<RequestId>,
}

impl Origin {
    /// A job of a service, or a handler of another's events.
    pub fn job(area: &str, operation: &'static str) -> Self {
        Self { actor: Actor::job(area), method: operation.into(), request: None }
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
    /// Who caused it, and how.
    pub origin: Origin,
    /// The trace it belongs to; `None` for the current one.
    pub trace: Option<Trace>,
}

impl OutboxEvent {
    /// An event recorded now, in the trace of the call that caused it, or the current one.
    pub fn new(event: Event, now: DateTime<Utc>, origin: Origin, trace: Option<Trace>) -> Self {
        let Event { kind, ordering_key, payload } = event;
        Self { event_id: EventId::at(now), kind, ordering_key, recorded_at: now, payload, origin, trace }
    }

    /// The resource it is about; `None` for an event that is not in the contract.
    fn subject(&self) -> Option<String> {
        published(&self.payload).and_then(|event| subject(self.kind, event))
    }
}

/// Appends events in their order, and returns the id of the last one; fails where one is larger than an event may be.
/// The changed rows are locked by now, so that events of one aggregate get ids in the order of its changes.
pub async fn push(tx: &mut Tx, mut events: Vec<OutboxEvent>) -> Result<Option<EventId>, DbError> {
    let Some(newest) = events.last().map(|event| event.event_id) else { return Ok(None) };
    if let Some(large) = events.iter().find(|event| event.payload.len() > MAX_EVENT_BYTES) {
        return Err(DbError::EventTooLarge { kind: large.kind, bytes: large.payload.len() });
    }
    let tenant = tx.tenant().uuid();
    let traces = traces(&mut events);
    let subjects: Vec<Option<String>> = events.iter().map(OutboxEvent::subject).collect();
    let payloads: Vec<Vec<u8>> = events.iter_mut().map(|event| std::mem::take(&mut event.payload)).collect();
    let ids: Vec<Uuid> = events.iter().map(|event| event.event_id.uuid()).collect();
    let kinds: Vec<&str> = events.iter().map(|event| event.kind).collect();
    let keys: Vec<Uuid> = events.iter().map(|event| event.ordering_key).collect();
    let times: Vec<DateTime<Utc>> = events.iter().map(|event| event.recorded_at).collect();
    let actors: Vec<&str> = events.iter().map(|event| event.origin.actor.name()).collect();
    let people: Vec<Option<&str>> = events.iter().map(|event| event.origin.actor.on_behalf_of()).collect();
    let methods: Vec<&str> = events.iter().map(|event| event.origin.method.as_ref()).collect();
    let requests: Vec<Option<Uuid>> = events.iter().map(|event| event.origin.request.map(RequestId::uuid)).collect();
    sqlx::query!(
        "with written as (
           insert into outbox
             (tenant_id, event_id, kind, ordering_key, recorded_at, payload, causation_id, traceparent, tracestate, subject, actor, on_behalf_of,
              method, request_id)
           select $1, e.event_id, e.kind, e.ordering_key, e.recorded_at, e.payload, e.causation_id, e.traceparent, e.tracestate, e.subject,
             e.actor, e.on_behalf_of, e.method, e.request_id
           from unnest($2::uuid[], $3::text[], $4::uuid[], $5::timestamptz[], $6::bytea[], $7::uuid[], $8::text[], $9::text[], $10::text[],
             $11::text[], $12::text[], $13::text[], $14::uuid[])
             with ordinality as e (event_id, kind, ordering_key, recorded_at, payload, causation_id, traceparent, tracestate, subject, actor,
               on_behalf_of, method, request_id, place)
           order by e.place
           returning id
         )
         insert into outbox_queue (id)
         select id
         from written",
        tenant,
        &ids,
        &kinds as &[&str],
        &keys,
        &times,
        &payloads,
        &traces.causations as &[Option<Uuid>],
        &traces.parents as &[Option<String>],
        &traces.states as &[Option<String>],
        &subjects as &[Option<String>],
        &actors as &[&str],
        &people as &[Option<&str>],
        &methods as &[&str],
        &requests as &[Option<Uuid>],
    )
    .execute(&mut **tx)
    .await?;
    Ok(Some(newest))
}

/// What is stored of the traces of events.
#[derive(Default)]
struct Traces {
    causations: Vec<Option<Uuid>>,
    parents: Vec<Option<String>>,
    states: Vec<Option<String>>,
}

fn traces(events: &mut [OutboxEvent]) -> Traces {
    let current = trace::current();
    let (mut last, mut headers) = (None, None);
    let mut stored = Traces::default();
    for event in events {
        let trace = event.trace.take().or_else(|| current.clone());
        stored.causations.push(trace.as_ref().and_then(Trace::causation).map(EventId::uuid));
        // The events of a call follow each other, and have one trace.
        if trace != last {
            headers = trace.as_ref().map(Trace::headers);
            last = trace;
        }
        stored.parents.push(headers.as_ref().map(|headers| headers.traceparent.clone()));
        stored.states.push(headers.as_ref().and_then(|headers| headers.tracestate.clone()));
    }
    stored
}
