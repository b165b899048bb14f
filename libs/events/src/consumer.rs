//! Consumers: apply each event once, in order, a batch in one transaction together with the position it was read at.

use std::time::Duration;

use chrono::{DateTime, Utc};
use quittance_db::{Db, DbError, Tx};
use quittance_kernel::{Clock, EventId};
use quittance_runtime::{Shutdown, error_chain, trace};
use uuid::Uuid;

use crate::{Envelope, InProcessSource, held, status};

/// Events that are applied in one transaction.
const BATCH: i64 = 500;
/// How long a consumer that nobody wakes sleeps.
const POLL: Duration = Duration::from_millis(500);
/// The longest wait between two tries of a batch that fails for a passing reason.
const LONGEST_BACKOFF: Duration = Duration::from_secs(10);

/// An event, read.
#[derive(Debug, Clone)]
pub struct Message<E> {
    /// Its id.
    pub event_id: EventId,
    /// Its place in the area's order.
    pub position: i64,
    /// When it became known.
    pub recorded_at: DateTime<Utc>,
    /// What happened.
    pub event: E,
}

/// Why events could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// An event says something that cannot be: it will never be applied as it is.
    #[error("{0}")]
    Rejected(String),
}

impl HandlerError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Db(error) => error.is_transient(),
            Self::Rejected(_) => false,
        }
    }
}

/// What a service does with another's events.
pub trait Handler: Send + Sync {
    /// The message of the area.
    type Event: prost::Message + Default;

    /// Whether this version knows what the event says. One that it does not know is parked with its bytes.
    fn knows(&self, event: &Self::Event) -> bool;

    /// Applies events of the transaction's tenant, each for the first time, in order.
    fn apply(
        &self,
        tx: &mut Tx,
        run: Vec<Message<Self::Event>>,
    ) -> impl Future<Output = Result<(), HandlerError>> + Send;
}

/// Applies an area's events until shutdown. A passing failure is tried again while the area waits; an event that can never be applied is kept
/// among the dead letters with its error, and the area moves on.
pub async fn consume<H: Handler>(
    db: Db,
    mut source: InProcessSource,
    handler: H,
    clock: Clock,
    mut shutdown: Shutdown,
) {
    let area = source.area();
    let mut failures: u32 = 0;
    let mut position = None;
    while !shutdown.is_triggered() {
        let wait = match step(&db, &source, &handler, &clock, &mut position).await {
            Ok(true) => {
                failures = 0;
                continue;
            }
            Ok(false) => {
                failures = 0;
                None
            }
            Err(error) => {
                tracing::warn!(
                    area,
                    error = &error as &dyn std::error::Error,
                    failures,
                    "events could not be applied and will be tried again"
                );
                position = None;
                let wait = Duration::from_millis(50).saturating_mul(1 << failures.min(8)).min(LONGEST_BACKOFF);
                failures += 1;
                Some(wait)
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait.unwrap_or(POLL)) => {}
            () = source.changed_after(position.unwrap_or_default()), if wait.is_none() => {}
            () = shutdown.triggered() => {}
        }
    }
}

/// Applies the next batch. Returns whether there was one.
async fn step<H: Handler>(
    db: &Db,
    source: &InProcessSource,
    handler: &H,
    clock: &Clock,
    position: &mut Option<i64>,
) -> Result<bool, HandlerError> {
    let area = source.area();
    let after = if let Some(position) = *position {
        position
    } else {
        held::rerun_parked(db, area, handler).await?;
        status::subscription_position(db, area).await?
    };
    *position = Some(after);
    let batch = source.fetch(after, BATCH).await?;
    let Some(last) = batch.last().map(|envelope| envelope.position) else { return Ok(false) };
    match apply_batch(db, area, handler, clock, after, &batch).await {
        Ok(()) => {}
        Err(error) if error.is_transient() || batch.is_empty() => return Err(error),
        Err(_) => apply_one_by_one(db, area, handler, clock, after, &batch).await?,
    }
    *position = Some(last);
    Ok(true)
}

