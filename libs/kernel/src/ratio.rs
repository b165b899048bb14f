//! Exact quotients: metrics such as days sales outstanding divide once, and round once, at the end.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use crate::rounding::Rounding;
use crate::wide::{Wide, power_of_ten, to_i128};

/// The most decimals of a `Decimal`.
const MAX_DECIMALS: u32 = 28;

/// An exact quotient of two decimals. It keeps both sides as whole numbers, so nothing is lost before [`Ratio::round`].
#[derive(Debug, Clone, Copy)]
pub struct Ratio {
    negative: bool,
    numerator: Wide,
    denominator: Wide,
}

impl Ratio {
    /// The quotient, or `None` if the denominator is zero.
    pub fn of(numerator: Decimal, denominator: Decimal) -> Option<Ratio> {
        if denominator.is_zero() {
            return None;
        }
        let (upper, lower) = (numerator.scale(), denominator.scale());
        Some(Ratio {
            negative: numerator.is_sign_negative() != denominator.is_sign_negative(),
            numerator: magnitude(numerator).saturating_mul(power_of_ten(lower.saturating_sub(upper))),
            denominator: magnitude(denominator).saturating_mul(power_of_ten(upper.saturating_sub(lower))),
        })
    }

    /// The quotient of two whole numbers. A denominator of zero counts as one; callers pass constants.
    pub(crate) fn whole(numerator: i128, denominator: u128) -> Ratio {
        Ratio {
            negative: numerator < 0,
            numerator: Wide::from(numerator.unsigned_abs()),
            denominator: Wide::from(denominator.max(1)),
        }
    }

    /// The decimal as a ratio.
    pub(crate) fn exactly(value: Decimal) -> Ratio {
        Ratio {
            negative: value.is_sign_negative(),
            numerator: magnitude(value),
            denominator: power_of_ten(value.scale()),
        }
    }

    /// The exact product. Numerator and denominator each multiply, and must stay below 2^380.
    pub(crate) fn times(self, other: Ratio) -> Ratio {
        Ratio {
            negative: self.negative != other.negative,
            numerator: self.numerator.saturating_mul(other.numerator),
            denominator: self.denominator.saturating_mul(other.denominator),
        }
    }

    /// `n` plus this, exactly.
    #[must_use]
    pub fn add_whole(self, n: i64) -> Ratio {
        let added = Wide::from(n.unsigned_abs()).saturating_mul(self.denominator);
        let (negative, numerator) = if self.negative == (n < 0) {
            (self.negative, self.numerator.saturating_add(added))
        } else if self.numerator >= added {
            (self.negative, self.numerator.saturating_sub(added))
        } else {
            (n < 0, added.saturating_sub(self.numerator))
        };
        Ratio { negative, numerator, ..self }
    }

    /// The quotient with this many decimals, rounded once from the exact value, a half to the even neighbour. Where a
    /// `Decimal` (28 digits) cannot hold so many decimals the result has as many as fit, and a quotient beyond
    /// its range is its largest or smallest value.
    pub fn round(self, decimals: u32) -> Decimal {
        (0..=decimals.min(MAX_DECIMALS))
            .rev()
            .find_map(|scale| {
                let scaled = self.scaled(scale, Rounding::HalfEven)?;
                Decimal::try_from_i128_with_scale(scaled, scale).ok()
            })
            .unwrap_or(if self.negative { Decimal::MIN } else { Decimal::MAX })
    }

    /// The quotient as text with exactly this many decimals (at most 28), rounded as in [`Ratio::round`].
    pub fn text(self, decimals: u32) -> String {
        let decimals = decimals.min(MAX_DECIMALS);
        let rounded = self.scaled_magnitude(decimals, Rounding::HalfEven);
        let width = decimals as usize + 1;
        let digits = format!("{rounded:0>width$}");
        let (whole, fraction) = digits.split_at(digits.len() - decimals as usize);
        let sign = if self.negative && !rounded.is_zero() { "-" } else { "" };
        let point = if fraction.is_empty() { "" } else { "." };
        format!("{sign}{whole}{point}{fraction}")
    }

    /// The quotient times ten to the power of `decimals`, rounded to a whole number. `None` beyond 2^127.
    pub(crate) fn scaled(self, decimals: u32, rounding: Rounding) -> Option<i128> {
        let value = to_i128(self.scaled_magnitude(decimals, rounding))?;
        Some(if self.negative { -value } else { value })
    }

