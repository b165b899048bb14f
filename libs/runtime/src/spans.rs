//! Spans for the exporter: their kind and parent. No cost without an exporter.

use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::{
    Value,
    trace::{Status, TraceContextExt as _},
};
use tracing::{Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::{
    propagation::{Parent, read},
    traceparent::Trace,
};

static ARE_EXPORTED: AtomicBool = AtomicBool::new(false);

/// The kind of a span in OpenTelemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// Handles a call.
    Server,
    /// Makes a call.
    Client,
    /// Consumes events.
    Consumer,
    /// Internal work.
    Internal,
}

impl SpanKind {
    fn label(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
            Self::Consumer => "consumer",
            Self::Internal => "internal",
        }
    }
}

/// Whether spans are exported. Spans that logs do not use are created only then.
pub fn are_exported() -> bool {
    ARE_EXPORTED.load(Ordering::Relaxed)
}

pub(crate) fn export() {
    ARE_EXPORTED.store(true, Ordering::Relaxed);
}

/// Makes a new span the child of a parent, and returns its trace: a new one if the parent has none.
/// The span has the fields `trace_id`, `span_id` and `otel.kind`, all empty until now.
pub fn begin(span: &Span, kind: SpanKind, name: &str, parent: &Parent) -> Trace {
    let trace = begin_exported(span, kind, name, parent).unwrap_or_else(|| Trace::continued(parent));
    span.record("trace_id", trace.trace_id());
    span.record("span_id", trace.span_id());
    trace
}

fn begin_exported(span: &Span, kind: SpanKind, name: &str, parent: &Parent) -> Option<Trace> {
    if !are_exported() {
        return None;
    }
    span.record("otel.kind", kind.label());
    if parent.trace().is_some() {
        // Fails if the span is not exported, and then it needs no parent.
        let _not_exported = span.set_parent(parent.context());
    }
    let context = span.context();
    context.span().update_name(name.to_owned());
    read(context.span().span_context())
}

/// The trace context of a span, if it is exported.
pub(crate) fn of(span: &Span) -> Option<Trace> {
    read(span.context().span().span_context())
}

/// The root span of a job.
pub(crate) fn job(name: &'static str) -> Span {
    let span = tracing::info_span!(parent: None, "job", trace_id = Empty, span_id = Empty, otel.kind = Empty);
    begin(&span, SpanKind::Internal, name, &Parent::default());
    span
}

/// Adds an attribute to a span for the exporter, under OpenTelemetry's names; logs do not show it.
pub fn set_attribute(span: &Span, name: &'static str, value: impl Into<Value>) {
    if are_exported() {
        span.set_attribute(name, value);
    }
}

/// Marks a span as failed. `why` must not contain personal data.
pub fn set_failed(span: &Span, why: impl Into<String>) {
    if are_exported() {
        span.set_status(Status::error(why.into()));
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{SpanId, TracerProvider as _};
    use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
    use tracing::Instrument as _;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;
    use crate::trace;

    const HEADER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[tokio::test]
    async fn what_is_written_is_a_child_of_the_running_span() {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        let _subscriber = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
        export();

        let span = tracing::info_span!("rpc", trace_id = Empty, span_id = Empty, otel.kind = Empty);
        let began = begin(&span, SpanKind::Server, "quittance/Call", &Parent::of_event(Some(HEADER), Some("vendor=1")));
        assert_eq!(began.trace_id(), "0af7651916cd43dd8448eb211c80319c");
        let written = trace::scope(began.clone(), async { trace::current() }.instrument(span)).await.unwrap();
        assert_eq!(written, began);
        assert_eq!(written.headers().tracestate.as_deref(), Some("vendor=1"));

        let job = trace::job("tidy_up", async { (trace::current(), trace::current()) }).await;
        assert_eq!(job.0, job.1);

        let spans = exporter.get_finished_spans().unwrap();
        let served = spans.iter().find(|span| span.name == "quittance/Call").unwrap();
        assert_eq!(served.parent_span_id.to_string(), "b7ad6b7169203331");
        assert_eq!(served.span_kind, opentelemetry::trace::SpanKind::Server);
        assert_eq!(served.span_context.trace_state().header(), "vendor=1");
        assert_eq!(read(&served.span_context), Some(began));
        let job_span = spans.iter().find(|span| span.name == "tidy_up").unwrap();
        assert_eq!(read(&job_span.span_context), job.0);
        assert_eq!(job_span.parent_span_id, SpanId::INVALID);
    }
}
