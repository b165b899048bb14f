//! The events of one tenant that are applied together: decoded, without those applied before.

use std::collections::{BTreeMap, HashSet};

use quittance_db::{DbError, Tx};
use quittance_kernel::TenantId;
use uuid::Uuid;

use crate::{Envelope, Handler, HandlerError, Message};

/// Events of each tenant, in the order received.
pub(crate) fn by_tenant(events: &[Envelope]) -> BTreeMap<TenantId, Vec<&Envelope>> {
    let mut runs: BTreeMap<TenantId, Vec<&Envelope>> = BTreeMap::new();
    for event in events {
        runs.entry(event.tenant).or_default().push(event);
    }
    runs
}

pub(crate) fn decode<H: Handler>(_: &H, envelope: &Envelope) -> Result<H::Event, HandlerError> {
    let known = quittance_proto::known::<H::Event>(&envelope.kind, &envelope.payload)
        .map_err(|error| HandlerError::Rejected(error.to_string()))?;
    prost::Message::decode(known.as_deref().unwrap_or(&envelope.payload))
        .map_err(|error| HandlerError::Rejected(format!("the bytes cannot be decoded: {error}")))
}

pub(crate) fn message<E>(envelope: &Envelope, event: E) -> Message<E> {
    Message {
        event_id: envelope.event_id,
        position: envelope.position,
        recorded_at: envelope.recorded_at,
        known_at: envelope.positioned_at.unwrap_or(envelope.recorded_at),
        event,
    }
}

/// The messages that are applied for the first time; of duplicates in a run one is kept.
pub(crate) fn retain_fresh<E>(mut messages: Vec<Message<E>>, fresh: &[Uuid]) -> Vec<Message<E>> {
    let mut left: HashSet<Uuid> = fresh.iter().copied().collect();
    messages.retain(|message| left.remove(&message.event_id.uuid()));
    messages
}

/// Marks events as applied; returns those that were not marked before.
pub(crate) async fn first_time<E>(tx: &mut Tx, messages: &[Message<E>]) -> Result<Vec<Uuid>, DbError> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = messages.iter().map(|message| message.event_id.uuid()).collect();
    let positions: Vec<i64> = messages.iter().map(|message| message.position).collect();
    let fresh = sqlx::query_scalar!(
        "insert into inbox (tenant_id, event_id, position)
         select $1, event_id, position
         from unnest($2::uuid[], $3::bigint[]) as e (event_id, position)
         on conflict on constraint inbox_pkey do nothing
         returning event_id",
        tenant,
        &ids,
        &positions,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(fresh)
}