async fn apply_one_by_one<H: Handler>(
    db: &Db,
    area: &'static str,
    handler: &H,
    clock: &Clock,
    mut after: i64,
    batch: &[Envelope],
) -> Result<(), HandlerError> {
    for envelope in batch {
        match apply_batch(db, area, handler, clock, after, std::slice::from_ref(envelope)).await {
            Ok(()) => {}
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => {
                let event_id = envelope.event_id;
                tracing::error!(area, %event_id, kind = envelope.kind, error = &error as &dyn std::error::Error, "an event went to the dead letters");
                let mut tx = db.begin(envelope.tenant).await?;
                held::hold(&mut tx, area, envelope, held::State::Dead, Some(&error_chain(&error)), clock.now()).await?;
                advance(&mut tx, area, after, envelope.position).await?;
                tx.commit().await?;
            }
        }
        after = envelope.position;
    }
    Ok(())
}

async fn apply_batch<H: Handler>(
    db: &Db,
    area: &'static str,
    handler: &H,
    clock: &Clock,
    after: i64,
    batch: &[Envelope],
) -> Result<(), HandlerError> {
    let Some(last) = batch.last() else { return Ok(()) };
    let mut tx = db.begin_untenanted().await?;
    for run in batch.chunk_by(|a, b| a.tenant == b.tenant) {
        let Some(first) = run.first() else { continue };
        let mut tenanted = tx.enter(first.tenant).await?;
        let trace = trace::Trace::continued(first.traceparent.as_deref()).caused_by(first.event_id);
        trace::scope(trace, apply_run(&mut tenanted, area, handler, clock, run)).await?;
        tx = tenanted.into();
    }
    advance(&mut tx, area, after, last.position).await?;
    tx.commit().await?;
    Ok(())
}

async fn apply_run<H: Handler>(
    tx: &mut Tx,
    area: &'static str,
    handler: &H,
    clock: &Clock,
    run: &[Envelope],
) -> Result<(), HandlerError> {
    let mut known = Vec::with_capacity(run.len());
    for envelope in run {
        let event = decode(handler, envelope)?;
        if handler.knows(&event) {
            known.push(Message {
                event_id: envelope.event_id,
                position: envelope.position,
                recorded_at: envelope.recorded_at,
                event,
            });
        } else {
            held::hold(tx, area, envelope, held::State::Parked, None, clock.now()).await?;
        }
    }
    let fresh = first_time(tx, &known).await?;
    known.retain(|message| fresh.binary_search(&message.event_id.uuid()).is_ok());
    if !known.is_empty() {
        handler.apply(tx, known).await?;
    }
    Ok(())
}

pub(crate) fn decode<H: Handler>(_: &H, envelope: &Envelope) -> Result<H::Event, HandlerError> {
    prost::Message::decode(envelope.payload.as_slice())
        .map_err(|error| HandlerError::Rejected(format!("the bytes are no such event: {error}")))
}

/// Marks events as applied; returns those that were not marked before.
pub(crate) async fn first_time<E>(tx: &mut Tx, messages: &[Message<E>]) -> Result<Vec<Uuid>, DbError> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = messages.iter().map(|message| message.event_id.uuid()).collect();
    let mut fresh = sqlx::query_scalar!(
        "insert into inbox (tenant_id, event_id)
         select $1, event_id
         from unnest($2::uuid[]) as e (event_id)
         on conflict on constraint inbox_pkey do nothing
         returning event_id",
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    fresh.sort_unstable();
    Ok(fresh)
}

/// Moves the reading on. Fails where another replica moved it first.
async fn advance(conn: &mut sqlx::PgConnection, area: &str, from: i64, to: i64) -> Result<(), DbError> {
    let done = sqlx::query!(
        "insert into subscription as s (area, position)
         values ($1, $3)
         on conflict on constraint subscription_pkey do update set position = excluded.position where s.position = $2",
        area,
        from,
        to,
    )
    .execute(conn)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(DbError::AnsweredMeanwhile) }
}
