//! Events not applied yet: parked ones, of a kind that only a newer version knows; waiting ones, whose parent has not arrived; and dead letters,
//! which an operator must handle.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use quittance_db::{Db, DbError, Tx, UntenantedTx};
use quittance_kernel::{EventId, TenantId};
use quittance_runtime::error_chain;
use uuid::Uuid;

use crate::{
    Discard, Envelope, Handler, HandlerError, Place,
    kafka::Unreadable,
    run::{by_tenant, decode, first_time, message},
};

/// Page size when reading held events.
const BATCH: i64 = 100;

/// Why an event is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Of a kind unknown to this version.
    Parked,
    /// Its parent has not arrived yet.
    Waiting,
    /// Can never be applied as it is.
    Dead,
}

impl State {
    fn label(self) -> &'static str {
        match self {
            Self::Parked => "parked",
            Self::Waiting => "waiting",
            Self::Dead => "dead",
        }
    }
}

/// A dead letter, or an event that is parked or waiting.
#[derive(Debug, Clone)]
pub struct HeldEvent {
    /// `parked`, `waiting`, `dead` or `discarded`.
    pub state: String,
    /// The area that published it.
    pub area: String,
    /// Why it is dead.
    pub error: Option<String>,
    /// Since when.
    pub held_at: DateTime<Utc>,
    /// Who discarded it, if anyone.
    pub discarded: Option<Discard>,
    /// The event with its headers.
    pub envelope: Envelope,
}

/// A message that is not an event.
#[derive(Debug, Clone)]
pub struct UnreadableMessage {
    /// The area of its topic.
    pub area: String,
    /// Its place on the broker.
    pub place: Place,
    /// Why it is not an event.
    pub error: String,
    /// Its headers as JSON.
    pub headers: String,
    /// Its value.
    pub payload: Option<Vec<u8>>,
    /// Since when.
    pub held_at: DateTime<Utc>,
    /// Who discarded it, if anyone.
    pub discarded: Option<Discard>,
}

/// How much of an error is stored, in bytes.
pub(crate) const MAX_ERROR_BYTES: usize = 8 * 1024;

/// Text for a column: without NUL, which PostgreSQL's text does not allow, and of at most `max_bytes`. Storing a dead letter must not
/// fail because of its content.
pub(crate) fn storable(text: &str, max_bytes: usize) -> String {
    let text = text.replace('\0', "\u{fffd}");
    text.get(..text.floor_char_boundary(max_bytes)).unwrap_or_default().to_owned()
}

