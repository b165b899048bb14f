//! What a call has written: the last event of each area. Whoever hands it on with a later call reads its own writes.
//!
//! What a service has written in another one while it served a call stands apart, as `invoicing@payments`: payments knows of it by the response, and has
//! no need to read it.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use quittance_kernel::EventId;

/// The most areas that are read from a text.
const MAX_AREAS: usize = 20;

/// The last event of each area that calls have written. Ids of events are ordered by their time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written(BTreeMap<String, EventId>);

impl Written {
    /// One event of an area.
    pub fn of(area: &str, event: EventId) -> Self {
        Self(BTreeMap::from([(area.to_owned(), event)]))
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds an event of an area; the later one is kept.
    pub fn add(&mut self, area: &str, event: EventId) {
        match self.0.get_mut(area) {
            Some(last) => *last = event.max(*last),
            None => {
                self.0.insert(area.to_owned(), event);
            }
        }
    }

    /// Adds what another call has written.
    pub fn extend(&mut self, other: &Written) {
        for (area, event) in other.iter() {
            self.add(area, event);
        }
    }

    /// Each area, or area and service that wrote there, with its last event.
    pub fn iter(&self) -> impl Iterator<Item = (&str, EventId)> {
        self.0.iter().map(|(area, event)| (area.as_str(), *event))
    }

    /// The same events, written by a service while it served a call.
    #[must_use]
    pub fn by(&self, service: &str) -> Self {
        let key = |area: &str| if area.contains('@') { area.to_owned() } else { format!("{area}@{service}") };
        Self(self.iter().map(|(area, event)| (key(area), event)).collect())
    }

    /// The events that a service has to read: not those that it wrote itself, here or in another area.
    pub fn to_read<'a, 'b>(&'a self, service: &'b str) -> impl Iterator<Item = (&'a str, EventId)> + use<'a, 'b> {
        self.iter().filter_map(move |(key, event)| {
            let (area, by) = key.split_once('@').unwrap_or((key, key));
            (by != service).then_some((area, event))
        })
    }

    /// Reads what [`fmt::Display`] writes; `None` if it is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut written = Self::default();
        for part in text.split(',') {
            let (area, event) = part.trim().split_once('=')?;
            let is_area = !area.is_empty()
                && area.len() <= 80
                && area.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'-' | b'@'));
            if !is_area || written.0.len() >= MAX_AREAS {
                return None;
            }
            written.add(area, EventId::parse(event).ok()?);
        }
        Some(written)
    }
}

impl fmt::Display for Written {
    /// `invoicing=<event id>,payments=<event id>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (area, event)) in self.iter().enumerate() {
            let separator = if i > 0 { "," } else { "" };
            write!(f, "{separator}{area}={event}")?;
        }
        Ok(())
    }
}

/// What the calls of a client have written, shared by its clones.
#[derive(Debug, Clone, Default)]
pub struct Writes(Arc<Mutex<Written>>);

impl Writes {
    /// What was written so far.
    pub fn get(&self) -> Written {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds what a call has written.
    pub fn extend(&self, other: &Written) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(other);
    }

    /// Forgets everything: what was written cannot be waited for.
    pub fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Written::default();
    }
}

tokio::task_local! {
    static WRITES: Writes;
}

/// Runs the work of a call; returns what it wrote, too.
pub async fn collect<F: Future>(work: F) -> (F::Output, Written) {
    let writes = Writes::default();
    let output = WRITES.scope(writes.clone(), work).await;
    (output, writes.get())
}

/// Records what the running call has written; has no effect outside of a call.
pub fn record(written: &Written) {
    if !written.is_empty() {
        // An error means that no call is running.
        let _outside = WRITES.try_with(|writes| writes.extend(written));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(n: u128) -> EventId {
        EventId::parse(&format!("0190b3a0-0000-7000-8000-{n:012x}")).unwrap()
    }

    #[test]
    fn it_is_written_and_read_and_keeps_the_last() {
        let mut written = Written::default();
        written.add("payments", event(2));
        written.add("invoicing", event(3));
        written.add("payments", event(1));
        let text = written.to_string();
        assert_eq!(text, format!("invoicing={},payments={}", event(3), event(2)));
        assert_eq!(Written::parse(&text), Some(written));
        for wrong in [
            "",
            "invoicing",
            "invoicing=x",
            "=0190b3a0-0000-7000-8000-000000000001",
            "In=0190b3a0-0000-7000-8000-000000000001",
        ] {
            assert_eq!(Written::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_service_need_not_read_what_it_wrote() {
        let mut written = Written::of("invoicing", event(5)).by("payments");
        written.extend(&Written::of("payments", event(6)));
        written.extend(&Written::of("invoicing", event(2)));
        assert_eq!(Written::parse(&written.to_string()), Some(written.clone()));
        let to_read = |service: &str| written.to_read(service).collect::<Vec<_>>();
        assert_eq!(to_read("payments"), [("invoicing", event(2))]);
        let all = [("invoicing", event(2)), ("invoicing", event(5)), ("payments", event(6))];
        assert_eq!(to_read("reporting"), all);
        assert_eq!(written.by("collections").by("payments").to_read("collections").count(), 1, "the first one stays");
    }

    #[tokio::test]
    async fn what_a_call_writes_is_collected() {
        let mut written = Written::default();
        written.add("invoicing", event(1));
        record(&written);
        let ((), collected) = collect(async { record(&written) }).await;
        assert_eq!(collected, written);
    }
}
