//! A trace as W3C Trace Context writes it.

use std::{fmt, str::FromStr};

use quittance_kernel::{Clock, EventId};
use uuid::Uuid;

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

    /// The same trace, one step further in; a header that cannot be read starts a new trace.
    pub fn continued(traceparent: Option<&str>) -> Self {
        let fresh = Self::start();
        match traceparent.and_then(|text| text.parse::<Self>().ok()) {
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

/// The text is no `traceparent` header of version 00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a traceparent is 00-<32 hex>-<16 hex>-<2 hex>")]
pub struct BadTraceparent;

impl FromStr for Trace {
    type Err = BadTraceparent;

    fn from_str(text: &str) -> Result<Self, BadTraceparent> {
        let parts: Vec<&str> = text.split('-').collect();
        let [version, trace_id, span_id, flags] = parts.as_slice() else { return Err(BadTraceparent) };
        if *version == "ff" || version.len() != 2 || trace_id.len() != 32 || span_id.len() != 16 || flags.len() != 2 {
            return Err(BadTraceparent);
        }
        let id = Uuid::try_parse(trace_id).map_err(|_| BadTraceparent)?;
        let span_id = u64::from_str_radix(span_id, 16).map_err(|_| BadTraceparent)?;
        let flags = u8::from_str_radix(flags, 16).map_err(|_| BadTraceparent)?;
        if id.is_nil() || span_id == 0 {
            return Err(BadTraceparent);
        }
        Ok(Self::new(id, span_id, flags & 1 == 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_and_written() {
        for header in [
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
        ] {
            assert_eq!(header.parse::<Trace>().unwrap().to_string(), header);
            assert_eq!(Trace::continued(Some(header)).trace_id(), "0af7651916cd43dd8448eb211c80319c");
        }
    }

    #[test]
    fn a_broken_header_starts_a_new_trace() {
        for header in ["", "00-0-0-01", "00-00000000000000000000000000000000-b7ad6b7169203331-01", "ff-x-y-z", "00-é"]
        {
            assert_eq!(header.parse::<Trace>(), Err(BadTraceparent), "{header}");
        }
        assert_ne!(Trace::continued(Some("nonsense")).trace_id(), Trace::continued(None).trace_id());
    }
}
