//! What a call or an event hands on of its trace: W3C Trace Context (`traceparent`, `tracestate`) and Baggage, read and written by OpenTelemetry's propagators.

use std::{collections::HashMap, sync::LazyLock};

use opentelemetry::{
    Context,
    propagation::{Extractor, Injector, TextMapCompositePropagator, TextMapPropagator as _},
    trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId},
};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use uuid::Uuid;

use crate::trace::{self, Trace};

static PROPAGATOR: LazyLock<TextMapCompositePropagator> = LazyLock::new(|| {
    TextMapCompositePropagator::new(vec![Box::new(TraceContextPropagator::new()), Box::new(BaggagePropagator::new())])
});

/// What work was called by: a place in a trace, where there is one, and what goes with the trace. What cannot be read is left out.
#[derive(Debug, Clone, Default)]
pub struct Parent(Context);

impl Parent {
    /// What the headers of a call say.
    pub fn extract(headers: &dyn Extractor) -> Self {
        Self(PROPAGATOR.extract_with_context(&Context::new(), headers))
    }

    /// What an event says, which keeps its `traceparent` only.
    pub fn of_event(traceparent: Option<&str>) -> Self {
        traceparent.map_or_else(Self::default, |text| {
            Self::extract(&HashMap::from([("traceparent".to_owned(), text.to_owned())]))
        })
    }

    /// The running work, as the parent of what it calls; `None` where it belongs to no trace.
    pub fn here() -> Option<Self> {
        let trace = trace::current()?;
        let Self(context) = trace::parent();
        let state = context.span().span_context().trace_state().clone();
        let flags = if trace.is_sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
        let trace_id = TraceId::from_bytes(trace.id.into_bytes());
        let place = SpanContext::new(trace_id, SpanId::from_bytes(trace.span_id.to_be_bytes()), flags, true, state);
        Some(Self(context.with_remote_span_context(place)))
    }

    /// Writes the headers of a call.
    pub fn inject(&self, headers: &mut dyn Injector) {
        PROPAGATOR.inject_context(&self.0, headers);
    }

    pub(crate) fn context(&self) -> Context {
        self.0.clone()
    }

    /// The place in a trace.
    pub(crate) fn trace(&self) -> Option<Trace> {
        read(self.0.span().span_context())
    }
}

/// A place in a trace, where the context has one.
pub(crate) fn read(context: &SpanContext) -> Option<Trace> {
    let id = Uuid::from_bytes(context.trace_id().to_bytes());
    let span_id = u64::from_be_bytes(context.span_id().to_bytes());
    context.is_valid().then(|| Trace::new(id, span_id, context.is_sampled()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn headers(all: &[(&str, &str)]) -> HashMap<String, String> {
        all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[tokio::test]
    async fn what_comes_with_a_call_goes_on_to_what_it_calls() {
        let came = headers(&[
            ("traceparent", HEADER),
            ("tracestate", "vendor=1,other=2"),
            ("baggage", "channel=web,order=A%20B"),
        ]);
        let parent = Parent::extract(&came);
        let served = Trace::continued(&parent);
        let sent = trace::scope_within(served, parent, async {
            let mut sent = HashMap::new();
            Parent::here().unwrap().inject(&mut sent);
            sent
        })
        .await;
        assert_eq!(sent["traceparent"], served.to_string());
        assert_eq!(served.trace_id(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(sent["tracestate"], came["tracestate"]);
        let mut baggage: Vec<&str> = sent["baggage"].split(',').collect();
        baggage.sort_unstable();
        assert_eq!(baggage, ["channel=web", "order=A%20B"]);
    }

    #[test]
    fn what_cannot_be_read_is_no_parent() {
        for header in ["", "00-0-0-01", "00-00000000000000000000000000000000-b7ad6b7169203331-01", "ff-x-y-z", "00-é"]
        {
            assert_eq!(Parent::of_event(Some(header)).trace(), None, "{header}");
        }
        assert_eq!(Parent::of_event(Some(HEADER)).trace().map(|trace| trace.to_string()).as_deref(), Some(HEADER));
        assert!(Parent::here().is_none());
    }
}
