//! Ranges of dates, instants and amounts, the filters of lists.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{AmountRange, Range};
use quittance_kernel::Money;
use quittance_proto::common::v1 as pb;

use crate::{Violations, currency, optional_date};

/// Dates, both limits included.
pub fn date_range(range: Option<&pb::DateRange>) -> Result<Range<NaiveDate>, Violations> {
    let Some(range) = range else { return Ok(Range::default()) };
    let mut bad = Violations::default();
    let from = bad.check("from_on", optional_date(&range.from_on));
    let to = bad.check("to_on", optional_date(&range.to_on));
    let dates = from.zip(to).map(|(from, to)| Range { from, to });
    if dates.is_some_and(|dates| dates.is_empty()) {
        bad.add("to_on", "PERIOD_EMPTY", "lies before from_on");
    }
    bad.into_result(dates)
}

/// Instants, without the second limit.
pub fn time_range(range: Option<&pb::TimeRange>) -> Result<Range<DateTime<Utc>>, Violations> {
    let Some(range) = range else { return Ok(Range::default()) };
    let mut bad = Violations::default();
    let from = bad.check("from_time", optional_instant(range.from_time.as_ref()));
    let to = bad.check("before_time", optional_instant(range.before_time.as_ref()));
    let times = from.zip(to).map(|(from, to)| Range { from, to });
    if times.is_some_and(|times| times.is_empty()) {
        bad.add("before_time", "PERIOD_EMPTY", "lies before from_time");
    }
    bad.into_result(times)
}

/// An instant in the years 1 to 9999, which is what a timestamp of the contract may hold.
fn optional_instant(value: Option<&prost_types::Timestamp>) -> Result<Option<DateTime<Utc>>, (&'static str, String)> {
    const YEARS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
    let Some(value) = value else { return Ok(None) };
    let nanos = u32::try_from(value.nanos).ok().filter(|_| YEARS.contains(&value.seconds));
    let at = nanos.and_then(|nanos| DateTime::from_timestamp(value.seconds, nanos));
    at.map(Some).ok_or(("TIMESTAMP_OUT_OF_RANGE", "is not an instant of the years 1 to 9999".to_owned()))
}

/// The instant as known at which a report is requested; `None`: as known now. Nothing is known of the future: what will be recorded until then would change the report.
pub fn known_at(
    value: Option<&prost_types::Timestamp>,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, (&'static str, String)> {
    match optional_instant(value)? {
        Some(at) if at > now => Err(("KNOWN_IN_FUTURE", "lies in the future".to_owned())),
        at => Ok(at),
    }
}

/// Amounts of a currency, both limits included.
pub fn amount_range(range: Option<&pb::AmountRange>) -> Result<Option<AmountRange>, Violations> {
    let Some(range) = range else { return Ok(None) };
    let mut bad = Violations::default();
    let currency = bad.check("currency_code", currency(&range.currency_code));
    let mut limit = |field, text: &str| match currency {
        Some(currency) if !text.is_empty() => {
            let money = Money::parse(text, currency).map_err(|error| (error.reason(), error.to_string()));
            bad.check(field, money).map(|money| Some(money.amount()))
        }
        _ => Some(None),
    };
    let from = limit("from_amount", &range.from_amount);
    let to = limit("to_amount", &range.to_amount);
    let amounts = from.zip(to).map(|(from, to)| Range { from, to });
    if amounts.is_some_and(|amounts| amounts.is_empty()) {
        bad.add("to_amount", "AMOUNT_RANGE_EMPTY", "is less than from_amount");
    }
    bad.into_result(currency.zip(amounts).map(|(currency, amounts)| Some(AmountRange { currency, amounts })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_may_lack_limits_but_not_be_empty() {
        let dates =
            |from: &str, to: &str| date_range(Some(&pb::DateRange { from_on: from.to_owned(), to_on: to.to_owned() }));
        assert_eq!(date_range(None), Ok(Range::default()));
        assert_eq!(dates("", "").map(|range| range.from), Ok(None));
        assert!(dates("2026-03-01", "2026-03-01").is_ok());
        assert!(dates("2026-03-02", "2026-03-01").is_err());
        assert!(dates("2026-02-30", "x").is_err());
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        assert!(time_range(Some(&pb::TimeRange { from_time: at(1), before_time: None })).is_ok());
        assert!(time_range(Some(&pb::TimeRange { from_time: at(2), before_time: at(1) })).is_err());
        let mut beyond = Violations::default();
        beyond.add("from_time", "TIMESTAMP_OUT_OF_RANGE", "is not an instant of the years 1 to 9999");
        let far = time_range(Some(&pb::TimeRange { from_time: at(i64::MAX), before_time: None }));
        assert_eq!(far, Err(beyond));
    }

    #[test]
    fn nothing_is_known_of_the_future() {
        let now = DateTime::from_timestamp(10, 5_000).unwrap();
        let at = |seconds, nanos| Some(prost_types::Timestamp { seconds, nanos });
        assert_eq!(known_at(None, now), Ok(None));
        assert_eq!(known_at(at(10, 5_000).as_ref(), now), Ok(Some(now)));
        assert_eq!(known_at(at(10, 5_001).as_ref(), now).unwrap_err().0, "KNOWN_IN_FUTURE");
        assert_eq!(known_at(at(i64::MAX, 0).as_ref(), now).unwrap_err().0, "TIMESTAMP_OUT_OF_RANGE");
    }

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        let amounts = |currency: &str, from: &str, to: &str| {
            let [currency_code, from_amount, to_amount] = [currency, from, to].map(str::to_owned);
            amount_range(Some(&pb::AmountRange { currency_code, from_amount, to_amount })).ok().flatten()
        };
        let found = amounts("EUR", "1.50", "").unwrap();
        assert_eq!((found.currency.code(), found.amounts.to), ("EUR", None));
        assert_eq!(found.amounts.from, Some("1.50".parse().unwrap()));
        for (currency, from, to) in [("EUR", "1.505", ""), ("JPY", "1.5", ""), ("EUR", "2", "1"), ("", "1", "")] {
            assert_eq!(amounts(currency, from, to), None, "{currency} {from} {to}");
        }
    }
}
