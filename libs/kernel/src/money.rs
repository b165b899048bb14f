//! Exact amounts of money with a currency, which round only explicitly.

use std::cmp::Ordering;
use std::fmt;

use rust_decimal::Decimal;

use crate::currency::Currency;
use crate::ratio::Ratio;
use crate::rounding::Rounding;

/// How many digits before the point an amount of input may have: a single document or payment.
pub const INPUT_DIGITS: u32 = 15;

/// How many digits before the point a computed amount may have. It leaves room for sums over a thousand million amounts
/// of the greatest size, and with four decimals still fits a `Decimal`.
pub const RESULT_DIGITS: u32 = 24;

/// An amount in a currency, always a whole number of the currency's minor units. May be negative.
///
/// Two bounds hold: [`Money::new`] and [`Money::parse`] accept at most [`INPUT_DIGITS`] digits before the point;
/// results of arithmetic may have up to [`RESULT_DIGITS`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i128,
    currency: Currency,
}

/// Why an amount is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The text is not a decimal number.
    #[error("an amount is digits with an optional minus before and an optional point and decimals after")]
    NotANumber,
    /// The amount is finer than the currency's minor unit.
    #[error("{currency} has {} decimals, the amount has more", currency.minor_units())]
    TooManyDecimals {
        /// The currency that has fewer decimals.
        currency: Currency,
    },
    /// The amount has too many digits before the point.
    #[error("the amount is too large: at most {INPUT_DIGITS} digits before the point, {RESULT_DIGITS} for a sum")]
    TooLarge,
    /// Two amounts have different currencies.
    #[error("amounts in {left} and {right} cannot be combined")]
    CurrencyMismatch {
        /// The currency of the first amount.
        left: Currency,
        /// The currency of the second amount.
        right: Currency,
    },
    /// An amount cannot be split by these weights.
    #[error("weights must not be negative, and at least one must be greater than zero")]
    BadWeights,
}

impl MoneyError {
    /// The machine-readable reason.
    pub fn reason(&self) -> &'static str {
        match self {
            MoneyError::NotANumber => "AMOUNT_NOT_A_NUMBER",
            MoneyError::TooManyDecimals { .. } => "AMOUNT_TOO_MANY_DECIMALS",
            MoneyError::TooLarge => "AMOUNT_TOO_LARGE",
            MoneyError::CurrencyMismatch { .. } => "CURRENCY_MISMATCH",
            MoneyError::BadWeights => "AMOUNT_WEIGHTS_INVALID",
        }
    }
}

impl Money {
    /// An amount of input. Zeros after the currency's decimals do not count as decimals.
    ///
    /// # Errors
    /// `TooManyDecimals` and `TooLarge`.
    pub fn new(amount: Decimal, currency: Currency) -> Result<Money, MoneyError> {
        Money::exactly(amount, currency, INPUT_DIGITS)
    }

    /// A computed and stored amount, such as a sum: like [`Money::new`] with the bound for results.
    ///
    /// # Errors
    /// `TooManyDecimals` and `TooLarge`.
    pub fn from_sum(amount: Decimal, currency: Currency) -> Result<Money, MoneyError> {
        Money::exactly(amount, currency, RESULT_DIGITS)
    }

