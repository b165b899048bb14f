//! Amounts in files.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

/// A currency code of three capital letters. It is not checked against ISO 4217: files contain other codes too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CurrencyCode([u8; 3]);

impl CurrencyCode {
    /// ISO 4217 for "no currency", used if a file names none.
    pub const NONE: CurrencyCode = CurrencyCode(*b"XXX");

    /// Reads three letters, in any case.
    pub fn parse(text: &str) -> Option<CurrencyCode> {
        let bytes: [u8; 3] = text.trim().as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_alphabetic).then(|| CurrencyCode(bytes.map(|byte| byte.to_ascii_uppercase())))
    }

    /// The three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl fmt::Display for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for CurrencyCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// An amount in a currency; each use documents the meaning of its sign. It keeps the file's decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// In units of the currency.
    pub value: Decimal,
    /// The currency.
    pub currency: CurrencyCode,
}

/// The most digits of an amount before its separator: ISO 20022 has 18 in all. A hundred million such amounts can be summed exactly.
pub const MAX_WHOLE_DIGITS: usize = 18;
/// The most digits of an amount.
pub const MAX_DIGITS: usize = 24;

/// A text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount is digits with at most one decimal separator")]
pub struct BadAmount;

/// Reads an amount: an optional sign, digits, and at most one `separator` with any number of digits after it, or
/// none. At most [`MAX_WHOLE_DIGITS`] before it and [`MAX_DIGITS`] in all.
///
/// # Errors
/// [`BadAmount`] for anything else.
pub fn parse_amount(text: &str, separator: char) -> Result<Decimal, BadAmount> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once(separator).unwrap_or((digits, ""));
    let all_digits = whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    if !all_digits || (whole.is_empty() && fraction.is_empty()) {
        return Err(BadAmount);
    }
    let point = if fraction.is_empty() { "" } else { "." };
    let whole_digits = whole.trim_start_matches('0').len();
    // The parser would round amounts with more digits than it supports.
    if whole_digits > MAX_WHOLE_DIGITS || whole_digits.saturating_add(fraction.len()) > MAX_DIGITS {
        return Err(BadAmount);
    }
    let value: Decimal = format!("0{whole}{point}{fraction}").parse().map_err(|_| BadAmount)?;
    Ok(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_banks_write_them() {
        for (text, separator, value) in [
            ("1000", '.', "1000"),
            ("+1000.50", '.', "1000.50"),
            ("-0,", ',', "0"),
            (" 15000, ", ',', "15000"),
            (",5", ',', "0.5"),
            ("000000012", '.', "12"),
        ] {
            assert_eq!(parse_amount(text, separator), Ok(value.parse().unwrap()), "{text}");
        }
        for text in
            ["", ".", "1.2.3", "$120", "1,000.00", "1e3", "--1", "1234567890123456789", "1.234567890123456789012345"]
        {
            assert_eq!(parse_amount(text, '.'), Err(BadAmount), "{text}");
        }
    }

    #[test]
    fn currencies_are_three_letters() {
        assert_eq!(CurrencyCode::parse(" eur").map(|code| code.to_string()), Some("EUR".to_owned()));
        for text in ["", "EU", "EURO", "E1R", "€"] {
            assert_eq!(CurrencyCode::parse(text), None, "{text}");
        }
    }
}
