//! The relay: assigns positions to committed events. One runs per database, ensured by an advisory lock.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use quittance_db::{Db, DbError};
use quittance_kernel::Clock;
use quittance_runtime::{Backoff, Shutdown, Wake};
use sqlx::{Acquire as _, PgConnection};
use tokio::sync::watch;

/// Batch size of one statement.
const BATCH: i64 = 1_000;
/// Polling interval of a relay that is not woken, after it found events: another process may commit some.
pub(crate) const POLL: Duration = Duration::from_millis(50);
/// The longest polling interval, while it finds none.
pub(crate) const LONGEST_POLL: Duration = Duration::from_secs(1);
/// How long to wait without the lock before trying again.
const STAND_BY: Duration = Duration::from_secs(1);
/// Identifies the relay's lock within a database.
const LOCK: i64 = 0x5155_4954_5245_4c41;

/// Wakes the relay of a database, and the consumers in the same process.
#[derive(Debug, Clone)]
pub struct Relay {
    committed: Wake,
    head: Arc<watch::Sender<i64>>,
}

impl Default for Relay {
    fn default() -> Self {
        Self { committed: Wake::default(), head: Arc::new(watch::Sender::new(0)) }
    }
}

impl Relay {
    /// Wakes the relay: events were committed, or are about to be.
    pub fn wake(&self) {
        self.committed.wake();
    }

    /// A receiver of the newest position.
    pub fn positions(&self) -> watch::Receiver<i64> {
        self.head.subscribe()
    }
}

/// Assigns positions to events until shutdown.
pub async fn run_relay(db: Db, relay: Relay, clock: Clock, mut shutdown: Shutdown) {
    while !shutdown.is_triggered() {
        if let Err(error) = hold_lock_and_work(&db, &relay, &clock, &mut shutdown).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the relay lost its database and will try again");
        }
        tokio::select! {
            () = tokio::time::sleep(STAND_BY) => {}
            () = shutdown.triggered() => {}
        }
    }
}

async fn hold_lock_and_work(db: &Db, relay: &Relay, clock: &Clock, shutdown: &mut Shutdown) -> Result<(), DbError> {
    // The lock belongs to the session: when this process dies, PostgreSQL gives it to the next.
    let mut conn = db.system().acquire().await?.detach();
    let locked =
        sqlx::query_scalar!(r#"select pg_try_advisory_lock($1) as "locked!""#, LOCK).fetch_one(&mut conn).await?;
    let mut idle = Backoff::new(POLL, LONGEST_POLL);
    while locked && !shutdown.is_triggered() {
        let (count, head) = assign(&mut conn, clock.now()).await?;
        relay.head.send_replace(head);
        if count > 0 {
            idle.reset();
        }
        if count < BATCH {
            tokio::select! {
                () = relay.committed.woken() => idle.reset(),
                () = tokio::time::sleep(idle.lengthen()) => {}
                () = shutdown.triggered() => {}
            }
        }
    }
    Ok(())
}

/// Assigns the next positions to the visible events without one, in the order of their ids. Returns how many, and the newest position. The times of positions
/// never go back, even where a clock does: whoever has read an event knows that none of an earlier time follows.
async fn assign(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<(i64, i64), DbError> {
    let mut tx = conn.begin().await?;
    let row = sqlx::query!(
        r#"with head as (
             select coalesce(max(position), 0) as position,
               (select positioned_at from outbox_position order by position desc limit 1) as positioned_at
             from outbox_position
           ), taken as (
             delete from outbox_queue
             where id = any(array(select id from outbox_queue order by id limit $1))
             returning id
           ), placed as (
             insert into outbox_position (position, outbox_id, positioned_at)
             select head.position + row_number() over (order by taken.id), taken.id, greatest($2, head.positioned_at)
             from taken, head
             returning position
           )
           select count(placed.position) as "count!", greatest(max(placed.position), (select position from head)) as "head!"
           from placed"#,
        BATCH,
        now,
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok((row.count, row.head))
}

#[cfg(test)]
mod tests {
    /// Replicas of two versions run side by side while one is replaced: one of them relays.
    #[test]
    fn the_lock_is_what_it_always_was() {
        assert_eq!(super::LOCK, 5_860_671_116_598_922_305);
    }
}
