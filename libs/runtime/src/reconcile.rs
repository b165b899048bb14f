//! Reconcilers: loops that find what should have happened by now and do it.

use std::{fmt::Display, time::Duration};

use crate::{Shutdown, metrics, trace};

/// How often a reconciler looks.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Between two looks that found nothing more to do.
    pub idle: Duration,
    /// After a failure, doubled with each further one up to `idle` or a minute, whichever is longer.
    pub after_failure: Duration,
}

impl Pace {
    /// Looks every `idle`, and a second after the first failure.
    pub fn every(idle: Duration) -> Self {
        Self { idle, after_failure: Duration::from_secs(1) }
    }
}

/// Runs `work` of a service until shutdown. It returns whether it left work to do: then it is called again at once. Safe to run in several replicas, because
/// the work takes locks; a failure is logged here, once. Each round that succeeds moves the gauge of its last run.
pub async fn reconcile<E, W, F>(
    service: &'static str,
    name: &'static str,
    pace: Pace,
    mut shutdown: Shutdown,
    mut work: W,
) where
    E: Display,
    W: FnMut() -> F,
    F: Future<Output = Result<bool, E>>,
{
    let mut failures: u32 = 0;
    while !shutdown.is_triggered() {
        // Boxed: futures of this loop are moved over the stack of whoever starts it.
        let done = trace::job(name, Box::pin(work())).await;
        if done.is_ok() {
            failures = 0;
            metrics::record_reconciled(service, name);
        }
        let wait = match done {
            Ok(true) => continue,
            Ok(false) => pace.idle,
            Err(error) => {
                tracing::warn!(service, reconciler = name, %error, failures, "a reconciler failed and will try again");
                let wait = pace.after_failure.saturating_mul(1 << failures.min(6));
                failures += 1;
                wait.min(pace.idle.max(Duration::from_mins(1)))
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = shutdown.triggered() => {}
        }
    }
}
