//! Ratios against long division as done on paper, digit by digit on text: slow, and plainly right.

use std::cmp::Ordering;

use proptest::prelude::*;
use quittance_kernel::Ratio;
use rust_decimal::Decimal;

/// Digits of a whole number, the most significant first, without leading zeros.
type Digits = Vec<u8>;

fn digits(value: Decimal, zeros: u32) -> Digits {
    let mut all: Digits = value.mantissa().unsigned_abs().to_string().bytes().map(|b| b - b'0').collect();
    all.extend(std::iter::repeat_n(0, zeros as usize));
    trimmed(all)
}

fn trimmed(all: Digits) -> Digits {
    all.into_iter().skip_while(|digit| *digit == 0).collect()
}

fn compare(a: &Digits, b: &Digits) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn subtract(a: &Digits, b: &Digits) -> Digits {
    let mut borrow = 0;
    let mut result = Vec::new();
    for i in 0..a.len() {
        let taken = b.iter().rev().nth(i).copied().unwrap_or(0) + borrow;
        let digit = a[a.len() - 1 - i];
        borrow = u8::from(digit < taken);
        result.push(digit + 10 * borrow - taken);
    }
    result.reverse();
    trimmed(result)
}

/// The next digit of a long division, and what remains.
fn step(mut remainder: Digits, next: u8, divisor: &Digits) -> (u8, Digits) {
    remainder.push(next);
    remainder = trimmed(remainder);
    let mut times = 0;
    while compare(&remainder, divisor) != Ordering::Less {
        remainder = subtract(&remainder, divisor);
        times += 1;
    }
    (times, remainder)
}

fn truth(numerator: Decimal, denominator: Decimal, decimals: u32) -> String {
    let divisor = digits(denominator, numerator.scale());
    let dividend = digits(numerator, denominator.scale() + decimals);
    let (mut quotient, mut remainder) = (vec![0; decimals as usize + 1], Vec::new());
    for next in dividend {
        let (digit, rest) = step(remainder, next, &divisor);
        quotient.push(digit);
        remainder = rest;
    }
    let (digit, rest) = step(remainder, 0, &divisor);
    let even = quotient.last().is_none_or(|last| last % 2 == 0);
    if digit > 5 || (digit == 5 && !(rest.is_empty() && even)) {
        add_one(&mut quotient);
    }
    let point = quotient.len() - decimals as usize;
    let zeros = quotient[..point - 1].iter().take_while(|digit| **digit == 0).count();
    let sign = if numerator.is_sign_negative() == denominator.is_sign_negative() || quotient.iter().all(|d| *d == 0) {
        ""
    } else {
        "-"
    };
    let text = |part: &[u8]| part.iter().map(u8::to_string).collect::<String>();
    let fraction = if decimals == 0 { String::new() } else { format!(".{}", text(&quotient[point..])) };
    format!("{sign}{}{fraction}", text(&quotient[zeros..point]))
}

/// Adds one in the last place. The first digit is a zero that takes the carry.
fn add_one(all: &mut [u8]) {
    for digit in all.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return;
        }
        *digit = 0;
    }
}

/// Decimals of every size, with many that end in halves.
fn decimal() -> impl Strategy<Value = Decimal> {
    let mantissa = prop_oneof![
        -1000i128..=1000,
        any::<i64>().prop_map(i128::from),
        any::<i128>().prop_map(|n| n >> 32),
        Just(Decimal::MAX.mantissa()),
        Just(Decimal::MIN.mantissa()),
    ];
    (mantissa, 0u32..=28).prop_map(|(mantissa, scale)| Decimal::from_i128_with_scale(mantissa, scale))
}

proptest! {
    #[test]
    fn rounding_equals_long_division(n in decimal(), d in decimal(), decimals in 0u32..=28) {
        prop_assume!(!d.is_zero());
        let ratio = Ratio::of(n, d).unwrap();
        prop_assert_eq!(ratio.text(decimals), truth(n, d, decimals));
        if ratio.text(decimals).len() < 28 {
            prop_assert_eq!(ratio.round(decimals).to_string(), ratio.text(decimals));
        }
    }

    #[test]
    fn adding_a_whole_number_is_exact(n in decimal(), d in decimal(), whole in any::<i64>(), decimals in 0u32..=28) {
        prop_assume!(!d.is_zero());
        let there_and_back = Ratio::of(n, d).unwrap().add_whole(whole).add_whole(-(whole.max(-i64::MAX)));
        let expected = Ratio::of(n, d).unwrap().add_whole(if whole == i64::MIN { -1 } else { 0 });
        prop_assert_eq!(there_and_back.text(decimals), expected.text(decimals));
    }
}

#[test]
fn long_division_itself_is_right() {
    assert_eq!(truth(Decimal::new(19_080_000, 0), Decimal::new(250_000, 0), 2), "76.32");
    assert_eq!(truth(Decimal::new(-25, 1), Decimal::ONE, 0), "-2");
    assert_eq!(truth(Decimal::new(9999, 2), Decimal::ONE, 1), "100.0");
    assert_eq!(truth(Decimal::new(1, 2), Decimal::new(3, 0), 3), "0.003");
}
