//! A place in a trace.

use std::fmt;

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use quittance_kernel::{Clock, EventId};

use crate::propagation::{Parent, TraceHeaders};

/// What the running work belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    place: SpanContext,
    causation: Option<EventId>,
}

impl Trace {
    /// A new one.
    pub fn start() -> Self {
        let id = TraceId::from_bytes(EventId::at(Clock::system().now()).uuid().into_bytes());
        Self::at(SpanContext::new(id, fresh_span_id(), TraceFlags::SAMPLED, false, TraceState::NONE))
    }

    pub(crate) fn at(place: SpanContext) -> Self {
        Self { place, causation: None }
    }

    /// The trace of the parent, one step further in; a new one where the parent has none.
    pub fn continued(parent: &Parent) -> Self {
        parent.trace().map_or_else(Self::start, |Self { place, .. }| {
            let (id, flags, state) = (place.trace_id(), place.trace_flags(), place.trace_state().clone());
            Self::at(SpanContext::new(id, fresh_span_id(), flags, false, state))
        })
    }

    /// The same, caused by an event.
    #[must_use]
    pub fn caused_by(self, event: EventId) -> Self {
        Self { causation: Some(event), ..self }
    }

    /// This trace, caused by what caused the other.
    pub(crate) fn with_causation_of(self, other: &Self) -> Self {
        Self { causation: other.causation, ..self }
    }

    pub(crate) fn place(&self) -> &SpanContext {
        &self.place
    }

    /// The event that caused the work.
    pub fn causation(&self) -> Option<EventId> {
        self.causation
    }

    /// 16 hexadecimal digits.
    pub fn span_id(&self) -> String {
        self.place.span_id().to_string()
    }

    /// 32 hexadecimal digits.
    pub fn trace_id(&self) -> String {
        self.place.trace_id().to_string()
    }

    /// As headers that go with an event.
    pub fn headers(&self) -> TraceHeaders {
        TraceHeaders::at(&self.place)
    }
}

/// Half of an id of ours: unique for as long as a trace lasts.
fn fresh_span_id() -> SpanId {
    SpanId::from_bytes(EventId::at(Clock::system().now()).uuid().as_u64_pair().1.to_be_bytes())
}

/// As a `traceparent` header.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.headers().traceparent)
    }
}
