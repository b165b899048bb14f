//! What a call or an event hands on of its trace: W3C Trace Context (`traceparent`, `tracestate`) and Baggage, read and written by OpenTelemetry's propagators.

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

/// The longest `tracestate` that is kept with an event, in bytes: as much as everybody has to hand on (W3C Trace Context, 3.3.1.5).
const MAX_TRACESTATE_BYTES: usize = 512;

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

    /// What an event says, which keeps its place in a trace only.
    pub fn of_event(traceparent: Option<&str>, tracestate: Option<&str>) -> Self {
        Self(TraceContextPropagator::new().extract_with_context(&Context::new(), &Read { traceparent, tracestate }))
    }

    /// The running work, as the parent of what it calls; `None` where it belongs to no trace.
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

    /// The place in a trace.
    pub(crate) fn trace(&self) -> Option<Trace> {
        read(self.0.span().span_context())
    }
}

/// A place in a trace, where the context has one.
pub(crate) fn read(context: &SpanContext) -> Option<Trace> {
    context.is_valid().then(|| Trace::at(context.clone()))
}

/// A place in a trace as an event keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TraceHeaders {
    /// Trace, span, and whether it is sampled.
    pub traceparent: String,
    /// What tracing systems keep with the trace; of more than 512 bytes the first entries that fit.
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

/// The headers that came with an event.
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

    /// An event keeps the place in a trace with what tracing systems keep there; who reads it hands both on.
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
