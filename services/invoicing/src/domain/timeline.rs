//! An item's balance by date.

use chrono::NaiveDate;
use quittance_kernel::{Money, MoneyError};

/// What an item has owed, or what has remained of a credit, on each date: of all its entries, or, as far as most decisions need it, from the latest date on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Timeline {
    /// What was added on each date, in the order of dates; on the first one all that was added before, too. Empty if the latest date is not known.
    added: Vec<(NaiveDate, Money)>,
}

impl Timeline {
    /// That of an item whose entries added this on each of these dates, in their order.
    pub(crate) const fn new(added: Vec<(NaiveDate, Money)>) -> Timeline {
        Timeline { added }
    }

    /// The end of the timeline of an item with this balance since this date.
    pub(crate) fn since(last: Option<NaiveDate>, open: Money) -> Timeline {
        Timeline::new(last.map(|last| (last, open)).into_iter().collect())
    }

    /// The latest date on which something counts; `None` if it is not known.
    pub(crate) fn last(&self) -> Option<NaiveDate> {
        self.added.last().map(|(on, _)| *on)
    }

    /// Whether it says what was owed on a date and after it.
    pub(crate) fn covers(&self, date: NaiveDate) -> bool {
        self.added.first().is_some_and(|(first, _)| *first <= date)
    }

    /// Adds to the balance from a date on.
    ///
    /// # Errors
    /// `MoneyError` if it is in another currency or too large.
    pub(super) fn add(&mut self, on: NaiveDate, amount: Money) -> Result<(), MoneyError> {
        match self.added.binary_search_by_key(&on, |(on, _)| *on) {
            Ok(index) => {
                if let Some((_, added)) = self.added.get_mut(index) {
                    *added = added.checked_add(amount)?;
                }
            }
            Err(index) => self.added.insert(index, (on, amount)),
        }
        Ok(())
    }

    /// From when something of this date counts that leaves this balance: from the first date, not before its own, from which the balance stays within
    /// nothing and the total.
    ///
    /// # Errors
    /// `MoneyError` if an amount is too large.
    pub(super) fn counts_from(&self, dated: NaiveDate, left: Money, total: Money) -> Result<NaiveDate, MoneyError> {
        let mut balance = left;
        for (on, added) in self.added.iter().rev().take_while(|(on, _)| *on > dated) {
            balance = balance.checked_sub(*added)?;
            if balance.is_negative() || balance.compare(total)?.is_gt() {
                return Ok(*on);
            }
        }
        Ok(dated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples::{day, eur};

    /// From when an item counts what changes its balance, which is one of 100.00 and owes this from these dates on.
    fn counted(balances: &[(&str, &str)], dated: &str, change: &str) -> NaiveDate {
        let mut timeline = Timeline::new(Vec::new());
        let mut open = eur("0.00");
        for (on, balance) in balances {
            timeline.add(day(on), eur(balance).checked_sub(open).unwrap()).unwrap();
            open = eur(balance);
        }
        let left = open.checked_add(eur(change)).unwrap();
        timeline.counts_from(day(dated), left, eur("100.00")).unwrap()
    }

    #[test]
    fn money_counts_from_the_day_from_which_it_is_owed() {
        // Paid on the tenth, returned on the twentieth.
        let owed = [("2026-03-02", "100.00"), ("2026-03-10", "30.00"), ("2026-03-20", "100.00")];
        for (dated, change, on) in [
            ("2026-03-21", "-100.00", "2026-03-21"),
            ("2026-03-20", "-100.00", "2026-03-20"),
            ("2026-03-12", "-100.00", "2026-03-20"),
            ("2026-03-05", "-100.00", "2026-03-20"),
            ("2026-03-05", "-30.01", "2026-03-20"),
            ("2026-03-05", "-30.00", "2026-03-05"),
            ("2026-03-01", "-30.00", "2026-03-02"),
        ] {
            assert_eq!(counted(&owed, dated, change), day(on), "{change} of {dated}");
        }
    }

    #[test]
    fn what_comes_back_counts_from_the_day_from_which_it_is_missing() {
        let owed = [("2026-03-02", "100.00"), ("2026-03-10", "60.00"), ("2026-03-20", "10.00")];
        for (dated, change, on) in [
            ("2026-03-12", "40.00", "2026-03-12"),
            ("2026-03-12", "40.01", "2026-03-20"),
            ("2026-03-05", "40.00", "2026-03-10"),
        ] {
            assert_eq!(counted(&owed, dated, change), day(on), "{change} of {dated}");
        }
    }

    #[test]
    fn a_timeline_covers_what_is_after_its_first_date() {
        let end = Timeline::since(Some(day("2026-03-20")), eur("100.00"));
        assert_eq!(end.last(), Some(day("2026-03-20")));
        assert!(end.covers(day("2026-03-20")) && !end.covers(day("2026-03-19")));
        let unknown = Timeline::since(None, eur("100.00"));
        assert!(unknown.last().is_none() && !unknown.covers(day("2026-03-20")));
    }
}
