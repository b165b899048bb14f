//! Applies events: each once, a batch in one transaction together with the consumer's position.

use std::{
    any::Any,
    collections::HashSet,
    panic::AssertUnwindSafe,
    sync::atomic::{AtomicBool, Ordering},
};

use chrono::{DateTime, Utc};
use futures::FutureExt as _;
use quittance_db::{Db, DbError, Tx};
use quittance_kernel::{Clock, EventId};
use quittance_runtime::{error_chain, trace};
use tracing::Instrument as _;

use crate::{
    Envelope, Handler, HandlerError, Place,
    batch_spans::BatchSpans,
    held,
    kafka::{KafkaSource, Unreadable},
    run::{by_tenant, decode, first_time, message, retain_fresh},
};

/// Applies an area's events to a service's database.
pub(crate) struct Applier<'a, H> {
    pub(crate) db: &'a Db,
    pub(crate) area: &'static str,
    pub(crate) handler: &'a H,
    pub(crate) clock: &'a Clock,
    /// Where dead letters are copied to.
    pub(crate) dead_letters: Option<&'a KafkaSource>,
    /// Set when an event waits for its parent.
    pub(crate) is_waiting: &'a AtomicBool,
}

/// Applies events as a consumer does, in any batches and any number of times: for tests and tools.
pub async fn apply_events<H: Handler>(
    db: &Db,
    area: &'static str,
    handler: &H,
    clock: &Clock,
    events: &[Envelope],
) -> Result<(), HandlerError> {
    let applier = Applier { db, area, handler, clock, dead_letters: None, is_waiting: &AtomicBool::new(false) };
    applier.apply(events, &[], None).await?;
    held::rerun_waiting(db, area, handler).await?;
    Ok(())
}

