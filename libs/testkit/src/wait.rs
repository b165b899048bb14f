//! Waiting for what shall happen, never for a time.

use std::{
    thread,
    time::{Duration, Instant},
};

use quittance_db::Db;
use quittance_events::stream_status;

const POLL_INTERVAL: Duration = Duration::from_millis(10);
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until a condition holds; fails after half a minute, saying what was waited for.
pub async fn wait_until<F: Future<Output = bool>>(what: &str, mut condition: impl FnMut() -> F) {
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < PATIENCE, "it did not happen: {what}");
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// The same where nothing else has to run meanwhile: blocks the thread. Returns what was found; the error is what failure shows.
pub fn wait_for<T, E: std::fmt::Display>(what: &str, mut look: impl FnMut() -> Result<T, E>) -> T {
    let started = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(why) => assert!(started.elapsed() < PATIENCE, "it did not happen: {what}: {why}"),
        }
        thread::sleep(POLL_INTERVAL);
    }
}

/// Waits until every event that was committed has a position: what readers of the events do not find then was not published.
pub async fn drained(db: &Db) {
    wait_until("the outbox is empty", || async { stream_status(db).await.expect("a status").unpositioned == 0 }).await;
}
