//! Fields common to several formats: dates of digits, amounts without a decimal point.

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use crate::{Amount, CurrencyCode, MAX_WHOLE_DIGITS};

/// A date of six digits (`YYMMDD`) or eight (`YYYYMMDD`). Years of two digits are those from 1980 to 2079.
pub(crate) fn date(digits: &str) -> Option<NaiveDate> {
    let (year, month, day) = parts(digits)?;
    NaiveDate::from_ymd_opt(year, month, day)
}

/// As [`date`]; a day that does not exist (30 February, used by banks that count 30 days a month) is the
/// month's last. Returns whether it was adjusted.
pub(crate) fn date_in_month(digits: &str) -> Option<(NaiveDate, bool)> {
    let (year, month, day) = parts(digits)?;
    day_in_month(year, month, day)
}

/// The date `MMDD` nearest to `near`.
pub(crate) fn day_near(digits: &str, near: NaiveDate) -> Option<(NaiveDate, bool)> {
    let (month, day) = (number(digits, 0, 2)?, number(digits, 2, 4)?);
    let years = [near.year().checked_sub(1)?, near.year(), near.year().checked_add(1)?];
    let days = years.into_iter().filter_map(|year| day_in_month(year, month, day));
    days.min_by_key(|(date, _)| (*date - near).num_days().abs())
}

fn day_in_month(year: i32, month: u32, day: u32) -> Option<(NaiveDate, bool)> {
    if !(1..=31).contains(&day) {
        return None;
    }
    let found = (0..4).find_map(|back| NaiveDate::from_ymd_opt(year, month, day.checked_sub(back)?))?;
    Some((found, found.day() != day))
}

fn parts(digits: &str) -> Option<(i32, u32, u32)> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match digits.len() {
        6 => {
            let year = i32::try_from(number(digits, 0, 2)?).ok()?;
            let century = if year < 80 { 2000 } else { 1900 };
            Some((century + year, number(digits, 2, 4)?, number(digits, 4, 6)?))
        }
        8 => {
            let year = i32::try_from(number(digits, 0, 4)?).ok()?;
            (1900..=2999).contains(&year).then_some(())?;
            Some((year, number(digits, 4, 6)?, number(digits, 6, 8)?))
        }
        _ => None,
    }
}

fn number(digits: &str, from: usize, to: usize) -> Option<u32> {
    digits.get(from..to)?.parse().ok()
}

/// Digits without a point, of which the last `decimals` are decimals; an optional sign. `None` for anything else, and for
/// more than 18 of them.
pub(crate) fn implied(text: &str, decimals: u32) -> Option<Decimal> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let significant = digits.trim_start_matches('0');
    if digits.is_empty() || significant.len() > MAX_WHOLE_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value: i128 = format!("0{significant}").parse().ok()?;
    let value = Decimal::try_from_i128_with_scale(value, decimals).ok()?;
    Some(if negative { -value } else { value })
}

/// An amount in a currency.
pub(crate) fn amount(value: Decimal, currency: CurrencyCode) -> Amount {
    Amount { value, currency }
}

/// Whether a text is an IBAN by its check digits (ISO 13616).
pub(crate) fn is_iban(text: &str) -> bool {
    let starts = text.bytes().take(2).all(|byte| byte.is_ascii_uppercase())
        && text.bytes().skip(2).take(2).all(|byte| byte.is_ascii_digit());
    starts && (15..=34).contains(&text.len()) && mod97(text) == Some(1)
}

/// Whether a text is a creditor reference by its check digits (ISO 11649).
pub(crate) fn is_creditor_reference(text: &str) -> bool {
    text.starts_with("RF") && (5..=25).contains(&text.len()) && mod97(text) == Some(1)
}

/// The remainder of ISO 7064: the first four characters last, letters as 10 to 35.
fn mod97(text: &str) -> Option<u32> {
    let (head, rest) = text.split_at_checked(4)?;
    rest.chars().chain(head.chars()).try_fold(0_u32, |sum, letter| {
        let value = letter.to_digit(36).filter(|_| letter.is_ascii_digit() || letter.is_ascii_uppercase())?;
        Some((sum * if value > 9 { 100 } else { 10 } + value) % 97)
    })
}

/// Whether digits are a Swiss reference (QRR, formerly ESR): 27 with a check digit by recursive modulo 10.
pub(crate) fn is_swiss_reference(text: &str) -> bool {
    const CARRY: [u32; 10] = [0, 9, 4, 6, 8, 2, 7, 1, 3, 5];
    let Some((digits, check)) = text.split_at_checked(26) else { return false };
    let carry = digits.chars().try_fold(0_u32, |carry, digit| {
        let place = usize::try_from(carry.saturating_add(digit.to_digit(10)?) % 10).ok()?;
        CARRY.get(place).copied()
    });
    let expected = carry.map(|carry| 10_u32.saturating_sub(carry) % 10);
    expected.is_some() && check.len() == 1 && check.parse().ok() == expected && digits.bytes().any(|byte| byte != b'0')
}

/// Whether a text has the form of a BIC (ISO 9362).
pub(crate) fn is_bic(text: &str) -> bool {
    matches!(text.len(), 8 | 11)
        && text.bytes().take(6).all(|byte| byte.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn dates_have_two_or_four_digits_of_year() {
        assert_eq!(date("991231"), Some(day("1999-12-31")));
        assert_eq!(date("20260228"), Some(day("2026-02-28")));
        for text in ["260230", "2602", "26022x", "+60228", "00260228", "261301"] {
            assert_eq!(date(text), None, "{text}");
        }
        assert_eq!(date_in_month("160230"), Some((day("2016-02-29"), true)));
        assert_eq!(date_in_month("160232"), None);
    }

    #[test]
    fn a_day_without_a_year_is_the_nearest() {
        assert_eq!(day_near("1231", day("2026-01-02")), Some((day("2025-12-31"), false)));
        assert_eq!(day_near("0102", day("2025-12-30")), Some((day("2026-01-02"), false)));
        assert_eq!(day_near("0230", day("2025-03-01")), Some((day("2025-02-28"), true)));
    }

    #[test]
    fn digits_are_amounts_with_a_point_that_is_not_written() {
        assert_eq!(implied("000700000", 2), Some("7000.00".parse().unwrap()));
        assert_eq!(implied("-5", 0), Some("-5".parse().unwrap()));
        for text in ["", "+", "1.5", "1 5", &"9".repeat(28)] {
            assert_eq!(implied(text, 2), None, "{text}");
        }
    }

    #[test]
    fn references_are_known_by_their_check_digits() {
        assert!(is_iban("DE89370400440532013000"));
        assert!(!is_iban("DE89370400440532013000EUR"));
        assert!(is_creditor_reference("RF18539007547034"));
        assert!(!is_creditor_reference("RF19539007547034"));
        assert!(is_swiss_reference("210000000003139471430009017"));
        assert!(!is_swiss_reference("210000000003139471430009018"));
        assert!(!is_swiss_reference("000000000000000000000000000"));
    }
}
