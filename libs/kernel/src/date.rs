//! Calendar dates, and interest accrued between two of them.

use std::cmp::Ordering;

use chrono::{Datelike, Months, NaiveDate};

use crate::money::{Money, MoneyError};
use crate::percent::Percent;
use crate::ratio::Ratio;
use crate::rounding::Rounding;

/// Why a text is not a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadDate {
    /// The text has the wrong form.
    #[error("a date is written YYYY-MM-DD")]
    Malformed,
    /// The year is not from 1 to 9999.
    #[error("the year of a date is from 1 to 9999")]
    YearOutOfRange,
    /// The month has no such day, or the year no such month.
    #[error("there is no such day in the calendar")]
    NoSuchDay,
}

impl BadDate {
    /// The machine-readable reason.
    pub fn reason(&self) -> &'static str {
        match self {
            BadDate::Malformed => "DATE_MALFORMED",
            BadDate::YearOutOfRange => "DATE_YEAR_OUT_OF_RANGE",
            BadDate::NoSuchDay => "DATE_NO_SUCH_DAY",
        }
    }
}

/// Reads `YYYY-MM-DD`: four, two and two ASCII digits, a year from 1 to 9999, a day that exists.
///
/// # Errors
/// [`BadDate`] says what is wrong.
pub fn parse_date(text: &str) -> Result<NaiveDate, BadDate> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text.as_bytes() else {
        return Err(BadDate::Malformed);
    };
    if ![y1, y2, y3, y4, m1, m2, d1, d2].iter().all(u8::is_ascii_digit) {
        return Err(BadDate::Malformed);
    }
    let number = |digits: &[u8]| digits.iter().fold(0_u16, |number, digit| number * 10 + u16::from(digit - b'0'));
    let (year, month, day) = (number(&[y1, y2, y3, y4]), number(&[m1, m2]), number(&[d1, d2]));
    if !(1..=9999).contains(&year) {
        return Err(BadDate::YearOutOfRange);
    }
    NaiveDate::from_ymd_opt(year.into(), month.into(), day.into()).ok_or(BadDate::NoSuchDay)
}

/// How many days `to` is after `from`; negative if it is before.
pub fn days_between(from: NaiveDate, to: NaiveDate) -> i64 {
    to.signed_duration_since(from).num_days()
}

/// The first day of the month.
pub fn month_start(date: NaiveDate) -> NaiveDate {
    date.with_day(1).unwrap_or(date)
}

/// The first day of the month `months` before the month of `date`.
pub fn months_back(date: NaiveDate, months: u32) -> NaiveDate {
    month_start(date).checked_sub_months(Months::new(months)).unwrap_or(NaiveDate::MIN)
}

/// The last day of the month.
pub fn last_day_of_month(date: NaiveDate) -> NaiveDate {
    [31, 30, 29, 28].into_iter().find_map(|day| date.with_day(day)).unwrap_or(date)
}

/// Day count conventions (ISDA 2006 definitions, section 4.16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DayCount {
    /// Calendar days over 365, in leap years too.
    Actual365Fixed,
    /// Calendar days over 360.
    Actual360,
    /// Calendar days in leap years over 366, plus the other days over 365.
    ActualActual,
    /// Months of 30 days over years of 360: a first day of 31 counts as 30, and then so does a last day of 31.
    Thirty360,
}

impl DayCount {
    /// The fraction of a year from `from` (inclusive) to `to` (exclusive) as an exact numerator and denominator. Zero if
    /// `to` is not after `from`.
    pub fn year_fraction(self, from: NaiveDate, to: NaiveDate) -> (i64, i64) {
        let days = days_between(from, to).max(0);
        match self {
            DayCount::Actual365Fixed => (days, 365),
            DayCount::Actual360 => (days, 360),
            DayCount::ActualActual => {
                let leap_days = leap_days_between(from, to);
                (leap_days * 365 + (days - leap_days) * 366, 365 * 366)
            }
            DayCount::Thirty360 => (thirty_360_days(from, to).max(0), 360),
        }
    }
}

/// How many of the days from `from` to before `to` lie in leap years.
fn leap_days_between(from: NaiveDate, to: NaiveDate) -> i64 {
    (from.year()..=to.year())
        .filter_map(|year| {
            let first = NaiveDate::from_ymd_opt(year, 1, 1)?;
            let next = NaiveDate::from_ymd_opt(year + 1, 1, 1).unwrap_or(to);
            first.leap_year().then(|| days_between(from.max(first), to.min(next)).max(0))
        })
        .sum()
}

fn thirty_360_days(from: NaiveDate, to: NaiveDate) -> i64 {
    let first = from.day().min(30);
    let last = if first == 30 { to.day().min(30) } else { to.day() };
    let months = i64::from(to.year() - from.year()) * 12 + i64::from(to.month()) - i64::from(from.month());
    months * 30 + i64::from(last) - i64::from(first)
}