impl<H: Handler> Applier<'_, H> {
    /// Applies a batch; if it has an event that can never be applied, one by one. `after` is the position before the batch in an ordered stream; if another
    /// replica has moved it, the batch fails.
    pub(crate) async fn apply(
        &self,
        events: &[Envelope],
        unreadable: &[Unreadable],
        after: Option<i64>,
    ) -> Result<(), HandlerError> {
        if !unreadable.is_empty() {
            self.store_unreadable(unreadable).await?;
        }
        match self.in_one_transaction(events, after).await {
            Ok(()) => Ok(()),
            Err(error) if error.is_transient() || events.is_empty() => Err(error),
            Err(_) => self.one_by_one(events, after).await,
        }
    }

    async fn one_by_one(&self, events: &[Envelope], mut after: Option<i64>) -> Result<(), HandlerError> {
        for event in events {
            match self.in_one_transaction(std::slice::from_ref(event), after).await {
                Ok(()) => {}
                Err(error) if error.is_transient() => return Err(error),
                Err(error) => self.give_up(event, &error_chain(&error), after).await?,
            }
            after = after.map(|_| event.position);
        }
        Ok(())
    }

    /// Stores an event that can never be applied as a dead letter, with its error.
    async fn give_up(&self, event: &Envelope, error: &str, after: Option<i64>) -> Result<(), HandlerError> {
        tracing::error!(area = self.area, event_id = %event.event_id, kind = event.kind, error, "an event was stored as a dead letter");
        if let Some(dead_letters) = self.dead_letters
            && let Err(problem) = dead_letters.send_dead_letter(event, error).await
        {
            // The copy is informational; the stored dead letter is what can be requeued.
            tracing::warn!(area = self.area, event_id = %event.event_id, error = error_chain(&problem), "the dead letter was not copied to the dead-letter topic");
        }
        let mut tx = self.db.begin(event.tenant).await?;
        held::hold(&mut tx, self.area, event, held::State::Dead, Some(error), self.clock.now()).await?;
        record(&mut tx, self.area, std::slice::from_ref(event), after).await?;
        Ok(tx.commit().await?)
    }

    async fn in_one_transaction(&self, events: &[Envelope], after: Option<i64>) -> Result<(), HandlerError> {
        if events.is_empty() {
            return Ok(());
        }
        let spans = BatchSpans::begin(self.area, if self.dead_letters.is_some() { "kafka" } else { "outbox" }, events);
        // A handler's panic counts as a refusal of the event: the transaction is rolled back.
        let written = AssertUnwindSafe(self.write(events, after, &spans)).catch_unwind().await;
        let done = written.unwrap_or_else(|panic| Err(HandlerError::Rejected(format!("panicked: {}", words(&*panic)))));
        if done.is_err() {
            spans.fail();
        }
        done
    }

    async fn write(&self, events: &[Envelope], after: Option<i64>, spans: &BatchSpans<'_>) -> Result<(), HandlerError> {
        let mut tx = self.db.begin_untenanted().await?;
        for (tenant, run) in by_tenant(events) {
            let Some(first) = run.first() else { continue };
            let (trace, span) = spans.of(first);
            let mut tenanted = tx.enter(tenant).await?;
            trace::scope(trace, self.apply_run(&mut tenanted, &run).instrument(span)).await?;
            tx = tenanted.into();
        }
        record(&mut tx, self.area, events, after).await?;
        Ok(tx.commit().await?)
    }

    async fn apply_run(&self, tx: &mut Tx, run: &[&Envelope]) -> Result<(), HandlerError> {
        let mut known = Vec::with_capacity(run.len());
        for envelope in run {
            let event = decode(self.handler, envelope)?;
            if self.handler.knows(&event) {
                known.push(message(envelope, event));
            } else {
                held::hold(tx, self.area, envelope, held::State::Parked, None, self.clock.now()).await?;
            }
        }
        let orphans: HashSet<EventId> = self.handler.orphans(tx, &known).await?.into_iter().collect();
        if !orphans.is_empty() {
            self.is_waiting.store(true, Ordering::Relaxed);
            known.retain(|message| !orphans.contains(&message.event_id));
            for envelope in run.iter().filter(|envelope| orphans.contains(&envelope.event_id)) {
                held::hold_unless_applied(tx, self.area, envelope, self.clock.now()).await?;
            }
        }
        let fresh = first_time(tx, &known).await?;
        let known = retain_fresh(known, &fresh);
        if !known.is_empty() {
            self.handler.apply(tx, known).await?;
        }
        Ok(())
    }

    async fn store_unreadable(&self, messages: &[Unreadable]) -> Result<(), HandlerError> {
        let mut tx = self.db.begin_untenanted().await?;
        for message in messages {
            let Unreadable { place: Place { topic, partition, offset }, error, .. } = message;
            tracing::error!(area = self.area, topic, partition, offset, error, "a message is not an event");
            if let Some(dead_letters) = self.dead_letters
                && let Err(problem) = dead_letters.send_unreadable(message).await
            {
                tracing::warn!(
                    topic,
                    partition,
                    offset,
                    error = error_chain(&problem),
                    "the message was not copied to the dead-letter topic"
                );
            }
            held::hold_unreadable(&mut tx, self.area, message, self.clock.now()).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// The message of a panic.
fn words(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// Records events as applied: their positions, and the time up to which everything is, which is that of the last position before the first gap, as far as it is
/// in this batch: a time before it says less and is true as well. Where `after` is given, fails unless the consumer's position is still that one: another
/// replica was faster.
async fn record(
    conn: &mut sqlx::PgConnection,
    area: &str,
    events: &[Envelope],
    after: Option<i64>,
) -> Result<(), DbError> {
    let positions: Vec<i64> = events.iter().map(|event| event.position).collect();
    let times: Vec<Option<DateTime<Utc>>> = events.iter().map(|event| event.positioned_at).collect();
    let done = sqlx::query!(
        "with read as (
           select coalesce(range_agg(int8range(position, position, '[]')), '{}'::int8multirange) as done
           from unnest($2::bigint[]) as p (position)
         )
         insert into subscription as s (area, position, done, positioned_at)
         select $1, position_before_gap(read.done), read.done,
           (select max(p.at) from unnest($2::bigint[], $4::timestamptz[]) as p (position, at) where p.position <= position_before_gap(read.done))
         from read
         on conflict on constraint subscription_pkey do update
         set position = position_before_gap(s.done + excluded.done), done = s.done + excluded.done,
           positioned_at = greatest(
             s.positioned_at,
             (select max(p.at) from unnest($2::bigint[], $4::timestamptz[]) as p (position, at)
              where p.position <= position_before_gap(s.done + excluded.done)))
         where $3::bigint is null or s.position = $3",
        area,
        &positions,
        after,
        &times as &[Option<DateTime<Utc>>],
    )
    .execute(conn)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(DbError::Overtaken) }
}