/// Stores an event with its bytes.
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
           (tenant_id, event_id, area, state, position, kind, ordering_key, causation_id, traceparent, tracestate, recorded_at, payload, error, held_at,
            topic, partition, message_offset, positioned_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
         on conflict on constraint held_event_pkey do update set state = excluded.state, error = excluded.error
         where held_event.state <> 'discarded'",
        envelope.tenant.uuid(),
        envelope.event_id.uuid(),
        area,
        state.label(),
        envelope.position,
        envelope.kind,
        envelope.ordering_key,
        envelope.causation.map(EventId::uuid),
        envelope.traceparent,
        envelope.tracestate,
        envelope.recorded_at,
        envelope.payload,
        error.map(|error| storable(error, MAX_ERROR_BYTES)),
        now,
        envelope.place.as_ref().map(|place| place.topic.as_str()),
        envelope.place.as_ref().map(|place| place.partition),
        envelope.place.as_ref().map(|place| place.offset),
        envelope.positioned_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Stores an event until its parent has arrived, unless it was applied before.
pub(crate) async fn hold_unless_applied(
    tx: &mut Tx,
    area: &str,
    envelope: &Envelope,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let is_applied = sqlx::query_scalar!(
        r#"select exists (select from inbox where tenant_id = $1 and event_id = $2) as "is_applied!""#,
        tenant,
        envelope.event_id.uuid()
    )
    .fetch_one(&mut **tx)
    .await?;
    if is_applied { Ok(()) } else { hold(tx, area, envelope, State::Waiting, None, now).await }
}

/// Stores a message that is not an event.
pub(crate) async fn hold_unreadable(
    tx: &mut UntenantedTx,
    area: &str,
    message: &Unreadable,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let headers = serde_json::to_string(&message.headers).unwrap_or_default();
    sqlx::query!(
        "insert into unreadable_message (area, topic, partition, message_offset, headers, key, payload, error, held_at)
         values ($1, $2, $3, $4, $5::text::jsonb, $6, $7, $8, $9)
         on conflict on constraint unreadable_message_pkey do nothing",
        area,
        message.place.topic,
        message.place.partition,
        message.place.offset,
        headers,
        message.key,
        message.payload,
        storable(&message.error, MAX_ERROR_BYTES),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// At most 100 held events of an area in one state, oldest first, after a position.
pub async fn list_held(db: &Db, area: &str, state: &str, after: i64) -> Result<Vec<HeldEvent>, DbError> {
    let rows = sqlx::query!(
        "select * from held_event where area = $1 and state = $2 and position > $3 order by position limit $4",
        area,
        state,
        after,
        BATCH
    )
    .fetch_all(db.system())
    .await?;
    let held = rows.into_iter().map(|row| HeldEvent {
        state: row.state,
        area: row.area,
        error: row.error,
        held_at: row.held_at,
        discarded: Discard::of(row.discarded_at, row.discarded_by, row.discard_reason),
        envelope: Envelope {
            position: row.position,
            event_id: EventId::new(row.event_id),
            tenant: TenantId::new(row.tenant_id),
            kind: row.kind,
            ordering_key: row.ordering_key,
            causation: row.causation_id.map(EventId::new),
            origin: None,
            traceparent: row.traceparent,
            tracestate: row.tracestate,
            recorded_at: row.recorded_at,
            positioned_at: row.positioned_at,
            payload: row.payload,
            place: place(row.topic, row.partition, row.message_offset),
        },
    });
    Ok(held.collect())
}

fn place(topic: Option<String>, partition: Option<i32>, offset: Option<i64>) -> Option<Place> {
    Some(Place { topic: topic?, partition: partition?, offset: offset? })
}

/// At most 100 messages that are not events: first those not discarded, oldest first.
pub async fn list_unreadable(db: &Db) -> Result<Vec<UnreadableMessage>, DbError> {
    let rows = sqlx::query!(
        r#"select area, topic, partition, message_offset, headers::text as "headers!", payload, error, held_at, discarded_at, discarded_by,
             discard_reason
           from unreadable_message
           order by discarded_at is not null, held_at, topic, partition, message_offset
           limit $1"#,
        BATCH
    )
    .fetch_all(db.system())
    .await?;
    let messages = rows.into_iter().map(|row| UnreadableMessage {
        area: row.area,
        place: Place { topic: row.topic, partition: row.partition, offset: row.message_offset },
        error: row.error,
        headers: row.headers,
        payload: row.payload,
        held_at: row.held_at,
        discarded: Discard::of(row.discarded_at, row.discarded_by, row.discard_reason),
    });
    Ok(messages.collect())
}

/// Applies a held event now. If that fails it stays as it was. Returns false when it is not held, was applied before, or has to
/// remain held.
pub async fn requeue<H: Handler>(db: &Db, handler: &H, held: &Envelope) -> Result<bool, HandlerError> {
    let event = decode(handler, held)?;
    if !handler.knows(&event) {
        return Ok(false);
    }
    let run = vec![message(held, event)];
    let mut tx = db.begin(held.tenant).await?;
    let released = sqlx::query!(
        "delete from held_event where tenant_id = $1 and event_id = $2",
        held.tenant.uuid(),
        held.event_id.uuid()
    )
    .execute(&mut *tx)
    .await
    .map_err(DbError::from)?;
    if released.rows_affected() == 0 || !handler.orphans(&mut tx, &run).await?.is_empty() {
        return Ok(false);
    }
    let is_fresh = !first_time(&mut tx, &run).await?.is_empty();
    if is_fresh {
        handler.apply(&mut tx, run).await?;
    }
    tx.commit().await?;
    Ok(is_fresh)
}

/// Applies parked events that this version knows, after an upgrade. One that cannot be applied stays parked.
pub(crate) async fn rerun_parked<H: Handler>(db: &Db, area: &str, handler: &H) -> Result<(), HandlerError> {
    let mut after = 0;
    loop {
        let held = list_held(db, area, State::Parked.label(), after).await?;
        for HeldEvent { envelope, .. } in &held {
            after = envelope.position;
            let event_id = envelope.event_id;
            match requeue(db, handler, envelope).await {
                Ok(true) => tracing::info!(area, %event_id, "a parked event was applied"),
                Ok(false) => {}
                Err(error) if error.is_transient() => return Err(error),
                Err(error) => {
                    tracing::warn!(area, %event_id, error = error_chain(&error), "a parked event cannot be applied");
                }
            }
        }
        if i64::try_from(held.len()) != Ok(BATCH) {
            return Ok(());
        }
    }
}

/// Applies waiting events whose parent has arrived. One that then cannot be applied becomes a dead letter. Returns whether any event waited.
pub(crate) async fn rerun_waiting<H: Handler>(db: &Db, area: &str, handler: &H) -> Result<bool, HandlerError> {
    let mut after = 0;
    loop {
        let held = list_held(db, area, State::Waiting.label(), after).await?;
        let Some(last) = held.last() else { return Ok(after > 0) };
        after = last.envelope.position;
        let events: Vec<Envelope> = held.into_iter().map(|held| held.envelope).collect();
        for (tenant, run) in by_tenant(&events) {
            let mut tx = db.begin(tenant).await?;
            match release(&mut tx, handler, &run).await {
                Ok(()) => tx.commit().await?,
                Err(error) if error.is_transient() => return Err(error),
                Err(_) => {
                    tx.rollback().await?;
                    release_one_by_one(db, area, handler, &run).await?;
                }
            }
        }
    }
}

async fn release_one_by_one<H: Handler>(
    db: &Db,
    area: &str,
    handler: &H,
    run: &[&Envelope],
) -> Result<(), HandlerError> {
    for event in run {
        match requeue(db, handler, event).await {
            Ok(_) => {}
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => {
                let error = error_chain(&error);
                tracing::error!(area, event_id = %event.event_id, error, "a waiting event was stored as a dead letter");
                let mut tx = db.begin(event.tenant).await?;
                hold(&mut tx, area, event, State::Dead, Some(&error), event.recorded_at).await?;
                tx.commit().await?;
            }
        }
    }
    Ok(())
}

/// Applies a tenant's waiting events that are ready.
async fn release<H: Handler>(tx: &mut Tx, handler: &H, run: &[&Envelope]) -> Result<(), HandlerError> {
    let mut messages = Vec::with_capacity(run.len());
    for envelope in run {
        messages.push(message(envelope, decode(handler, envelope)?));
    }
    let orphans: HashSet<EventId> = handler.orphans(tx, &messages).await?.into_iter().collect();
    messages.retain(|message| !orphans.contains(&message.event_id));
    let ids: Vec<Uuid> = messages.iter().map(|message| message.event_id.uuid()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    sqlx::query!("delete from held_event where tenant_id = $1 and event_id = any($2)", tenant, &ids)
        .execute(&mut **tx)
        .await
        .map_err(DbError::from)?;
    let fresh = first_time(tx, &messages).await?;
    messages.retain(|message| fresh.contains(&message.event_id.uuid()));
    if messages.is_empty() { Ok(()) } else { handler.apply(tx, messages).await }
}
