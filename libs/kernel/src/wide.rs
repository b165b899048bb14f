//! Unsigned integers of 384 bits: the range of products of decimals before they are divided and rounded once.

/// An unsigned integer below 2^384.
///
/// A mantissa of a decimal is below 2^96 and a power of ten to bring two decimals to one scale below 2^94. The largest
/// product made of them in this crate stays below 2^380. Its operators wrap at the limit: use the `saturating_` functions.
pub(crate) type Wide = ruint::aliases::U384;

/// Ten to the given power, which is at most 38.
pub(crate) fn power_of_ten(exponent: u32) -> Wide {
    10_u128.checked_pow(exponent).map_or(Wide::MAX, Wide::from)
}

/// The value if it is below 2^127.
pub(crate) fn to_i128(value: Wide) -> Option<i128> {
    i128::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    fn wide() -> impl Strategy<Value = Wide> {
        // Few or many words, and words with extreme bits, meet the carries.
        let word = prop_oneof![3 => Just(0), 1 => Just(1), 1 => Just(u64::MAX), 1 => Just(1 << 63), 2 => any::<u64>()];
        prop::array::uniform6(word).prop_map(Wide::from_limbs)
    }

    fn big(value: Wide) -> BigUint {
        BigUint::from_bytes_le(&value.to_le_bytes::<48>())
    }

    /// What a value beyond the limit becomes.
    fn saturated(value: BigUint) -> BigUint {
        value.min(big(Wide::MAX))
    }

    #[test]
    fn limits_saturate() {
        assert_eq!(Wide::MAX.saturating_add(Wide::ONE), Wide::MAX);
        assert_eq!(Wide::MAX.saturating_mul(Wide::MAX), Wide::MAX);
        assert_eq!(Wide::MAX.saturating_mul(Wide::ONE), Wide::MAX);
        assert_eq!(Wide::ZERO.saturating_sub(Wide::ONE), Wide::ZERO);
        assert_eq!(power_of_ten(39), Wide::MAX);
    }

    #[test]
    fn large_values_print_all_digits() {
        let value = power_of_ten(38).saturating_mul(power_of_ten(38)).saturating_add(Wide::from(7));
        assert_eq!(value.to_string(), format!("1{}7", "0".repeat(75)));
        assert_eq!(Wide::ZERO.to_string(), "0");
    }

    #[test]
    fn powers_of_ten_are_one_and_zeros() {
        for exponent in 0..=38 {
            assert_eq!(power_of_ten(exponent).to_string(), format!("1{}", "0".repeat(exponent as usize)));
        }
    }

    proptest! {
        #[test]
        fn arithmetic_is_that_of_integers_without_limit(a in wide(), b in wide()) {
            let (x, y) = (big(a), big(b));
            prop_assert_eq!(big(a.saturating_add(b)), saturated(&x + &y));
            prop_assert_eq!(big(a.saturating_mul(b)), saturated(&x * &y));
            prop_assert_eq!(big(a.saturating_sub(b)), if x < y { BigUint::ZERO } else { &x - &y });
            prop_assert_eq!(a.cmp(&b), x.cmp(&y));
            prop_assert_eq!(a.to_string(), x.to_string());
            prop_assert_eq!(to_i128(a), i128::try_from(&x).ok());
            if !b.is_zero() {
                let (quotient, remainder) = a.div_rem(b);
                prop_assert_eq!((big(quotient), big(remainder)), (&x / &y, &x % &y));
            }
        }

        #[test]
        fn small_values_are_native(a in any::<u128>(), b in any::<u64>()) {
            prop_assert_eq!(u128::try_from(Wide::from(a)), Ok(a));
            prop_assert_eq!(Wide::from(a).to_string(), a.to_string());
            let (a, b) = (a >> 64, u128::from(b));
            prop_assert_eq!(Wide::from(a).saturating_mul(Wide::from(b)), Wide::from(a * b));
        }
    }
}
