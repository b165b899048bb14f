//! Unsigned integers of 384 bits: what products of decimals need before they are divided and rounded once.

/// How many words of 64 bits an integer has.
const WORDS: usize = 6;
const BITS: usize = WORDS * 64;

/// An unsigned integer below 2^384. The most significant word comes first, so the derived order is the numeric one.
///
/// A mantissa of a decimal is below 2^96 and a power of ten to bring two decimals to one scale below 2^94. The largest
/// product made of them in this crate stays below 2^380; beyond the limit, sums and products saturate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wide([u64; WORDS]);

impl Wide {
    pub(crate) const ZERO: Wide = Wide([0; WORDS]);
    pub(crate) const ONE: Wide = Wide([0, 0, 0, 0, 0, 1]);
    const MAX: Wide = Wide([u64::MAX; WORDS]);

    /// Ten to the given power, which is at most 38.
    pub(crate) fn power_of_ten(exponent: u32) -> Wide {
        10_u128.checked_pow(exponent).map_or(Wide::MAX, Wide::from)
    }

    pub(crate) fn is_zero(self) -> bool {
        self == Wide::ZERO
    }

    pub(crate) fn is_odd(self) -> bool {
        self.0[WORDS - 1] & 1 == 1
    }

    /// The value if it is below 2^128.
    pub(crate) fn to_u128(self) -> Option<u128> {
        match self.0 {
            [0, 0, 0, 0, high, low] => Some(u128::from(high) << 64 | u128::from(low)),
            _ => None,
        }
    }

    pub(crate) fn plus(self, other: Wide) -> Wide {
        let mut sum = Wide::ZERO;
        let mut carry = false;
        for i in (0..WORDS).rev() {
            (sum.0[i], carry) = self.0[i].carrying_add(other.0[i], carry);
        }
        if carry { Wide::MAX } else { sum }
    }

    /// The difference, zero if `other` is greater.
    pub(crate) fn minus(self, other: Wide) -> Wide {
        let mut difference = Wide::ZERO;
        let mut borrow = false;
        for i in (0..WORDS).rev() {
            (difference.0[i], borrow) = self.0[i].borrowing_sub(other.0[i], borrow);
        }
        if borrow { Wide::ZERO } else { difference }
    }

    pub(crate) fn times(self, other: Wide) -> Wide {
        if let (Some(a), Some(b)) = (self.to_u128(), other.to_u128())
            && let Some(product) = a.checked_mul(b)
        {
            return Wide::from(product);
        }
        // The schoolbook method on words, the least significant first.
        let mut product = [0_u64; 2 * WORDS];
        for (i, a) in self.0.iter().rev().enumerate() {
            let mut carry = 0;
            for (j, b) in other.0.iter().rev().enumerate() {
                (product[i + j], carry) = a.carrying_mul_add(*b, product[i + j], carry);
            }
            product[i + WORDS] = carry;
        }
        let (low, high) = product.split_at_mut(WORDS);
        if high.iter().any(|word| *word != 0) {
            return Wide::MAX;
        }
        let mut words = [0; WORDS];
        low.reverse();
        words.copy_from_slice(low);
        Wide(words)
    }

    /// Quotient and remainder. The divisor is not zero, and below 2^383.
    pub(crate) fn div_rem(self, divisor: Wide) -> (Wide, Wide) {
        debug_assert!(!divisor.is_zero() && divisor.0[0] >> 63 == 0, "divisor out of range");
        if let (Some(a), Some(b)) = (self.to_u128(), divisor.to_u128()) {
            return (Wide::from(a / b), Wide::from(a % b));
        }
        // Long division in base two.
        let (mut quotient, mut remainder) = (Wide::ZERO, Wide::ZERO);
        for bit in 0..BITS {
            let (word, shift) = (bit / 64, 63 - bit % 64);
            remainder = remainder.plus(remainder);
            remainder.0[WORDS - 1] |= self.0[word] >> shift & 1;
            if remainder >= divisor {
                remainder = remainder.minus(divisor);
                quotient.0[word] |= 1 << shift;
            }
        }
        (quotient, remainder)
    }

    /// The decimal digits, without leading zeros.
    pub(crate) fn digits(self) -> String {
        const CHUNK_DIGITS: u32 = 38;
        if let Some(value) = self.to_u128() {
            return value.to_string();
        }
        let (rest, chunk) = self.div_rem(Wide::power_of_ten(CHUNK_DIGITS));
        format!("{}{:038}", rest.digits(), chunk.to_u128().unwrap_or_default())
    }
}

impl From<u128> for Wide {
    fn from(value: u128) -> Wide {
        let bytes = value.to_be_bytes();
        let mut wide = Wide::ZERO;
        for (i, byte) in bytes.into_iter().enumerate() {
            let word = &mut wide.0[WORDS - 2 + i / 8];
            *word = *word << 8 | u64::from(byte);
        }
        wide
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wide() -> impl Strategy<Value = Wide> {
        // Few or many words, and words with extreme bits, meet the carries.
        let word = prop_oneof![Just(0), Just(1), Just(u64::MAX), Just(1 << 63), any::<u64>()];
        prop::array::uniform3(word).prop_map(|[a, b, c]| Wide([0, 0, 0, a, b, c]))
    }

    #[test]
    fn limits_saturate() {
        assert_eq!(Wide::MAX.plus(Wide::ONE), Wide::MAX);
        assert_eq!(Wide::MAX.times(Wide::MAX), Wide::MAX);
        assert_eq!(Wide::MAX.times(Wide::ONE), Wide::MAX);
        assert_eq!(Wide::ZERO.minus(Wide::ONE), Wide::ZERO);
    }

    #[test]
    fn large_values_print_all_digits() {
        let value = Wide::power_of_ten(38).times(Wide::power_of_ten(38)).plus(Wide::from(7));
        assert_eq!(value.digits(), format!("1{}7", "0".repeat(75)));
        assert_eq!(Wide::ZERO.digits(), "0");
    }

    proptest! {
        #[test]
        fn division_undoes_multiplication(a in wide(), one in wide(), other in wide()) {
            prop_assume!(one != other);
            let (rest, b) = (one.min(other), one.max(other));
            prop_assert_eq!(a.times(b).plus(rest).div_rem(b), (a, rest));
        }

        #[test]
        fn subtraction_undoes_addition(a in wide(), b in wide()) {
            prop_assert_eq!(a.plus(b).minus(b), a);
            prop_assert_eq!(a.times(b), b.times(a));
        }

        #[test]
        fn small_values_are_native(a in any::<u128>(), b in any::<u64>()) {
            prop_assert_eq!(Wide::from(a).to_u128(), Some(a));
            prop_assert_eq!(Wide::from(a).digits(), a.to_string());
            let (a, b) = (a >> 64, u128::from(b));
            prop_assert_eq!(Wide::from(a).times(Wide::from(b)), Wide::from(a * b));
        }
    }
}
