//! Percentages: tax rates, discounts, annual interest.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;

/// How many decimals a percentage may have.
pub const PERCENT_DECIMALS: u32 = 6;

/// A percentage from 0 to 100, both included, with at most [`PERCENT_DECIMALS`] decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(Decimal);

/// Why a percentage is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPercent {
    /// The text is not a decimal number.
    #[error("a percentage is digits with an optional point and decimals, such as 7.7")]
    NotANumber,
    /// There are more decimals than allowed.
    #[error("a percentage has at most {PERCENT_DECIMALS} decimals")]
    TooManyDecimals,
    /// It is less than 0 or more than 100.
    #[error("a percentage is from 0 to 100")]
    OutOfRange,
}

impl BadPercent {
    /// The machine-readable reason.
    pub fn reason(&self) -> &'static str {
        match self {
            BadPercent::NotANumber => "PERCENT_NOT_A_NUMBER",
            BadPercent::TooManyDecimals => "PERCENT_TOO_MANY_DECIMALS",
            BadPercent::OutOfRange => "PERCENT_OUT_OF_RANGE",
        }
    }
}

impl Percent {
    /// The percentage 0.
    pub const ZERO: Percent = Percent(Decimal::ZERO);

    /// A percentage of this many hundredths: `19` is 19%. Zeros at the end do not count as decimals.
    ///
    /// # Errors
    /// `OutOfRange` and `TooManyDecimals`.
    pub fn new(value: Decimal) -> Result<Percent, BadPercent> {
        let value = value.normalize();
        if value < Decimal::ZERO || value > Decimal::ONE_HUNDRED {
            Err(BadPercent::OutOfRange)
        } else if value.scale() > PERCENT_DECIMALS {
            Err(BadPercent::TooManyDecimals)
        } else {
            Ok(Percent(value))
        }
    }

    /// Reads `-?[0-9]+(\.[0-9]{1,6})?`; a minus is accepted, but out of range unless the number is zero.
    ///
    /// # Errors
    /// `NotANumber`, `TooManyDecimals` and `OutOfRange`.
    pub fn parse(text: &str) -> Result<Percent, BadPercent> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, decimals) = match unsigned.split_once('.') {
            Some((_, "")) => return Err(BadPercent::NotANumber),
            Some(parts) => parts,
            None => (unsigned, ""),
        };
        if whole.is_empty() || !whole.bytes().chain(decimals.bytes()).all(|byte| byte.is_ascii_digit()) {
            return Err(BadPercent::NotANumber);
        }
        if decimals.len() > PERCENT_DECIMALS as usize {
            return Err(BadPercent::TooManyDecimals);
        }
        // With so few decimals the only numbers a decimal cannot hold are far above 100.
        text.parse().map_err(|_| BadPercent::OutOfRange).and_then(Percent::new)
    }

    /// The number before the percent sign: 19 for 19%.
    pub const fn value(self) -> Decimal {
        self.0
    }

    /// The value divided by one hundred: 0.19 for 19%. Exact.
    pub fn fraction(self) -> Decimal {
        self.0 / Decimal::ONE_HUNDRED
    }

    /// Whether this is 0%.
    pub const fn is_zero(self) -> bool {
        self.0.is_zero()
    }
}

/// The number without zeros at its end and without the sign: `19`, `7.7`.
impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Percent {
    type Err = BadPercent;

    fn from_str(text: &str) -> Result<Percent, BadPercent> {
        Percent::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shows_no_needless_zeros() {
        for (text, shown) in
            [("19", "19"), ("7.70", "7.7"), ("100.000000", "100"), ("0.0", "0"), ("-0", "0"), ("007", "7")]
        {
            assert_eq!(Percent::parse(text).unwrap().to_string(), shown);
        }
        assert_eq!(Percent::parse("12.25").unwrap().fraction().to_string(), "0.1225");
        assert_eq!(Percent::parse("0.000001").unwrap().fraction().to_string(), "0.00000001");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, error) in [
            ("", BadPercent::NotANumber),
            ("19%", BadPercent::NotANumber),
            (".5", BadPercent::NotANumber),
            ("5.", BadPercent::NotANumber),
            ("1e1", BadPercent::NotANumber),
            ("+5", BadPercent::NotANumber),
            ("1.0000000", BadPercent::TooManyDecimals),
            ("100.000001", BadPercent::OutOfRange),
            ("-1", BadPercent::OutOfRange),
            ("99999999999999999999999999999999999999", BadPercent::OutOfRange),
        ] {
            assert_eq!(Percent::parse(text), Err(error), "{text}");
        }
        assert_eq!(Percent::new(Decimal::new(1, 7)), Err(BadPercent::TooManyDecimals));
        assert_eq!(Percent::new(Decimal::MAX), Err(BadPercent::OutOfRange));
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in any::<String>(), digits in "-?[0-9]{0,40}\\.?[0-9]{0,10}") {
            let _ = Percent::parse(&text);
            let _ = Percent::parse(&digits);
        }

        #[test]
        fn text_round_trips(millionths in 0i64..=100_000_000) {
            let percent = Percent::new(Decimal::new(millionths, 6)).unwrap();
            prop_assert_eq!(Percent::parse(&percent.to_string()), Ok(percent));
            prop_assert_eq!(percent.fraction() * Decimal::ONE_HUNDRED, percent.value());
        }
    }
}
