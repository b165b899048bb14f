//! Polling intervals: short while there is work, longer while there is none.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;

/// The waits of a polling loop: doubled each time nothing was found, from the shortest to the longest.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    shortest: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    /// Starts with `shortest` and grows up to `longest` (or `shortest`, if that is longer).
    pub fn new(shortest: Duration, longest: Duration) -> Self {
        Self { shortest, longest: longest.max(shortest), next: shortest }
    }

    /// The wait after nothing was found; the one after it is twice as long.
    pub fn lengthen(&mut self) -> Duration {
        let wait = self.next;
        self.next = wait.saturating_mul(2).min(self.longest);
        wait
    }

    /// Resets to the shortest wait: work was found or announced.
    pub fn reset(&mut self) {
        self.next = self.shortest;
    }
}

/// Wakes a waiting polling loop of this process. Clones wake the same loop.
#[derive(Debug, Clone, Default)]
pub struct Wake(Arc<Notify>);

impl Wake {
    /// Ends the current or next wait of the loop, and resets it to the shortest.
    pub fn wake(&self) {
        self.0.notify_one();
    }

    /// Waits until the loop is woken.
    pub async fn woken(&self) {
        self.0.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn waits_double_up_to_the_longest_and_start_again() {
        let mut backoff = Backoff::new(50 * MS, 1_000 * MS);
        let waits: Vec<Duration> = (0..7).map(|_| backoff.lengthen()).collect();
        assert_eq!(waits, [50, 100, 200, 400, 800, 1_000, 1_000].map(|ms| ms * MS));
        backoff.reset();
        assert_eq!([backoff.lengthen(), backoff.lengthen()], [50 * MS, 100 * MS]);
    }

    #[test]
    fn no_wait_is_shorter_than_the_shortest() {
        let mut backoff = Backoff::new(200 * MS, MS);
        assert_eq!([backoff.lengthen(), backoff.lengthen()], [200 * MS; 2]);
    }
}
