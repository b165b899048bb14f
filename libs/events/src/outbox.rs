//! The outbox: events committed together with what they tell about.

use chrono::{DateTime, Utc};
use quittance_db::{DbError, Tx};
use quittance_kernel::EventId;
use quittance_runtime::trace;
use uuid::Uuid;

/// An event on its way out.
#[derive(Debug, Clone)]
pub struct OutboxEvent {
    /// Its id.
    pub event_id: EventId,
    /// The full name of its message, for example `quittance.invoicing.v1.InvoiceIssued`.
    pub kind: &'static str,
    /// Events with one key arrive in order: the customer, or the payment where none is known.
    pub ordering_key: Uuid,
    /// When it became known.
    pub recorded_at: DateTime<Utc>,
    /// The area's event message, encoded.
    pub payload: Vec<u8>,
}

/// Appends events in their order. The rows they tell about are locked by now, so that events of one aggregate get ids in the order of its changes.
pub async fn push(tx: &mut Tx, events: Vec<OutboxEvent>) -> Result<(), DbError> {
    if events.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let trace = trace::current();
    let causation = trace.and_then(|t| t.causation()).map(EventId::uuid);
    let traceparent = trace.map(|t| t.to_string());
    let count = events.len();
    let (mut ids, mut kinds, mut keys) =
        (Vec::with_capacity(count), Vec::with_capacity(count), Vec::with_capacity(count));
    let (mut times, mut payloads) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for event in events {
        ids.push(event.event_id.uuid());
        kinds.push(event.kind.to_owned());
        keys.push(event.ordering_key);
        times.push(event.recorded_at);
        payloads.push(event.payload);
    }
    sqlx::query!(
        "with written as (
           insert into outbox (tenant_id, event_id, kind, ordering_key, recorded_at, payload, causation_id, traceparent)
           select $1, e.event_id, e.kind, e.ordering_key, e.recorded_at, e.payload, $7, $8
           from unnest($2::uuid[], $3::text[], $4::uuid[], $5::timestamptz[], $6::bytea[])
             with ordinality as e (event_id, kind, ordering_key, recorded_at, payload, place)
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
        causation,
        traceparent,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
