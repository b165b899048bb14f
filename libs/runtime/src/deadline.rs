//! The deadline of the running call.

use std::time::{Duration, Instant};

tokio::task_local! {
    static ENDS_AT: Instant;
}

/// Runs the work of a call with the deadline `ends_at`. The work itself is not cancelled.
pub async fn scope<F: Future>(ends_at: Instant, work: F) -> F::Output {
    ENDS_AT.scope(ends_at, work).await
}

/// The time left until the caller's deadline, zero after it; `None` outside a call.
pub fn left() -> Option<Duration> {
    ENDS_AT.try_with(|ends_at| ends_at.saturating_duration_since(Instant::now())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_knows_how_long_it_is_waited_for() {
        assert_eq!(left(), None);
        let in_a_minute = scope(Instant::now() + Duration::from_mins(1), async { left() }).await.unwrap();
        assert!(in_a_minute > Duration::from_secs(50) && in_a_minute <= Duration::from_mins(1));
        assert_eq!(scope(Instant::now(), async { left() }).await, Some(Duration::ZERO));
    }
}