/// Simple interest: principal times annual rate times the fraction of a year, rounded once to the minor unit. Interest runs
/// from `from` (inclusive) to `to` (exclusive); there is none if `to` is not after `from`.
///
/// # Errors
/// `TooLarge` beyond the bound for results.
pub fn interest(
    principal: Money,
    annual: Percent,
    from: NaiveDate,
    to: NaiveDate,
    day_count: DayCount,
    rounding: Rounding,
) -> Result<Money, MoneyError> {
    if from.cmp(&to) != Ordering::Less {
        return Ok(Money::zero(principal.currency()));
    }
    let (numerator, denominator) = day_count.year_fraction(from, to);
    let years = Ratio::whole(numerator.into(), denominator.unsigned_abs().into());
    let exact = principal.ratio().times(Ratio::exactly(annual.fraction())).times(years);
    Money::from_ratio(exact, principal.currency(), rounding)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::currency::Currency;

    fn day(text: &str) -> NaiveDate {
        parse_date(text).unwrap()
    }

    #[test]
    fn only_full_iso_dates_are_read() {
        assert_eq!(parse_date("2024-02-29"), Ok(NaiveDate::from_ymd_opt(2024, 2, 29).unwrap()));
        for bad in ["", "2024-2-29", "13-01-01", "20240229", "2024-02-29 ", "+024-02-29", "2024/02/29", "２024-02-29"]
        {
            assert_eq!(parse_date(bad), Err(BadDate::Malformed), "{bad}");
        }
        assert_eq!(parse_date("0000-12-31"), Err(BadDate::YearOutOfRange));
        for bad in ["2023-02-29", "2024-13-01", "2024-00-10", "2024-01-00", "2024-04-31"] {
            assert_eq!(parse_date(bad), Err(BadDate::NoSuchDay), "{bad}");
        }
    }

    #[test]
    fn months_begin_and_end() {
        assert_eq!(month_start(day("2024-02-29")), day("2024-02-01"));
        assert_eq!(last_day_of_month(day("2024-02-01")), day("2024-02-29"));
        assert_eq!(last_day_of_month(day("2023-02-28")), day("2023-02-28"));
        assert_eq!(months_back(day("2024-03-01"), 1), day("2024-02-01"));
        assert_eq!(months_back(day("2024-01-31"), 13), day("2022-12-01"));
        assert_eq!(months_back(NaiveDate::MIN, 1), NaiveDate::MIN);
        assert_eq!(last_day_of_month(NaiveDate::MAX), NaiveDate::MAX);
        assert_eq!(days_between(day("2024-02-28"), day("2024-03-01")), 2);
        assert_eq!(days_between(day("2024-03-01"), day("2024-02-28")), -2);
    }

    #[test]
    fn published_interest_holds() {
        let principal = Money::parse("10000", Currency::EUR).unwrap();
        let annual = Percent::parse("12.25").unwrap();
        let charge = |day_count| {
            let (from, to) = (day("2024-07-01"), day("2024-07-31"));
            interest(principal, annual, from, to, day_count, Rounding::HalfEven).unwrap().amount_text()
        };
        assert_eq!(charge(DayCount::Actual365Fixed), "100.68");
        assert_eq!(charge(DayCount::Actual360), "102.08");
        assert_eq!(charge(DayCount::ActualActual), "100.41");
        assert_eq!(charge(DayCount::Thirty360), "102.08");
    }

    #[test]
    fn year_parts_are_exact() {
        let part = |day_count: DayCount, from, to| day_count.year_fraction(day(from), day(to));
        // 1 day of 2023 and 60 of 2024.
        assert_eq!(part(DayCount::ActualActual, "2023-12-31", "2024-03-01"), (366 + 60 * 365, 133_590));
        assert_eq!(part(DayCount::ActualActual, "2024-01-01", "2025-01-01"), (133_590, 133_590));
        assert_eq!(part(DayCount::Thirty360, "2024-01-31", "2024-03-31"), (60, 360));
        assert_eq!(part(DayCount::Thirty360, "2024-01-30", "2024-03-31"), (60, 360));
        assert_eq!(part(DayCount::Thirty360, "2024-01-29", "2024-03-31"), (62, 360));
        assert_eq!(part(DayCount::Thirty360, "2023-02-28", "2024-02-28"), (360, 360));
        assert_eq!(part(DayCount::Actual360, "2024-03-01", "2024-02-01"), (0, 360));
    }

    #[test]
    fn no_interest_runs_backwards_and_the_largest_fits() {
        let largest = Money::from_sum("999999999999999999999999.99".parse().unwrap(), Currency::EUR).unwrap();
        let all = Percent::parse("100").unwrap();
        let charge = |from, to| interest(largest, all, day(from), day(to), DayCount::ActualActual, Rounding::Down);
        assert_eq!(charge("2024-07-01", "2024-07-01"), Ok(Money::zero(Currency::EUR)));
        assert_eq!(charge("2024-07-01", "2024-06-01"), Ok(Money::zero(Currency::EUR)));
        assert_eq!(charge("2023-01-01", "2024-01-01"), Ok(largest));
        assert_eq!(charge("1900-01-01", "2999-12-31"), Err(MoneyError::TooLarge));
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in any::<String>(), close in "[0-9]{3,5}-[0-9]{1,2}-[0-9]{1,2}") {
            let _ = parse_date(&text);
            let _ = parse_date(&close);
        }

        #[test]
        fn every_day_round_trips(offset in 0i64..400_000) {
            let date = day("1900-01-01") + chrono::TimeDelta::days(offset);
            prop_assert_eq!(parse_date(&date.to_string()), Ok(date));
            prop_assert_eq!(month_start(last_day_of_month(date)), month_start(date));
        }

        #[test]
        fn actual_counts_add_up(start in 0i64..100_000, first in 0i64..5000, second in 0i64..5000) {
            let from = day("1900-01-01") + chrono::TimeDelta::days(start);
            let middle = from + chrono::TimeDelta::days(first);
            let to = middle + chrono::TimeDelta::days(second);
            for day_count in [DayCount::Actual365Fixed, DayCount::Actual360, DayCount::ActualActual] {
                let part = |from, to| day_count.year_fraction(from, to).0;
                prop_assert_eq!(part(from, to), part(from, middle) + part(middle, to));
            }
        }
    }
}
