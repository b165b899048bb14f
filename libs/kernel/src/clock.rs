//! The clock: the only place that reads the system time. Everything else gets the time as an argument.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Duration, NaiveDate, Utc};
use chrono_tz::Tz;

/// The system's clock, or a fixed one that a test or a replay sets. Clones of a fixed clock share its time.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Fixed(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// The clock of the machine.
    pub fn system() -> Clock {
        Clock(Source::System)
    }

    /// A clock fixed at an instant until it is set.
    pub fn fixed(now: DateTime<Utc>) -> Clock {
        Clock(Source::Fixed(Arc::new(Mutex::new(now))))
    }

    /// The instant, truncated to microseconds: as `PostgreSQL` stores it, so that it compares equal
    /// after a round trip.
    pub fn now(&self) -> DateTime<Utc> {
        let now = match &self.0 {
            Source::System => system_now(),
            Source::Fixed(time) => *lock(time),
        };
        DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }

    /// The calendar date in the given time zone.
    pub fn today(&self, time_zone: Tz) -> NaiveDate {
        self.now().with_timezone(&time_zone).date_naive()
    }

    /// Sets a fixed clock and its clones. No effect on the system's clock.
    pub fn set(&self, now: DateTime<Utc>) {
        if let Source::Fixed(time) = &self.0 {
            *lock(time) = now;
        }
    }

    /// Moves a fixed clock and its clones, as [`Clock::set`] does. No effect if the new instant would lie
    /// beyond the calendar.
    pub fn advance(&self, by: Duration) {
        if let Source::Fixed(time) = &self.0 {
            let mut time = lock(time);
            *time = time.checked_add_signed(by).unwrap_or(*time);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the clock is the source of time")]
fn system_now() -> DateTime<Utc> {
    Utc::now()
}

/// An instant is never half written, so a poisoned lock is harmless.
fn lock(time: &Mutex<DateTime<Utc>>) -> MutexGuard<'_, DateTime<Utc>> {
    time.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The text is not a name in the IANA time zone database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a time zone is a name of the IANA database, such as Europe/Berlin")]
pub struct UnknownTimeZone;

impl UnknownTimeZone {
    /// The machine-readable reason.
    pub fn reason(&self) -> &'static str {
        "TIME_ZONE_UNKNOWN"
    }
}

/// Reads the name of a time zone, in the exact case of the IANA database.
///
/// # Errors
/// [`UnknownTimeZone`] for every other text.
pub fn parse_time_zone(name: &str) -> Result<Tz, UnknownTimeZone> {
    name.parse().map_err(|_| UnknownTimeZone)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_fixed_clock_moves_only_when_told_and_with_its_clones() {
        let clock = Clock::fixed(instant("2026-03-02T09:00:00Z"));
        let clone = clock.clone();
        assert_eq!(clock.now(), instant("2026-03-02T09:00:00Z"));
        clone.advance(Duration::hours(2));
        assert_eq!(clock.now(), instant("2026-03-02T11:00:00Z"));
        clock.set(instant("2025-01-01T00:00:00Z"));
        assert_eq!(clone.now(), instant("2025-01-01T00:00:00Z"));
        clock.advance(Duration::MAX);
        assert_eq!(clone.now(), instant("2025-01-01T00:00:00Z"));
    }

    #[test]
    fn instants_have_microseconds() {
        let clock = Clock::fixed(instant("2026-03-02T09:00:00.123456789Z"));
        assert_eq!(clock.now(), instant("2026-03-02T09:00:00.123456Z"));
        assert_eq!(Clock::system().now().timestamp_subsec_nanos() % 1000, 0);
    }

    #[test]
    fn the_system_clock_cannot_be_set() {
        let clock = Clock::system();
        let before = clock.now();
        clock.set(DateTime::UNIX_EPOCH);
        clock.advance(Duration::days(-1000));
        assert!(clock.now() >= before);
    }

    #[test]
    fn today_depends_on_the_time_zone() {
        let clock = Clock::fixed(instant("2026-03-01T23:30:00Z"));
        let today = |zone| clock.today(parse_time_zone(zone).unwrap()).to_string();
        assert_eq!(today("UTC"), "2026-03-01");
        assert_eq!(today("Europe/Berlin"), "2026-03-02");
        assert_eq!(today("America/New_York"), "2026-03-01");
    }

    #[test]
    fn other_names_are_no_time_zone() {
        for bad in ["", "Berlin", "europe/berlin", "+01:00", "Europe/Berlin "] {
            assert_eq!(parse_time_zone(bad), Err(UnknownTimeZone), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in any::<String>()) {
            let _ = parse_time_zone(&text);
        }
    }
}
