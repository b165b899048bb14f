//! Accounting periods: days of the ledger that are closed, and what happens to what is dated in them.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::{Money, PeriodId};
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;

/// What happens to an entry that is dated in a closed period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LateEntries {
    /// It counts from the first open day.
    #[default]
    CarryForward,
    /// It is refused.
    Refuse,
}

/// The days on which documents and entries can be dated: not after the tenant's day, and not in what is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OpenDays {
    today: NaiveDate,
    closed_through: Option<NaiveDate>,
    late: LateEntries,
}

impl OpenDays {
    /// The days to the tenant's, after the last closed one if there is one.
    pub(crate) const fn new(today: NaiveDate, closed_through: Option<NaiveDate>, late: LateEntries) -> OpenDays {
        OpenDays { today, closed_through, late }
    }

    /// The tenant's day.
    pub(crate) const fn today(self) -> NaiveDate {
        self.today
    }

    /// Whether a day is closed.
    pub(crate) fn is_closed(self, day: NaiveDate) -> bool {
        self.closed_through.is_some_and(|closed_through| day <= closed_through)
    }

    /// The first open day that is not before this one.
    pub(super) fn first_from(self, day: NaiveDate) -> NaiveDate {
        self.closed_through.and_then(|closed_through| closed_through.succ_opt()).map_or(day, |first| first.max(day))
    }

    /// Fails for an entry of a day to come, and for one of a closed day if such entries are refused.
    pub(super) fn check_entry(self, dated_on: NaiveDate) -> Result<(), Refusal> {
        if dated_on > self.today {
            return Err(Refusal::EffectiveInFuture { effective_on: dated_on, today: self.today });
        }
        match self.late {
            LateEntries::CarryForward => Ok(()),
            LateEntries::Refuse => self.check_open(dated_on),
        }
    }

    /// Fails for a document of a day to come or of a closed one: it has no other date than its own.
    pub(super) fn check_document(self, issued_on: NaiveDate) -> Result<(), Refusal> {
        if issued_on > self.today {
            return Err(Refusal::IssuedInFuture { issued_on, today: self.today });
        }
        self.check_open(issued_on)
    }

    /// Fails for a closed day.
    pub(super) fn check_open(self, day: NaiveDate) -> Result<(), Refusal> {
        match self.closed_through {
            Some(closed_through) if day <= closed_through => Err(Refusal::PeriodClosed { closed_through }),
            _ => Ok(()),
        }
    }
}

/// What is open in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PeriodBalance {
    /// Of all items.
    pub items: Money,
    /// What remains of all credits.
    pub credits: Money,
}

/// Days that were closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Period {
    /// Its id.
    pub id: PeriodId,
    /// Its first day; `None`: all days before its last.
    pub start_on: Option<NaiveDate>,
    /// Its last day.
    pub end_on: NaiveDate,
    /// What was open at its end in each currency, when it was closed.
    pub balances: Vec<PeriodBalance>,
    /// When it was closed.
    pub closed_at: DateTime<Utc>,
    /// When and why it was reopened; `None` while it is closed.
    pub reopened: Option<Reopened>,
}

/// When and why a period was reopened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reopened {
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: String,
}

impl Period {
    /// Closes the days after those that are closed, up to this one.
    ///
    /// # Errors
    /// `PeriodNotOver`, `PeriodClosed`.
    pub(crate) fn close(
        id: PeriodId,
        closed_through: Option<NaiveDate>,
        end_on: NaiveDate,
        today: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<Period, Refusal> {
        if end_on >= today {
            return Err(Refusal::PeriodNotOver { today });
        }
        OpenDays::new(today, closed_through, LateEntries::default()).check_open(end_on)?;
        let start_on = closed_through.and_then(|closed_through| closed_through.succ_opt());
        Ok(Period { id, start_on, end_on, balances: Vec::new(), closed_at: now, reopened: None })
    }

    /// Reopens it, and returns up to which day the ledger is closed from then on.
    ///
    /// # Errors
    /// `PeriodNotLatest`.
    pub(crate) fn reopen(
        self,
        closed_through: Option<NaiveDate>,
        reason: String,
        now: DateTime<Utc>,
    ) -> Result<(Period, Option<NaiveDate>), Refusal> {
        if self.reopened.is_some() || closed_through != Some(self.end_on) {
            return Err(Refusal::PeriodNotLatest);
        }
        let before = self.start_on.and_then(|start_on| start_on.pred_opt());
        Ok((Period { reopened: Some(Reopened { at: now, reason }), ..self }, before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples::{day, now};

    fn close(closed_through: Option<&str>, end_on: &str) -> Result<Period, Refusal> {
        Period::close(PeriodId::at(now()), closed_through.map(day), day(end_on), day("2026-03-10"), now())
    }

    #[test]
    fn periods_follow_each_other_and_are_over() {
        let first = close(None, "2026-01-31").unwrap();
        assert_eq!((first.start_on, first.end_on), (None, day("2026-01-31")));
        let second = close(Some("2026-01-31"), "2026-03-09").unwrap();
        assert_eq!(second.start_on, Some(day("2026-02-01")));
        let reason = |result: Result<Period, Refusal>| result.unwrap_err().reason();
        assert_eq!(reason(close(Some("2026-01-31"), "2026-03-10")), "PERIOD_NOT_OVER");
        assert_eq!(reason(close(Some("2026-01-31"), "2026-01-31")), "PERIOD_CLOSED");
    }

    #[test]
    fn the_latest_period_is_reopened_once() {
        let (first, second) = (close(None, "2026-01-31").unwrap(), close(Some("2026-01-31"), "2026-02-28").unwrap());
        let latest = Some(second.end_on);
        let reopen =
            |period: &Period, latest| period.clone().reopen(latest, "An invoice was missing".to_owned(), now());
        assert_eq!(reopen(&first, latest).unwrap_err(), Refusal::PeriodNotLatest);
        let (reopened, before) = reopen(&second, latest).unwrap();
        assert_eq!(before, Some(first.end_on));
        assert_eq!(reopen(&reopened, before).unwrap_err(), Refusal::PeriodNotLatest);
        assert_eq!(reopen(&first, before).unwrap().1, None);
    }

    #[test]
    fn entries_of_closed_days_are_carried_to_the_first_open_day_or_refused() {
        let closed = Some(day("2026-01-31"));
        let days = |closed, late| OpenDays::new(day("2026-03-10"), closed, late);
        let carried = days(closed, LateEntries::CarryForward);
        assert_eq!(carried.first_from(day("2026-01-10")), day("2026-02-01"));
        assert_eq!(carried.first_from(day("2026-02-03")), day("2026-02-03"));
        assert_eq!(days(None, LateEntries::CarryForward).first_from(day("2026-01-10")), day("2026-01-10"));
        assert_eq!(carried.check_entry(day("2026-01-31")), Ok(()));
        let refused = days(closed, LateEntries::Refuse);
        let error = Refusal::PeriodClosed { closed_through: day("2026-01-31") };
        assert_eq!(refused.check_entry(day("2026-01-31")), Err(error.clone()));
        assert_eq!(refused.check_entry(day("2026-02-01")), Ok(()));
        assert_eq!(carried.check_document(day("2026-01-31")), Err(error));
    }
}
