//! Trace propagation in calls and events: W3C Trace Context (`traceparent`, `tracestate`) and Baggage, read and written by OpenTelemetry's propagators.

use std::sync::LazyLock;

use opentelemetry::{
    Context,
    propagation::{Extractor, Injector, TextMapCompositePropagator, TextMapPropagator as _},
    trace::{SpanContext, TraceContextExt as _},
};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

use crate::trace::{self, Trace};

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

/// The longest `tracestate` stored with an event, in bytes: what every vendor must propagate (W3C Trace Context, 3.3.1.5).
const MAX_TRACESTATE_BYTES: usize = 512;

static PROPAGATOR: LazyLock<TextMapCompositePropagator> = LazyLock::new(|| {
    TextMapCompositePropagator::new(vec![Box::new(TraceContextPropagator::new()), Box::new(BaggagePropagator::new())])
});

/// The remote parent of work: its trace context, if any, and baggage. Malformed headers are ignored.
#[derive(Debug, Clone, Default)]
pub struct Parent(Context);

impl Parent {
    /// Reads the headers of a call.
    pub fn extract(headers: &dyn Extractor) -> Self {
        Self(PROPAGATOR.extract_with_context(&Context::new(), headers))
    }

    /// Reads the trace context of an event.
    pub fn of_event(traceparent: Option<&str>, tracestate: Option<&str>) -> Self {
        Self(TraceContextPropagator::new().extract_with_context(&Context::new(), &Read { traceparent, tracestate }))
    }

    /// The running work as a parent; `None` outside a trace.
    pub fn here() -> Option<Self> {
        let trace = trace::current()?;
        let Self(context) = trace::parent();
        Some(Self(context.with_remote_span_context(trace.place().clone())))
    }

    /// Writes the headers of a call.
    pub fn inject(&self, headers: &mut dyn Injector) {
        PROPAGATOR.inject_context(&self.0, headers);
    }

    pub(crate) fn context(&self) -> Context {
        self.0.clone()
    }

    /// The trace context.
    pub(crate) fn trace(&self) -> Option<Trace> {
        read(self.0.span().span_context())
    }
}

/// The trace context of a context, if it has one.
pub(crate) fn read(context: &SpanContext) -> Option<Trace> {
    context.is_valid().then(|| Trace::at(context.clone()))
}

/// The trace context as stored with an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TraceHeaders {
    /// Trace, span, and whether it is sampled.
    pub traceparent: String,
    /// The `tracestate`; beyond 512 bytes, the first entries that fit.
    pub tracestate: Option<String>,
}

impl TraceHeaders {
    pub(crate) fn at(place: &SpanContext) -> Self {
        let mut headers = Self::default();
        let context = Context::new().with_remote_span_context(place.clone());
        TraceContextPropagator::new().inject_context(&context, &mut headers);
        headers
    }
}

impl Injector for TraceHeaders {
    fn set(&mut self, key: &str, value: String) {
        match key {
            TRACEPARENT => self.traceparent = value,
            TRACESTATE => self.tracestate = within_limit(value),
            _ => {}
        }
    }
}

/// The first entries of a `tracestate` that fit, if there are any.
fn within_limit(tracestate: String) -> Option<String> {
    if tracestate.len() > MAX_TRACESTATE_BYTES {
        let (whole_entries, _) = tracestate.get(..=MAX_TRACESTATE_BYTES)?.rsplit_once(',')?;
        return Some(whole_entries.to_owned());
    }
    (!tracestate.is_empty()).then_some(tracestate)
}

/// The headers of a received event.
struct Read<'a> {
    traceparent: Option<&'a str>,
    tracestate: Option<&'a str>,
}

impl Extractor for Read<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            TRACEPARENT => self.traceparent,
            TRACESTATE => self.tracestate,
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT, TRACESTATE]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use quittance_kernel::EventId;
    use uuid::Uuid;

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
        let sent = trace::scope_within(served.clone(), parent, async {
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

    /// An event stores `traceparent` and `tracestate`; its consumer propagates both.
    #[tokio::test]
    async fn an_event_hands_its_trace_on() {
        let parent = Parent::of_event(Some(HEADER), Some("vendor=1,other=2"));
        let reader = Trace::continued(&parent).caused_by(EventId::new(Uuid::from_u128(1)));
        let (written, sent) = trace::scope(reader.clone(), async {
            let mut sent = HashMap::new();
            Parent::here().unwrap().inject(&mut sent);
            (trace::current().unwrap(), sent)
        })
        .await;
        assert_eq!(written, reader);
        let headers = written.headers();
        assert_eq!(headers.traceparent, reader.to_string());
        assert_eq!(headers.tracestate.as_deref(), Some("vendor=1,other=2"));
        assert_eq!((&sent["traceparent"], &sent["tracestate"]), (&headers.traceparent, &headers.tracestate.unwrap()));
        assert_eq!(Trace::start().headers().tracestate, None);
    }

    #[test]
    fn a_state_that_is_too_long_loses_its_last_entries() {
        let kept =
            |tracestate: &str| Parent::of_event(Some(HEADER), Some(tracestate)).trace().unwrap().headers().tracestate;
        let (a, b, c) = ("a".repeat(253), "b".repeat(254), "c".repeat(253));
        let fits = format!("a={a},b={b}");
        assert_eq!(fits.len(), 512);
        assert_eq!(kept(&fits), Some(fits.clone()));
        assert_eq!(kept(&format!("{fits},c={c}")), Some(fits.clone()));
        assert_eq!(kept(&format!("a={a}b,b={b}")), Some(format!("a={a}b")), "one byte too many");
        assert_eq!(kept("Not a state"), None);
    }

    #[test]
    fn what_cannot_be_read_is_no_parent() {
        for header in ["", "00-0-0-01", "00-00000000000000000000000000000000-b7ad6b7169203331-01", "ff-x-y-z", "00-é"]
        {
            assert_eq!(Parent::of_event(Some(header), None).trace(), None, "{header}");
        }
        let read = Parent::of_event(Some(HEADER), None).trace();
        assert_eq!(read.map(|trace| trace.to_string()).as_deref(), Some(HEADER));
        assert_eq!(Parent::of_event(None, Some("vendor=1")).trace(), None);
        assert!(Parent::here().is_none());
    }
}
