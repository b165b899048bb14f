//! Reconcilers: loops that find what should have happened by now and do it.

use std::{fmt::Display, time::Duration};

use tokio::time::Instant;

use crate::{Backoff, Shutdown, Wake, metrics, trace};

/// The polling intervals of a reconciler.
#[derive(Debug, Clone)]
pub struct Pace {
    /// The interval after a round that did all there was to do.
    pub idle: Duration,
    /// The longest interval while rounds find nothing; `idle` is doubled up to it.
    pub longest_idle: Duration,
    /// The wait after a failure, doubled with each further one up to `longest_idle` or a minute, whichever is longer.
    pub after_failure: Duration,
    /// After being woken, runs once `idle` is over, and again after `idle`: the work that woke it may not be committed yet.
    pub wake: Wake,
}

impl Pace {
    /// Polls every `idle`, and a second after the first failure.
    pub fn every(idle: Duration) -> Self {
        Self { idle, longest_idle: idle, after_failure: Duration::from_secs(1), wake: Wake::default() }
    }

    /// Backs off while rounds find nothing, up to `longest_idle`.
    #[must_use]
    pub fn up_to(self, longest_idle: Duration) -> Self {
        Self { longest_idle, ..self }
    }

    /// Lets code of this process wake the reconciler.
    #[must_use]
    pub fn woken_by(self, wake: Wake) -> Self {
        Self { wake, ..self }
    }

    fn waits(&self) -> Backoff {
        Backoff::new(self.idle, self.longest_idle)
    }
}

/// The result of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// There was nothing to do.
    Nothing,
    /// All work is done.
    Done,
    /// Work is left: the next round begins at once.
    More,
}

/// From whether work is left, for a reconciler that does not report whether there was any.
impl From<bool> for Round {
    fn from(is_more: bool) -> Self {
        if is_more { Self::More } else { Self::Nothing }
    }
}

/// How long to wait after a round; `None`: not at all.
fn wait_after(round: Round, idle: &mut Backoff) -> Option<Duration> {
    if round != Round::Nothing {
        idle.reset();
    }
    (round != Round::More).then(|| idle.lengthen())
}

/// Runs `work` of a service until shutdown. If it returns that work is left, it is called again at once. Safe to run in several
/// replicas, because the work takes locks; a failure is logged here, once. Each round that succeeds moves the gauge of its last run.
pub async fn reconcile<E, W, F, R>(
    service: &'static str,
    name: &'static str,
    pace: Pace,
    mut shutdown: Shutdown,
    mut work: W,
) where
    E: Display,
    W: FnMut() -> F,
    F: Future<Output = Result<R, E>>,
    R: Into<Round>,
{
    let mut failures: u32 = 0;
    let mut idle = pace.waits();
    while !shutdown.is_triggered() {
        // Boxed: the future of this loop is moved over its caller's stack.
        let done = trace::job(name, Box::pin(work())).await.map(Into::into);
        if done.is_ok() {
            failures = 0;
            metrics::record_reconciled(service, name);
        }
        let wait = match done {
            Ok(round) => match wait_after(round, &mut idle) {
                Some(wait) => wait,
                None => continue,
            },
            Err(error) => {
                tracing::warn!(service, reconciler = name, %error, failures, "a reconciler failed and will try again");
                let wait = pace.after_failure.saturating_mul(1 << failures.min(6));
                failures += 1;
                wait.min(pace.longest_idle.max(Duration::from_mins(1)))
            }
        };
        // New work does not shorten the wait after a failure.
        let may_wake = failures == 0;
        let looked_at = Instant::now();
        let waiting = async {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = pace.wake.woken(), if may_wake => {
                    idle.reset();
                    tokio::time::sleep_until(looked_at + pace.idle).await;
                }
            }
        };
        tokio::select! {
            () = waiting => {}
            () = shutdown.triggered() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_that_find_nothing_become_rare() {
        let mut idle = Pace::every(Duration::from_millis(200)).up_to(Duration::from_secs(2)).waits();
        let mut wait = |round| wait_after(round, &mut idle).map(|wait| wait.as_millis());
        let nothing: Vec<_> = (0..6).filter_map(|_| wait(Round::Nothing)).collect();
        assert_eq!(nothing, [200, 400, 800, 1_600, 2_000, 2_000]);
        assert_eq!([wait(Round::Done), wait(Round::Done), wait(Round::Nothing)], [Some(200), Some(200), Some(400)]);
        assert_eq!([wait(Round::More), wait(Round::Nothing)], [None, Some(200)]);
    }

    #[test]
    fn a_pace_without_a_longest_wait_is_even() {
        let mut idle = Pace::every(Duration::from_secs(1)).waits();
        let waits = [(); 3].map(|()| wait_after(Round::Nothing, &mut idle));
        assert_eq!(waits, [Some(Duration::from_secs(1)); 3]);
    }
}
