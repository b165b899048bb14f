//! How long a loop waits that polls: short while there is something to find, longer while there is not.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;

/// The waits of a loop that polls: doubled each time nothing was found, from the shortest to the longest.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    shortest: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    /// Waits of `shortest` first, and of `longest` (or `shortest`, where that is longer) in the end.
    pub fn new(shortest: Duration, longest: Duration) -> Self {
        Self { shortest, longest: longest.max(shortest), next: shortest }
    }

    /// The wait after nothing was found; the one after it is twice as long.
    pub fn lengthen(&mut self) -> Duration {
        let wait = self.next;
        self.next = wait.saturating_mul(2).min(self.longest);
        wait
    }

    /// Starts again with the shortest wait: something was found, or there is word of it.
    pub fn reset(&mut self) {
        self.next = self.shortest;
    }
}

/// Wakes a loop of this process that waits before it polls again. Clones wake the same loop.
#[derive(Debug, Clone, Default)]
pub struct Wake(Arc<Notify>);

impl Wake {
    /// Ends the wait of the loop, or its next one; its shortest wait follows.
    pub fn wake(&self) {
        self.0.notify_one();
    }

    /// Returns when the loop was woken since it last waited.
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
