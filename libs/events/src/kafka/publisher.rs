//! The second half of the relay: sends events that have positions to the broker, by position. One runs per database, ensured by an advisory lock.

use std::time::Duration;

use chrono::{DateTime, Utc};
use quittance_db::{Db, DbError};
use quittance_kernel::Clock;
use quittance_runtime::{Backoff, Shutdown, error_chain};
use sqlx::PgConnection;

use super::{EventProducer, KafkaConfig, KafkaError, producer::Untaken};
use crate::{
    Relay,
    relay::{LONGEST_POLL, POLL},
    source::fetch,
};

/// Batch size.
const BATCH: i64 = 2_000;
/// How long to wait without the lock, or after the broker failed, before trying again.
const STAND_BY: Duration = Duration::from_secs(1);
/// Identifies the publisher's lock within a database.
const LOCK: i64 = 0x5155_4954_5055_4221;

/// Publishes the area's events until shutdown.
pub async fn run_publisher(
    db: Db,
    relay: Relay,
    area: &'static str,
    config: KafkaConfig,
    clock: Clock,
    mut shutdown: Shutdown,
) {
    while !shutdown.is_triggered() {
        let mut ending = shutdown.clone();
        let done = tokio::select! {
            done = hold_lock_and_work(&db, &relay, area, &config, &clock) => done,
            () = ending.triggered() => return,
        };
        if let Err(error) = done {
            tracing::warn!(area, error = error_chain(&error), "events could not be published and will be tried again");
        }
        tokio::select! {
            () = tokio::time::sleep(STAND_BY) => {}
            () = shutdown.triggered() => {}
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum PublishError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Sqlx(#[from] sqlx::Error),
    #[error(transparent)]
    Kafka(#[from] KafkaError),
}

/// Ends only with an error, or at once where another replica publishes.
async fn hold_lock_and_work(
    db: &Db,
    relay: &Relay,
    area: &'static str,
    config: &KafkaConfig,
    clock: &Clock,
) -> Result<(), PublishError> {
    // The lock belongs to the session: when this process dies, PostgreSQL gives it to the next.
    let mut conn = db.system().acquire().await?.detach();
    let is_locked =
        sqlx::query_scalar!(r#"select pg_try_advisory_lock($1) as "locked!""#, LOCK).fetch_one(&mut conn).await?;
    if !is_locked {
        return Ok(());
    }
    let topic = config.topic(area);
    let producer = EventProducer::new(config, area, "publisher")?;
    let mut positions = relay.positions();
    let mut published = read_published(&mut conn).await?;
    // The relay may run in another replica, which cannot wake this publisher.
    let mut idle = Backoff::new(POLL, LONGEST_POLL);
    loop {
        let batch = fetch(&mut conn, published, BATCH).await?;
        let Some(last) = batch.last() else {
            // An error means that the relay has ended: polling is enough.
            let _timed_out = tokio::time::timeout(idle.lengthen(), positions.wait_for(|head| *head > published)).await;
            continue;
        };
        idle.reset();
        let position = last.position;
        match producer.send(area, &topic, &batch).await {
            Ok(untaken) => hold(&mut conn, area, &untaken, clock.now()).await?,
            Err(error) => {
                tracing::error!(area, is_broken = producer.is_broken(), "the producer failed");
                return Err(error.into());
            }
        }
        // A crash before this line publishes the batch again: consumers apply each event once.
        sqlx::query!("update outbox_published set position = $1", position).execute(&mut conn).await?;
        published = position;
    }
}

/// Stores and logs events that the broker rejects for good; later events are still sent.
async fn hold(conn: &mut PgConnection, area: &str, untaken: &[Untaken], now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    for Untaken { position, kind, why } in untaken {
        tracing::error!(area, position, kind, why, "the broker rejects an event; it is held, and consumers miss it");
        sqlx::query!(
            "insert into outbox_unpublished (position, why, held_at) values ($1, $2, $3) on conflict (position) do nothing",
            position,
            why,
            now,
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

async fn read_published(conn: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!("select position from outbox_published").fetch_one(conn).await
}

#[cfg(test)]
mod tests {
    /// Replicas of two versions run side by side while one is replaced: one of them publishes.
    #[test]
    fn the_lock_is_what_it_always_was() {
        assert_eq!(super::LOCK, 5_860_671_116_566_413_857);
    }
}