    fn scaled_magnitude(self, decimals: u32, rounding: Rounding) -> Wide {
        let scaled = self.numerator.saturating_mul(power_of_ten(decimals));
        let (whole, rest) = scaled.div_rem(self.denominator);
        // Comparing twice the rest with the denominator compares the rest with one half.
        let rest_to_half: Ordering = rest.saturating_add(rest).cmp(&self.denominator);
        if rounding.goes_up(rest_to_half, whole.bit(0)) { whole.saturating_add(Wide::ONE) } else { whole }
    }
}

/// The digits of a decimal without sign and point.
pub(crate) fn magnitude(value: Decimal) -> Wide {
    Wide::from(value.mantissa().unsigned_abs())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ratio(numerator: &str, denominator: &str) -> Ratio {
        Ratio::of(numerator.parse().unwrap(), denominator.parse().unwrap()).unwrap()
    }

    #[test]
    fn published_examples_hold() {
        // Period days sales outstanding: 212,000 of 250,000 in 90 days.
        assert_eq!(ratio("19080000", "250000").text(2), "76.32");
        // Countback: 59 whole days, then 400 of 700 in a month of 31 days.
        assert_eq!(ratio("12400", "700").add_whole(59).round(2).to_string(), "76.71");
    }

    #[test]
    fn halves_go_to_the_even_neighbour() {
        assert_eq!(ratio("1", "8").text(2), "0.12");
        assert_eq!(ratio("3", "8").text(2), "0.38");
        assert_eq!(ratio("-1", "2").text(0), "0");
        assert_eq!(ratio("3", "-2").text(0), "-2");
        // One step: 0.4949... would be 0.50 by way of 0.495, and then 1.
        assert_eq!(ratio("0.495", "1").text(0), "0");
        assert_eq!(ratio("1.0049999999999999999999999999", "1").text(2), "1.00");
    }

    #[test]
    fn a_zero_denominator_is_undefined() {
        assert!(Ratio::of(Decimal::ONE, Decimal::ZERO).is_none());
        assert!(Ratio::of(Decimal::ZERO, "0.000".parse().unwrap()).is_none());
        assert_eq!(ratio("0", "-7").text(2), "0.00");
    }

    #[test]
    fn whole_numbers_add_across_zero() {
        assert_eq!(ratio("1", "3").add_whole(-1).text(4), "-0.6667");
        assert_eq!(ratio("-1", "3").add_whole(1).text(4), "0.6667");
        assert_eq!(ratio("-7", "3").add_whole(1).text(4), "-1.3333");
        assert_eq!(ratio("-5", "1").add_whole(5).text(1), "0.0");
        assert_eq!(ratio("1", "3").add_whole(i64::MIN).add_whole(i64::MAX).text(3), "-0.667");
    }

    #[test]
    fn extreme_values_neither_overflow_nor_lose_digits() {
        let smallest = Decimal::new(1, 28);
        let huge = Ratio::of(Decimal::MAX, smallest).unwrap();
        assert_eq!(huge.text(1), format!("{}{}.0", Decimal::MAX, "0".repeat(28)));
        assert_eq!(huge.round(2), Decimal::MAX);
        assert_eq!(Ratio::of(Decimal::MIN, smallest).unwrap().round(2), Decimal::MIN);
        assert_eq!(Ratio::of(smallest, Decimal::MAX).unwrap().round(28), Decimal::ZERO);
        assert_eq!(Ratio::of(Decimal::MAX, Decimal::MAX).unwrap().round(28), Decimal::ONE);
        // 29 digits before the point leave no room for decimals.
        assert_eq!(Ratio::of(Decimal::MAX, Decimal::ONE).unwrap().round(4), Decimal::MAX);
    }

    proptest! {
        #[test]
        fn round_and_text_agree(
            n in any::<i64>(),
            d in 1..=i64::MAX,
            (n_scale, d_scale, decimals) in (0u32..=9, 0u32..=9, 0u32..=9),
        ) {
            let ratio = Ratio::of(Decimal::new(n, n_scale), Decimal::new(d, d_scale)).unwrap();
            if ratio.text(0).len() < 18 {
                prop_assert_eq!(ratio.round(decimals).to_string(), ratio.text(decimals));
            }
        }
    }
}
