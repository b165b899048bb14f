//! The `traceparent` of W3C Trace Context.

use std::fmt;

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use quittance_kernel::{Clock, EventId};

use crate::propagation::{Parent, TraceHeaders};

/// The trace context of the running work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    place: SpanContext,
    causation: Option<EventId>,
}

impl Trace {
    /// A new trace.
    pub fn start() -> Self {
        let id = TraceId::from_bytes(EventId::at(Clock::system().now()).uuid().into_bytes());
        Self::at(SpanContext::new(id, fresh_span_id(), TraceFlags::SAMPLED, false, TraceState::NONE))
    }

    pub(crate) fn at(place: SpanContext) -> Self {
        Self { place, causation: None }
    }

    /// A child of the parent; a new trace if there is none.
    pub fn continued(parent: &Parent) -> Self {
        parent.trace().map_or_else(Self::start, |Self { place, .. }| {
            let (id, flags, state) = (place.trace_id(), place.trace_flags(), place.trace_state().clone());
            Self::at(SpanContext::new(id, fresh_span_id(), flags, false, state))
        })
    }

    /// The same, with an event as the cause.
    #[must_use]
    pub fn caused_by(self, event: EventId) -> Self {
        Self { causation: Some(event), ..self }
    }

    /// This trace, with the cause of the other.
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

    /// The headers of an event.
    pub fn headers(&self) -> TraceHeaders {
        TraceHeaders::at(&self.place)
    }
}

/// Half of a UUID: unique within a trace.
fn fresh_span_id() -> SpanId {
    SpanId::from_bytes(EventId::at(Clock::system().now()).uuid().as_u64_pair().1.to_be_bytes())
}

/// As a `traceparent` header.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.headers().traceparent)
    }
}
