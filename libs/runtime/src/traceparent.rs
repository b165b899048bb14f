//! A place in a trace.

use std::fmt;

use quittance_kernel::{Clock, EventId};
use uuid::Uuid;

use crate::propagation::Parent;

/// What the running work belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    pub(crate) id: Uuid,
    pub(crate) span_id: u64,
    pub(crate) is_sampled: bool,
    causation: Option<EventId>,
}

impl Trace {
    /// A new one.
    pub fn start() -> Self {
        let id = EventId::at(Clock::system().now()).uuid();
        Self::new(id, id.as_u64_pair().1, true)
    }

    pub(crate) fn new(id: Uuid, span_id: u64, is_sampled: bool) -> Self {
        Self { id, span_id, is_sampled, causation: None }
    }

    /// The trace of the parent, one step further in; a new one where the parent has none.
    pub fn continued(parent: &Parent) -> Self {
        let fresh = Self::start();
        match parent.trace() {
            Some(parent) => Self { id: parent.id, is_sampled: parent.is_sampled, ..fresh },
            None => fresh,
        }
    }

    /// The same, caused by an event.
    #[must_use]
    pub fn caused_by(self, event: EventId) -> Self {
        Self { causation: Some(event), ..self }
    }

    /// This trace, caused by what caused the other.
    pub(crate) fn with_causation_of(self, other: Self) -> Self {
        Self { causation: other.causation, ..self }
    }

    /// The event that caused the work.
    pub fn causation(&self) -> Option<EventId> {
        self.causation
    }

    /// 16 hexadecimal digits.
    pub fn span_id(&self) -> String {
        format!("{:016x}", self.span_id)
    }

    /// 32 hexadecimal digits.
    pub fn trace_id(&self) -> String {
        self.id.simple().to_string()
    }
}

/// As a `traceparent` header.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{:016x}-{:02x}", self.id.simple(), self.span_id, u8::from(self.is_sampled))
    }
}
