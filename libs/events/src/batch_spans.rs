//! The spans of a batch: one for each trace whose events are in it, for as long as they are being applied. An event may share a batch with those of hundreds
//! of other calls; each call's trace continues in its own span.

use std::collections::HashMap;

use quittance_runtime::{
    Parent,
    spans::{self, SpanKind},
    trace::Trace,
};
use tracing::{Span, field::Empty};

use crate::Envelope;

/// The spans of a batch, by the traces of its events. Without an exporter there are none.
#[derive(Debug, Default)]
pub(crate) struct BatchSpans<'a>(HashMap<TraceKey<'a>, (Span, Trace)>);

/// The `traceparent` and `tracestate` of events.
type TraceKey<'a> = (&'a str, Option<&'a str>);

fn key(event: &Envelope) -> Option<TraceKey<'_>> {
    Some((event.traceparent.as_deref()?, event.tracestate.as_deref()))
}

impl<'a> BatchSpans<'a> {
    /// Starts the spans. `system` is the transport.
    pub(crate) fn begin(area: &str, system: &'static str, events: &'a [Envelope]) -> Self {
        if !spans::are_exported() {
            return Self::default();
        }
        let mut counts: HashMap<TraceKey<'_>, i64> = HashMap::new();
        for key in events.iter().filter_map(key) {
            *counts.entry(key).or_default() += 1;
        }
        let topic = format!("quittance.{area}.v1");
        let name = format!("consume {topic}");
        let begun = counts.into_iter().map(|((traceparent, tracestate), count)| {
            let span = tracing::info_span!(parent: None, "consume", area, trace_id = Empty, span_id = Empty, otel.kind = Empty);
            let trace = spans::begin(&span, SpanKind::Consumer, &name, &Parent::of_event(Some(traceparent), tracestate));
            spans::set_attribute(&span, "messaging.system", system);
            spans::set_attribute(&span, "messaging.operation.type", "process");
            spans::set_attribute(&span, "messaging.destination.name", topic.clone());
            spans::set_attribute(&span, "messaging.batch.message_count", count);
            ((traceparent, tracestate), (span, trace))
        });
        Self(begun.collect())
    }

    /// The trace and span in which an event is applied.
    pub(crate) fn of(&self, event: &Envelope) -> (Trace, Span) {
        let (span, trace) = key(event).and_then(|key| self.0.get(&key)).cloned().unwrap_or_else(|| {
            let parent = Parent::of_event(event.traceparent.as_deref(), event.tracestate.as_deref());
            (Span::none(), Trace::continued(&parent))
        });
        (trace.caused_by(event.event_id), span)
    }

    /// Marks all spans as failed; the log has the reason.
    pub(crate) fn fail(&self) {
        for (span, _) in self.0.values() {
            spans::set_failed(span, "the batch was not applied");
        }
    }
}
