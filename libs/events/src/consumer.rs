//! Consumers: the loop that reads events and applies them, from either transport.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use quittance_db::Db;
use quittance_kernel::Clock;
use quittance_runtime::{Shutdown, error_chain};

use crate::{
    Handler, HandlerError, InProcessSource, Source,
    apply::Applier,
    held,
    kafka::{KafkaBatch, KafkaError, KafkaSource},
    status,
};

/// Events that are applied in one transaction.
const BATCH: i64 = 500;
const KAFKA_BATCH: usize = 500;
/// Polling interval of a consumer that is not woken.
const POLL: Duration = Duration::from_millis(500);
/// How often waiting events are retried while there are some.
const RELEASE: Duration = Duration::from_millis(200);
/// How often the table is queried for waiting events while this process has stored none: another process may have.
const FIND_WAITING: Duration = Duration::from_secs(1);
/// The longest wait between two tries of a batch that fails with a transient error.
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

/// Applies an area's events until shutdown. A transient failure is retried while the area waits; an event that can never be applied is stored
/// as a dead letter with its error, and the area moves on.
pub async fn consume<H: Handler>(db: Db, source: Source, handler: H, clock: Clock, mut shutdown: Shutdown) {
    let mut reading = match source {
        Source::InProcess(source) => Reading::InProcess { source, position: None },
        Source::Kafka(source) => Reading::Kafka { source: Box::new(source), batch: KafkaBatch::default() },
    };
    let area = reading.area();
    let mut failures: u32 = 0;
    let mut is_started = false;
    let is_waiting = AtomicBool::new(true);
    let mut last_release = Instant::now();
    while !shutdown.is_triggered() {
        if !is_started {
            is_started = held::rerun_parked(&db, area, &handler).await.is_ok();
        }
        let step = async {
            reading.step(&db, &handler, &clock, &is_waiting).await?;
            if is_release_due(last_release.elapsed(), is_waiting.load(Ordering::Relaxed)) {
                last_release = Instant::now();
                let are_some = held::rerun_waiting(&db, area, &handler).await?;
                is_waiting.store(are_some, Ordering::Relaxed);
            }
            Ok::<(), ReadError>(())
        };
        let done = tokio::select! {
            // A batch that is dropped half-way is rolled back and read again.
            () = shutdown.triggered() => return,
            done = step => done,
        };
        let Err(error) = done else {
            failures = 0;
            continue;
        };
        tracing::warn!(
            area,
            error = error_chain(&error),
            failures,
            "events could not be applied and will be tried again"
        );
        reading.restart();
        is_started = false;
        let wait = Duration::from_millis(50).saturating_mul(1 << failures.min(8)).min(LONGEST_BACKOFF);
        failures += 1;
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = shutdown.triggered() => {}
        }
    }
}

/// Whether it is time to retry waiting events.
fn is_release_due(elapsed: Duration, is_waiting: bool) -> bool {
    elapsed >= if is_waiting { RELEASE } else { FIND_WAITING }
}

#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error(transparent)]
    Handler(#[from] HandlerError),
    #[error(transparent)]
    Kafka(#[from] KafkaError),
}

/// A consumer's position.
enum Reading {
    InProcess {
        source: InProcessSource,
        /// `None`: to be read from the database.
        position: Option<i64>,
    },
    Kafka {
        source: Box<KafkaSource>,
        /// Events read and not applied yet.
        batch: KafkaBatch,
    },
}

impl Reading {
    fn area(&self) -> &'static str {
        match self {
            Self::InProcess { source, .. } => source.area(),
            Self::Kafka { source, .. } => source.area(),
        }
    }

    /// After a failure: positions are read from the database again.
    fn restart(&mut self) {
        match self {
            Self::InProcess { position, .. } => *position = None,
            Self::Kafka { source, .. } => source.leave_if_broken(),
        }
    }

    /// Applies the next batch, or waits a moment for one.
    async fn step<H: Handler>(
        &mut self,
        db: &Db,
        handler: &H,
        clock: &Clock,
        is_waiting: &AtomicBool,
    ) -> Result<(), ReadError> {
        let area = self.area();
        match self {
            Self::InProcess { source, position } => {
                let after = match *position {
                    Some(position) => position,
                    None => {
                        *position.insert(status::subscription_position(db, area).await.map_err(HandlerError::from)?)
                    }
                };
                let batch = source.fetch(after, BATCH).await.map_err(HandlerError::from)?;
                if let Some(last) = batch.last() {
                    let applier = Applier { db, area, handler, clock, dead_letters: None, is_waiting };
                    applier.apply(&batch, &[], Some(after)).await?;
                    *position = Some(last.position);
                } else {
                    // Both a timeout and new events continue above.
                    let _timed_out = tokio::time::timeout(POLL, source.changed_after(after)).await;
                }
            }
            Self::Kafka { source, batch } => {
                if batch.is_empty() {
                    *batch = source.read(KAFKA_BATCH).await?;
                }
                let applier = Applier { db, area, handler, clock, dead_letters: Some(source), is_waiting };
                applier.apply(&batch.envelopes, &batch.unreadable, None).await?;
                source.done(&std::mem::take(batch));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_events_are_looked_at_often_only_while_there_are_some() {
        let due = |ms, is_waiting| is_release_due(Duration::from_millis(ms), is_waiting);
        assert_eq!([due(199, true), due(200, true)], [false, true]);
        assert_eq!([due(999, false), due(1_000, false)], [false, true]);
    }
}
