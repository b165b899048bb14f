//! Balances, floor limits and sums: `:60F:`, `:62F:`, `:64:`, `:65:`, `:34F:`, `:90C:`.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{CurrencyCode, fields, parse_amount};

/// A parsed balance field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SwiftBalance {
    /// Signed.
    pub(super) value: Decimal,
    /// `None` if the field has none, as with some banks after the opening balance.
    pub(super) currency: Option<CurrencyCode>,
    pub(super) on: Option<NaiveDate>,
    /// Whether the day does not exist and was replaced by the last of its month.
    pub(super) day_moved: bool,
}

/// Reads `C260302EUR1234,56`.
pub(super) fn balance(text: &str) -> Option<SwiftBalance> {
    let text: String = text.split_whitespace().collect();
    let (negative, rest) = match text.chars().next()? {
        'C' | 'c' => (false, text.get(1..)?),
        'D' | 'd' => (true, text.get(1..)?),
        _ => return None,
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let named = rest.as_bytes().get(digits).is_some_and(u8::is_ascii_alphabetic);
    let date_digits = if named && digits == 8 { 8 } else { 6 };
    let (date, rest) = rest.split_at_checked(date_digits)?;
    let (currency, amount) = match rest.split_at_checked(3) {
        Some((code, amount)) if CurrencyCode::parse(code).is_some() => (CurrencyCode::parse(code), amount),
        _ => (None, rest),
    };
    let day = fields::date_in_month(date);
    let value = swift_amount(amount)?;
    Some(SwiftBalance {
        value: if negative { -value } else { value },
        currency,
        on: day.map(|(date, _)| date),
        day_moved: day.is_none_or(|(_, moved)| moved),
    })
}

/// Reads an amount with a decimal comma, or else a point. A point before a comma separates thousands.
pub(super) fn swift_amount(text: &str) -> Option<Decimal> {
    match (text.contains(','), text.contains('.')) {
        (true, true) => parse_amount(&text.replace('.', ""), ',').ok(),
        (true, false) => parse_amount(text, ',').ok(),
        (false, _) => parse_amount(text, '.').ok(),
    }
}

/// The currency of a floor limit: `EURD0,00`.
pub(super) fn floor_limit_currency(text: &str) -> Option<CurrencyCode> {
    CurrencyCode::parse(text.trim().get(..3)?)
}

/// Reads count and sum of `:90D:` and `:90C:`: `12EUR345,67`.
pub(super) fn count_and_sum(text: &str) -> Option<(u64, Decimal)> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, rest) = text.split_at_checked(digits)?;
    let (currency, sum) = rest.split_at_checked(3)?;
    CurrencyCode::parse(currency)?;
    Some((count.parse().ok()?, swift_amount(sum)?))
}
