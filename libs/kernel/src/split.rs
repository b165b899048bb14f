//! Splits amounts without creating or losing a minor unit.

use rust_decimal::Decimal;

use crate::money::{Money, MoneyError};
use crate::ratio::magnitude;
use crate::wide::{Wide, power_of_ten, to_i128};

impl Money {
    /// The amount in `parts` parts, as equal as the minor unit permits, that sum to the whole; the larger parts (by one
    /// minor unit, away from zero) come first. Zero parts return none, and the whole is then not accounted
    /// for. The caller bounds the count.
    pub fn split(self, parts: usize) -> Vec<Money> {
        let Some(count) = i128::try_from(parts).ok().filter(|count| *count > 0) else {
            return Vec::new();
        };
        let (each, rest) = (self.to_minor() / count, self.to_minor() % count);
        (0..count).map(|i| self.part(if i < rest.abs() { each + rest.signum() } else { each })).collect()
    }

    /// Parts in proportion to the weights that sum to the whole, by the method of the largest remainder: each part is
    /// first rounded towards zero, then the remaining minor units go to the parts that lost most, the earlier one on a
    /// tie. A part of weight zero is zero.
    ///
    /// # Errors
    /// `BadWeights` if there are no weights, one is negative, or all are zero.
    pub fn split_by(self, weights: &[Decimal]) -> Result<Vec<Money>, MoneyError> {
        let weights = whole_weights(weights)?;
        let total = weights.iter().fold(Wide::ZERO, |sum, weight| sum.saturating_add(*weight));
        let whole = Wide::from(self.to_minor().unsigned_abs());
        // Exact shares of the whole, before the point and after it (in units of one `total`th).
        let shares: Vec<(Wide, Wide)> =
            weights.iter().map(|weight| whole.saturating_mul(*weight).div_rem(total)).collect();

        let mut by_loss: Vec<usize> = (0..shares.len()).collect();
        by_loss.sort_by(|a, b| shares[*b].1.cmp(&shares[*a].1)); // stable: the earlier one on a tie
        let mut parts: Vec<i128> = shares.iter().map(|(share, _)| minor(*share)).collect();
        let mut left_over = self.to_minor().abs() - parts.iter().sum::<i128>();
        for index in by_loss {
            if left_over == 0 {
                break;
            }
            parts[index] += 1;
            left_over -= 1;
        }
        Ok(parts.into_iter().map(|part| self.part(part * self.to_minor().signum())).collect())
    }
}

/// The weights multiplied by one power of ten that makes all of them whole numbers.
fn whole_weights(weights: &[Decimal]) -> Result<Vec<Wide>, MoneyError> {
    let negative = weights.iter().any(|weight| weight.is_sign_negative() && !weight.is_zero());
    if negative || weights.iter().all(Decimal::is_zero) {
        return Err(MoneyError::BadWeights);
    }
    let scale = weights.iter().map(Decimal::scale).max().unwrap_or(0);
    Ok(weights.iter().map(|weight| magnitude(*weight).saturating_mul(power_of_ten(scale - weight.scale()))).collect())
}

/// A share is never greater than the whole it is of, whose minor units fit.
fn minor(share: Wide) -> i128 {
    to_i128(share).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::currency::Currency;

    fn cents(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    fn by(minor: i64, weights: &[&str]) -> Vec<i128> {
        let weights: Vec<Decimal> = weights.iter().map(|weight| weight.parse().unwrap()).collect();
        cents(minor).split_by(&weights).unwrap().into_iter().map(Money::to_minor).collect()
    }

    #[test]
    fn larger_parts_come_first() {
        assert_eq!(cents(100).split(3), [cents(34), cents(33), cents(33)]);
        assert_eq!(cents(-100).split(3), [cents(-34), cents(-33), cents(-33)]);
        assert_eq!(cents(2).split(3), [cents(1), cents(1), cents(0)]);
        assert_eq!(cents(5).split(0), []);
    }

    #[test]
    fn the_largest_remainder_gets_what_is_left() {
        assert_eq!(by(100, &["1", "1", "1"]), [34, 33, 33]);
        assert_eq!(by(-100, &["1", "1", "1"]), [-34, -33, -33]);
        assert_eq!(by(10, &["0.6", "0.25", "0.15"]), [6, 3, 1]);
        assert_eq!(by(1, &["0", "1", "1.0"]), [0, 1, 0]);
        assert_eq!(by(0, &["3", "1"]), [0, 0]);
        assert_eq!(by(7, &["0.0000000000000000000000000001", "79228162514264337593543950335"]), [0, 7]);
    }

    #[test]
    fn impossible_weights_are_refused() {
        let split = |weights: &[i64]| {
            let weights: Vec<Decimal> = weights.iter().map(|weight| Decimal::from(*weight)).collect();
            cents(100).split_by(&weights)
        };
        for bad in [&[][..], &[0, 0], &[2, -1]] {
            assert_eq!(split(bad), Err(MoneyError::BadWeights));
        }
    }

    fn weight() -> impl Strategy<Value = Decimal> {
        prop_oneof![
            Just(Decimal::ZERO),
            Just(Decimal::MAX),
            (0i64..1000, 0u32..=3).prop_map(|(n, scale)| Decimal::new(n, scale)),
            (0..=i64::MAX, 0u32..=28).prop_map(|(n, scale)| Decimal::new(n, scale)),
        ]
    }

    proptest! {
        /// Splitting never creates or loses a cent, and parts differ by one cent at most.
        #[test]
        fn split_sums_to_whole(minor in any::<i64>(), parts in 1usize..50) {
            let split = cents(minor).split(parts);
            prop_assert_eq!(split.len(), parts);
            prop_assert_eq!(Money::sum(Currency::EUR, split.iter().copied()), Ok(cents(minor)));
            prop_assert!(split.windows(2).all(|two| two[0].abs().to_minor() >= two[1].abs().to_minor()));
            prop_assert!(split[0].abs().to_minor() - split[parts - 1].abs().to_minor() <= 1);
        }

        #[test]
        fn split_by_sums_to_whole(minor in any::<i64>(), weights in prop::collection::vec(weight(), 1..20)) {
            prop_assume!(weights.iter().any(|weight| !weight.is_zero()));
            let split = cents(minor).split_by(&weights).unwrap();
            prop_assert_eq!(split.len(), weights.len());
            prop_assert_eq!(Money::sum(Currency::EUR, split.iter().copied()), Ok(cents(minor)));
            for (part, weight) in split.iter().zip(&weights) {
                prop_assert!(!weight.is_zero() || part.is_zero());
                prop_assert!(part.to_minor() * i128::from(minor.signum()) >= 0);
            }
        }

        /// A part is less than one minor unit away from its exact share.
        #[test]
        fn split_by_is_proportional(
            minor in 0i64..1_000_000_000,
            weights in prop::collection::vec(1i64..1_000_000, 1..20),
        ) {
            let total: i128 = weights.iter().copied().map(i128::from).sum();
            let decimals: Vec<Decimal> = weights.iter().copied().map(Decimal::from).collect();
            for (part, weight) in cents(minor).split_by(&decimals).unwrap().into_iter().zip(weights) {
                prop_assert!((part.to_minor() * total - i128::from(minor) * i128::from(weight)).abs() < total);
            }
        }
    }
}
