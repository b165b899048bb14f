//! Parsers of request fields. Every function returns the value, or a reason and a sentence for [`Violations::check`](crate::Violations::check).

use chrono::NaiveDate;
use prost_types::Duration;
use quittance_kernel::{
    BadId, Currency, Money, Percent, RequestId, parse_date,
    reason::{FIELD_REQUIRED, TEXT_HAS_CONTROL_CHARACTERS, TEXT_TOO_LONG},
};
use quittance_proto::{common::v1 as pb, read_money};
use rust_decimal::Decimal;

type Read<T> = Result<T, (&'static str, String)>;

/// A required field is empty.
pub fn required<T>() -> Read<T> {
    Err((FIELD_REQUIRED, "is required".to_owned()))
}

/// A required typed id.
pub fn id<T>(value: &str, parse: fn(&str) -> Result<T, BadId>) -> Read<T> {
    if value.is_empty() {
        return required();
    }
    parse(value).map_err(|error| (error.reason(), error.to_string()))
}

/// An optional typed id.
pub fn optional_id<T>(value: &str, parse: fn(&str) -> Result<T, BadId>) -> Read<Option<T>> {
    if value.is_empty() { Ok(None) } else { id(value, parse).map(Some) }
}

/// The request id, which makes a call idempotent.
pub fn request_id(value: &str) -> Read<RequestId> {
    id(value, RequestId::parse)
}

/// A required date.
pub fn date(value: &str) -> Read<NaiveDate> {
    if value.is_empty() {
        return required();
    }
    parse_date(value).map_err(|error| (error.reason(), error.to_string()))
}

/// An optional date.
pub fn optional_date(value: &str) -> Read<Option<NaiveDate>> {
    if value.is_empty() { Ok(None) } else { date(value).map(Some) }
}

/// A non-empty text of at most `max` characters, without control characters other than line breaks and tabs. It is trimmed.
pub fn text(value: &str, max: usize) -> Read<String> {
    if value.trim().is_empty() { required() } else { optional_text(value, max) }
}

/// The same, but optional.
pub fn optional_text(value: &str, max: usize) -> Read<String> {
    let value = value.trim();
    if value.chars().count() > max {
        return Err((TEXT_TOO_LONG, format!("has more than {max} characters")));
    }
    if value.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err((TEXT_HAS_CONTROL_CHARACTERS, "has control characters".to_owned()));
    }
    Ok(value.to_owned())
}

/// An optional text on one line, of at most `max` characters, without control characters. It is trimmed.
pub fn optional_line(value: &str, max: usize) -> Read<String> {
    let value = optional_text(value, max)?;
    if value.chars().any(char::is_control) {
        return Err((TEXT_HAS_CONTROL_CHARACTERS, "has a line break or a tab".to_owned()));
    }
    Ok(value)
}

/// The text of a filter, as [`optional_line`]; `None` where there is none.
pub fn filter_line(value: &str, max: usize) -> Read<Option<String>> {
    optional_line(value, max).map(|line| (!line.is_empty()).then_some(line))
}

/// A currency.
pub fn currency(value: &str) -> Read<Currency> {
    if value.is_empty() {
        return required();
    }
    Currency::parse(value)
        .map_err(|_| ("CURRENCY_UNKNOWN", format!("{value:?} is not an ISO 4217 currency with a minor unit")))
}

/// Money.
pub fn money(value: Option<&pb::Money>) -> Read<Money> {
    let Some(value) = value else { return required() };
    read_money(value).map_err(|error| (error.reason(), error.to_string()))
}

/// Money above zero.
pub fn positive_money(value: Option<&pb::Money>) -> Read<Money> {
    let money = money(value)?;
    if money.is_positive() { Ok(money) } else { Err(("AMOUNT_NOT_POSITIVE", "must be above zero".to_owned())) }
}

/// An amount above zero; `None` where there is none.
pub fn optional_positive_money(value: Option<&pb::Money>) -> Read<Option<Money>> {
    value.map(|money| positive_money(Some(money))).transpose()
}

/// A plain decimal of at most 15 digits before the point and `max_decimals` behind it.
pub fn decimal(value: &str, max_decimals: usize) -> Read<Decimal> {
    if value.is_empty() {
        return required();
    }
    let unsigned = value.strip_prefix('-').unwrap_or(value);
    let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(decimals) {
        return Err((
            "DECIMAL_MALFORMED",
            format!("{:?} is not a decimal number", value.chars().take(40).collect::<String>()),
        ));
    }
    if whole.len() > 15 {
        return Err(("DECIMAL_TOO_LARGE", "has more than 15 digits before the point".to_owned()));
    }
    if decimals.len() > max_decimals {
        return Err(("DECIMAL_TOO_MANY_DECIMALS", format!("has more than {max_decimals} decimals")));
    }
    value.parse().map_err(|_| ("DECIMAL_MALFORMED", "is not a decimal number".to_owned()))
}

/// A percentage.
pub fn percent(value: &str) -> Read<Percent> {
    if value.is_empty() {
        return required();
    }
    Percent::parse(value).map_err(|error| (error.reason(), error.to_string()))
}

/// A length of time in whole seconds, from one to `max`; `None` where it is not given.
pub fn whole_seconds(value: Option<Duration>, max: u32) -> Result<Option<u32>, String> {
    let Some(Duration { seconds, nanos }) = value else { return Ok(None) };
    let seconds = u32::try_from(seconds).ok().filter(|seconds| (1..=max).contains(seconds) && nanos == 0);
    seconds.map(Some).ok_or_else(|| format!("is 1 to {max} whole seconds"))
}

/// A required message.
pub fn message<T>(value: Option<T>) -> Read<T> {
    value.map_or_else(required, Ok)
}
