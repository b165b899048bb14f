//! The trace context of the running work: the request or event it belongs to (W3C Trace Context).
//!
//! If spans are exported, [`current`] is the exporter's running span, so that a called service, or a consumer of an event
//! written in it, becomes its child. Without an exporter only the trace id is propagated.

use std::cell::OnceCell;

use tracing::Span;

pub use crate::traceparent::Trace;
use crate::{Parent, spans};

tokio::task_local! {
    static CURRENT: Scope;
}

/// A trace, and the lazily created span of a job: a job that finds nothing to do leaves no span.
struct Scope {
    trace: Trace,
    parent: Parent,
    job: Option<&'static str>,
    job_span: OnceCell<Span>,
}

impl Scope {
    fn current(&self) -> Trace {
        if !spans::are_exported() {
            return self.trace.clone();
        }
        let exported = spans::of(&Span::current()).or_else(|| {
            let job = self.job?;
            spans::of(self.job_span.get_or_init(|| spans::job(job)))
        });
        exported.map_or_else(|| self.trace.clone(), |trace| trace.with_causation_of(&self.trace))
    }
}

/// The trace of the running work, if any.
pub fn current() -> Option<Trace> {
    CURRENT.try_with(Scope::current).ok()
}

/// The remote parent of the running work.
pub(crate) fn parent() -> Parent {
    CURRENT.try_with(|scope| scope.parent.clone()).unwrap_or_default()
}

/// Runs work as part of a trace.
pub async fn scope<F: Future>(trace: Trace, work: F) -> F::Output {
    scope_within(trace, Parent::default(), work).await
}

/// Runs work as part of a trace; the parent's baggage is propagated to its calls.
pub async fn scope_within<F: Future>(trace: Trace, parent: Parent, work: F) -> F::Output {
    CURRENT.scope(Scope { trace, parent, job: None, job_span: OnceCell::new() }, work).await
}

/// Runs work of another thread as part of a trace.
pub(crate) fn sync_scope<T>(trace: Trace, parent: Parent, work: impl FnOnce() -> T) -> T {
    CURRENT.sync_scope(Scope { trace, parent, job: None, job_span: OnceCell::new() }, work)
}

/// Runs a job in its own trace under the job's name.
pub async fn job<F: Future>(name: &'static str, work: F) -> F::Output {
    let (trace, parent) = (Trace::start(), Parent::default());
    CURRENT.scope(Scope { trace, parent, job: Some(name), job_span: OnceCell::new() }, work).await
}