    /// Reads `-?[0-9]{1,15}(\.[0-9]+)?`, with no more decimals written than the currency has, not even zeros.
    ///
    /// # Errors
    /// `NotANumber`, `TooManyDecimals` and `TooLarge`.
    pub fn parse(text: &str, currency: Currency) -> Result<Money, MoneyError> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, decimals) = match unsigned.split_once('.') {
            Some((_, "")) => return Err(MoneyError::NotANumber),
            Some(parts) => parts,
            None => (unsigned, ""),
        };
        if whole.is_empty() || !whole.bytes().chain(decimals.bytes()).all(|byte| byte.is_ascii_digit()) {
            return Err(MoneyError::NotANumber);
        }
        if decimals.len() > currency.minor_units() as usize {
            return Err(MoneyError::TooManyDecimals { currency });
        }
        if whole.len() > INPUT_DIGITS as usize {
            return Err(MoneyError::TooLarge);
        }
        let amount = text.parse().map_err(|_| MoneyError::NotANumber)?;
        Money::new(amount, currency)
    }

    /// Zero.
    pub const fn zero(currency: Currency) -> Money {
        Money { minor: 0, currency }
    }

    /// An amount in minor units, for example cents. Every `i64` is within the bound for results.
    pub const fn from_minor(minor: i64, currency: Currency) -> Money {
        Money { minor: minor as i128, currency }
    }

    /// The exact value of the ratio, rounded once to the minor unit.
    ///
    /// # Errors
    /// `TooLarge` beyond the bound for results.
    pub fn from_ratio(value: Ratio, currency: Currency, rounding: Rounding) -> Result<Money, MoneyError> {
        let minor = value.scaled(currency.minor_units(), rounding).ok_or(MoneyError::TooLarge)?;
        Money::bounded(minor, currency, RESULT_DIGITS)
    }

    /// The amount rounded once to the minor unit.
    ///
    /// # Errors
    /// `TooLarge` beyond the bound for results.
    pub fn round(amount: Decimal, currency: Currency, rounding: Rounding) -> Result<Money, MoneyError> {
        Money::from_ratio(Ratio::exactly(amount), currency, rounding)
    }

    /// The sum, zero for no amounts.
    ///
    /// # Errors
    /// `CurrencyMismatch` if an amount is in another currency, `TooLarge` beyond the bound for results.
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Money>) -> Result<Money, MoneyError> {
        amounts.into_iter().try_fold(Money::zero(currency), Money::checked_add)
    }

    /// The amount in minor units, for example cents.
    pub const fn to_minor(self) -> i128 {
        self.minor
    }

    /// The amount, with exactly the currency's decimals.
    pub fn amount(self) -> Decimal {
        Decimal::from_i128_with_scale(self.minor, self.currency.minor_units())
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// The amount as text with exactly the currency's decimals, which [`Money::parse`] reads.
    pub fn amount_text(self) -> String {
        self.amount().to_string()
    }

    /// Whether the amount is zero.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Whether the amount is greater than zero.
    pub const fn is_positive(self) -> bool {
        self.minor > 0
    }

    /// Whether the amount is less than zero.
    pub const fn is_negative(self) -> bool {
        self.minor < 0
    }

    /// The sum.
    ///
    /// # Errors
    /// `CurrencyMismatch`, and `TooLarge` beyond the bound for results.
    pub fn checked_add(self, other: Money) -> Result<Money, MoneyError> {
        self.same_currency(other)?;
        Money::bounded(self.minor + other.minor, self.currency, RESULT_DIGITS)
    }

    /// This amount less the other.
    ///
    /// # Errors
    /// `CurrencyMismatch`, and `TooLarge` beyond the bound for results.
    pub fn checked_sub(self, other: Money) -> Result<Money, MoneyError> {
        self.checked_add(other.negated())
    }

    /// The amount with the opposite sign.
    #[must_use]
    pub const fn negated(self) -> Money {
        Money { minor: -self.minor, ..self }
    }

    /// The absolute amount.
    #[must_use]
    pub const fn abs(self) -> Money {
        Money { minor: self.minor.abs(), ..self }
    }

    /// The lesser amount.
    ///
    /// # Errors
    /// `CurrencyMismatch`.
    pub fn min(self, other: Money) -> Result<Money, MoneyError> {
        self.compare(other).map(|order| if order == Ordering::Greater { other } else { self })
    }

    /// How the amounts compare. Amounts in different currencies have no order, so there is no `<` on money.
    ///
    /// # Errors
    /// `CurrencyMismatch`.
    pub fn compare(self, other: Money) -> Result<Ordering, MoneyError> {
        self.same_currency(other)?;
        Ok(self.minor.cmp(&other.minor))
    }

    /// The exact product, rounded once to the minor unit.
    ///
    /// # Errors
    /// `TooLarge` beyond the bound for results.
    pub fn times(self, factor: Decimal, rounding: Rounding) -> Result<Money, MoneyError> {
        Money::from_ratio(self.ratio().times(Ratio::exactly(factor)), self.currency, rounding)
    }

    /// The amount as an exact ratio.
    pub(crate) fn ratio(self) -> Ratio {
        Ratio::whole(self.minor, 10_u128.pow(self.currency.minor_units()))
    }

    /// An amount of minor units in the same currency. The caller's parts are within the whole, so no bound can be exceeded.
    pub(crate) const fn part(self, minor: i128) -> Money {
        Money { minor, ..self }
    }

    fn same_currency(self, other: Money) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency })
        }
    }

    fn exactly(amount: Decimal, currency: Currency, digits: u32) -> Result<Money, MoneyError> {
        let amount = amount.normalize();
        let missing =
            currency.minor_units().checked_sub(amount.scale()).ok_or(MoneyError::TooManyDecimals { currency })?;
        // A mantissa is below 2^96 and at most four decimals are missing: no overflow.
        Money::bounded(amount.mantissa() * 10_i128.pow(missing), currency, digits)
    }

    fn bounded(minor: i128, currency: Currency, digits: u32) -> Result<Money, MoneyError> {
        let bound = 10_u128.pow(digits + currency.minor_units());
        if minor.unsigned_abs() < bound { Ok(Money { minor, currency }) } else { Err(MoneyError::TooLarge) }
    }
}

/// `12.34 EUR`, always with the currency's decimals.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Money({self})")
    }
}

#[cfg(test)]
#[path = "money_tests.rs"]
mod tests;
