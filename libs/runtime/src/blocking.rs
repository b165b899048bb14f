//! CPU-bound work.

use std::panic::resume_unwind;

use crate::trace;

/// Runs work outside the threads that serve calls, in the trace of the call. It does not stop when the caller goes away, so it must be bounded.
/// A panic is passed on to the caller.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let within = trace::current().map(|trace| (trace, trace::parent()));
    let traced = move || match within {
        Some((trace, parent)) => trace::sync_scope(trace, parent, work),
        None => work(),
    };
    match tokio::task::spawn_blocking(traced).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime is shutting down.
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Trace;

    #[tokio::test]
    async fn work_on_another_thread_belongs_to_the_same_trace() {
        let trace = Trace::start();
        let seen = trace::scope(trace.clone(), async { blocking(trace::current).await }).await;
        assert_eq!(seen.map(|seen| seen.trace_id()), Some(trace.trace_id()));
        assert!(blocking(trace::current).await.is_none());
    }
}
