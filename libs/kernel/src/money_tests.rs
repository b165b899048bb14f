//! Tests of [`super::Money`].

use proptest::prelude::*;

use super::*;

fn eur(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn an_amount_shows_its_currencys_decimals() {
    let kuwait = Currency::parse("KWD").unwrap();
    assert_eq!(eur("12.3").to_string(), "12.30 EUR");
    assert_eq!(eur("-0.05").to_string(), "-0.05 EUR");
    assert_eq!(Money::new(decimal("1500.000"), Currency::JPY).unwrap().to_string(), "1500 JPY");
    assert_eq!(Money::parse("1.5", kuwait).unwrap().amount_text(), "1.500");
    assert_eq!(eur("7").amount().scale(), 2);
    assert_eq!(format!("{:?}", eur("7")), "Money(7.00 EUR)");
}

#[test]
fn there_is_no_negative_zero() {
    for zero in [eur("-0"), eur("-0.00"), eur("0").negated(), Money::new(-Decimal::ZERO, Currency::EUR).unwrap()] {
        assert_eq!(zero, Money::zero(Currency::EUR));
        assert_eq!(zero.to_string(), "0.00 EUR");
        assert!(zero.is_zero() && !zero.is_negative() && !zero.is_positive());
    }
}

#[test]
fn texts_are_read_strictly() {
    let parse = |text| Money::parse(text, Currency::EUR);
    let too_fine = MoneyError::TooManyDecimals { currency: Currency::EUR };
    for bad in ["", "-", ".5", "5.", "+5", " 5", "5 ", "1,000", "1e3", "--5", "1.2.3", "1_0", "NaN", "٣", "１２", "5.-"]
    {
        assert_eq!(parse(bad), Err(MoneyError::NotANumber), "{bad}");
    }
    assert_eq!(parse("1.000"), Err(too_fine));
    assert_eq!(parse("1.001"), Err(too_fine));
    assert_eq!(parse("0001.10"), Ok(eur("1.1")));
    assert_eq!(parse("999999999999999.99").unwrap().to_minor(), 99_999_999_999_999_999);
    assert_eq!(parse("1000000000000000"), Err(MoneyError::TooLarge));
    assert_eq!(parse("0000000000000001"), Err(MoneyError::TooLarge));
    assert_eq!(Money::parse("5.0", Currency::JPY), Err(MoneyError::TooManyDecimals { currency: Currency::JPY }));
}

#[test]
fn decimals_are_checked_for_what_they_mean() {
    assert_eq!(Money::new(decimal("1.10000"), Currency::EUR), Ok(eur("1.10")));
    assert!(matches!(Money::new(decimal("1.001"), Currency::EUR), Err(MoneyError::TooManyDecimals { .. })));
    assert_eq!(Money::new(decimal("1000000000000000"), Currency::EUR), Err(MoneyError::TooLarge));
    assert_eq!(Money::new(decimal("-1000000000000000"), Currency::EUR), Err(MoneyError::TooLarge));
    assert_eq!(Money::new(Decimal::MAX, Currency::parse("CLF").unwrap()), Err(MoneyError::TooLarge));
}

#[test]
fn sums_have_a_wider_bound() {
    let large = Money::from_sum(decimal("999999999999999999999999.99"), Currency::EUR).unwrap();
    assert_eq!(large.to_string(), "999999999999999999999999.99 EUR");
    assert_eq!(large.checked_add(eur("0.01")), Err(MoneyError::TooLarge));
    assert_eq!(large.negated().checked_sub(eur("0.01")), Err(MoneyError::TooLarge));
    assert_eq!(large.checked_sub(large), Ok(Money::zero(Currency::EUR)));
    assert_eq!(Money::from_sum(decimal("1000000000000000000000000"), Currency::EUR), Err(MoneyError::TooLarge));
    assert_eq!(Money::from_minor(i64::MIN, Currency::JPY).amount_text(), i64::MIN.to_string());
    let finest = Money::from_sum(decimal("-999999999999999999999999.9999"), Currency::parse("CLF").unwrap()).unwrap();
    assert_eq!(finest.amount_text(), "-999999999999999999999999.9999");
}

#[test]
fn currencies_do_not_mix() {
    let dollars = Money::from_minor(100, Currency::USD);
    let mismatch = MoneyError::CurrencyMismatch { left: Currency::EUR, right: Currency::USD };
    assert_eq!(eur("1").checked_add(dollars), Err(mismatch));
    assert_eq!(eur("1").checked_sub(dollars), Err(mismatch));
    assert_eq!(eur("1").min(dollars), Err(mismatch));
    assert_eq!(eur("1").compare(dollars), Err(mismatch));
    assert_eq!(Money::sum(Currency::EUR, [dollars]), Err(mismatch));
    assert_eq!(mismatch.to_string(), "amounts in EUR and USD cannot be combined");
    assert_eq!(mismatch.reason(), "CURRENCY_MISMATCH");
}

#[test]
fn amounts_compare_and_sum() {
    assert_eq!(eur("-2").min(eur("1")), Ok(eur("-2")));
    assert_eq!(eur("1").compare(eur("1.00")), Ok(Ordering::Equal));
    assert_eq!(eur("-2").abs(), eur("2"));
    assert_eq!(Money::sum(Currency::EUR, [eur("1.10"), eur("2.20"), eur("-0.30")]), Ok(eur("3.00")));
    assert_eq!(Money::sum(Currency::EUR, []), Ok(Money::zero(Currency::EUR)));
}

#[test]
fn products_round_once() {
    let times =
        |amount: &str, factor: &str, rounding| eur(amount).times(decimal(factor), rounding).unwrap().amount_text();
    assert_eq!(times("0.05", "0.5", Rounding::HalfEven), "0.02");
    assert_eq!(times("0.05", "0.5", Rounding::HalfUp), "0.03");
    assert_eq!(times("-0.05", "0.5", Rounding::HalfUp), "-0.03");
    assert_eq!(times("-0.05", "0.5", Rounding::Down), "-0.02");
    assert_eq!(times("119.99", "0.19", Rounding::HalfEven), "22.80");
    // A product of 30 decimals that is barely less than a half: rounding to 28 decimals first would make it one.
    assert_eq!(times("0.05", "0.4999999999999999999999999999", Rounding::HalfUp), "0.02");
    assert_eq!(times("0.15", "0.0999999999999999999999999999", Rounding::HalfUp), "0.01");
    assert_eq!(eur("999999999999999").times(Decimal::MAX, Rounding::Down), Err(MoneyError::TooLarge));
}

#[test]
fn decimals_round_once() {
    let round = |text, rounding| Money::round(decimal(text), Currency::EUR, rounding).unwrap().amount_text();
    assert_eq!(round("2.345", Rounding::HalfEven), "2.34");
    assert_eq!(round("2.345", Rounding::HalfUp), "2.35");
    assert_eq!(round("-2.345", Rounding::HalfUp), "-2.35");
    assert_eq!(round("2.349", Rounding::Down), "2.34");
    assert_eq!(round("-0.001", Rounding::HalfEven), "0.00");
    assert_eq!(round("7", Rounding::HalfEven), "7.00");
    assert_eq!(Money::round(Decimal::MAX, Currency::JPY, Rounding::Down), Err(MoneyError::TooLarge));
}

proptest! {
    #[test]
    fn parsing_never_panics(text in any::<String>(), digits in "-?[0-9]{0,40}\\.?[0-9]{0,40}") {
        for currency in [Currency::EUR, Currency::JPY] {
            let _ = Money::parse(&text, currency);
            let _ = Money::parse(&digits, currency);
        }
    }

    #[test]
    fn text_round_trips(minor in -99_999_999_999_999_999i64..=99_999_999_999_999_999) {
        let money = Money::from_minor(minor, Currency::EUR);
        prop_assert_eq!(Money::parse(&money.amount_text(), Currency::EUR), Ok(money));
        prop_assert_eq!(Money::new(money.amount(), Currency::EUR), Ok(money));
    }

    #[test]
    fn products_agree_with_whole_numbers(minor in any::<i32>(), factor in any::<i32>(), scale in 0u32..=9) {
        let money = Money::from_minor(minor.into(), Currency::EUR);
        let product = money.times(Decimal::new(factor.into(), scale), Rounding::Down).unwrap();
        prop_assert_eq!(product.to_minor(), i128::from(minor) * i128::from(factor) / 10_i128.pow(scale));
    }

    #[test]
    fn subtraction_undoes_addition(a in any::<i64>(), b in any::<i64>()) {
        let (a, b) = (Money::from_minor(a, Currency::EUR), Money::from_minor(b, Currency::EUR));
        prop_assert_eq!(a.checked_add(b).and_then(|sum| sum.checked_sub(b)), Ok(a));
    }
}
