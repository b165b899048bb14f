use proptest::prelude::*;
use quittance_kernel::{last_day_of_month, parse_date};

use super::*;

fn day(text: &str) -> NaiveDate {
    parse_date(text).unwrap()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn history(months: &[(&str, &str)]) -> BTreeMap<NaiveDate, Decimal> {
    months.iter().map(|(month, sales)| (day(month), decimal(sales))).collect()
}

fn countback(open: &str, months: &[(&str, &str)], on: &str) -> (Option<String>, bool) {
    let metric = dso_countback(decimal(open), &history(months), day(on));
    (metric.value, metric.is_lower_bound)
}

fn exactly(value: &str) -> (Option<String>, bool) {
    (Some(value.to_owned()), false)
}

#[test]
fn period_dso_is_open_over_sales() {
    let metric = dso_period(decimal("212000"), decimal("250000"));
    assert_eq!((metric.value.as_deref(), metric.days), (Some("76.32"), 90));
    assert_eq!((metric.numerator, metric.denominator), (decimal("19080000"), decimal("250000")));
    assert_eq!(dso_period(decimal("0"), decimal("5")).value.as_deref(), Some("0.00"));
    let undefined = dso_period(decimal("5"), decimal("0"));
    assert_eq!((undefined.value, undefined.denominator), (None, Decimal::ZERO));
}

#[test]
fn countback_exhausts_the_latest_months() {
    let sales = [("2026-01-01", "700"), ("2026-02-01", "800"), ("2026-03-01", "900")];
    assert_eq!(countback("2100", &sales, "2026-03-31"), exactly("76.71"));
    let metric = dso_countback(decimal("2100"), &history(&sales), day("2026-03-31"));
    assert_eq!((metric.days, metric.numerator / metric.denominator), (59, decimal("53700") / decimal("700")));
    // Sales of 100, 80 and 70 in months of 30 days: June, then May and April of 31 and 30 days.
    let sales = [("2026-04-01", "70"), ("2026-05-01", "80"), ("2026-06-01", "100")];
    assert_eq!(countback("212", &sales, "2026-06-30"), exactly("74.71"));
}

/// The published example has three months of 30 days, which no calendar has: the date's own month counts to the date.
#[test]
fn countback_of_months_of_thirty_days() {
    let sales = [("2026-07-01", "100"), ("2026-06-01", "80")];
    assert_eq!(countback("180", &sales, "2026-07-30"), exactly("60.00"));
    assert_eq!(Ratio::of(decimal("960"), decimal("70")).map(|part| part.add_whole(60).text(2)).unwrap(), "73.71");
}

#[test]
fn countback_starts_within_the_month_of_the_date() {
    let sales = [("2026-02-01", "280"), ("2026-03-01", "100")];
    assert_eq!(countback("50", &sales, "2026-03-10"), exactly("5.00"));
    assert_eq!(countback("100", &sales, "2026-03-10"), exactly("10.00"));
    assert_eq!(countback("240", &sales, "2026-03-10"), exactly("24.00"));
}

#[test]
fn months_without_sales_add_their_days() {
    let sales = [("2026-01-01", "310"), ("2026-04-01", "-20")];
    assert_eq!(countback("10", &sales, "2026-04-15"), exactly("75.00"));
}

#[test]
fn countback_at_the_edges() {
    let sales = [("2026-02-01", "280"), ("2026-03-01", "100")];
    assert_eq!(countback("0", &sales, "2026-03-10"), exactly("0.00"));
    assert_eq!(countback("-5", &sales, "2026-03-10"), exactly("0.00"));
    assert_eq!(countback("380", &sales, "2026-03-10"), exactly("38.00"));
    assert_eq!(countback("380.01", &sales, "2026-03-10"), (Some("38.00".to_owned()), true));
    assert_eq!(countback("5", &[], "2026-03-10"), (None, false));
    assert_eq!(countback("0", &[], "2026-03-10"), exactly("0.00"));
}

#[test]
fn collection_effectiveness_uses_all_sales_of_the_window() {
    let inputs = CeiInputs {
        beginning: decimal("6200"),
        sales: decimal("10890"),
        ending_total: decimal("6340"),
        ending_not_due: decimal("3590"),
        days: 90,
    };
    assert_eq!(cei(inputs).value.as_deref(), Some("79.63"));
    let second = CeiInputs {
        beginning: decimal("100000"),
        sales: decimal("1000000"),
        ending_total: decimal("120000"),
        ending_not_due: decimal("100000"),
        days: 90,
    };
    assert_eq!(cei(second).value.as_deref(), Some("98.00"));
    let nothing = CeiInputs { ending_not_due: decimal("17090"), ..inputs };
    assert_eq!((cei(nothing).value, cei(nothing).denominator), (None, Decimal::ZERO));
    let less = CeiInputs { ending_not_due: decimal("17091"), ..inputs };
    assert_eq!((cei(less).value, cei(less).denominator), (None, Decimal::ZERO));
}

#[test]
fn the_window_starts_two_months_before() {
    assert_eq!(cei_window(day("2026-03-31")), (day("2026-01-01"), 90));
    assert_eq!(cei_window(day("2026-01-01")), (day("2025-11-01"), 62));
}

#[test]
fn means_are_rounded_half_to_even() {
    let value = |sum, count| average_days_late(sum, count).value;
    assert_eq!(value(1, 8).as_deref(), Some("0.12"));
    assert_eq!(value(3, 8).as_deref(), Some("0.38"));
    assert_eq!(value(0, 3).as_deref(), Some("0.00"));
    assert_eq!(value(0, 0), None);
    assert_eq!(average_days_to_pay(100, 4).documents, 4);
}

proptest! {
    /// What whole months sold and is still open is as old as these months are long.
    #[test]
    fn countback_of_whole_months_is_their_length(
        sales in prop::collection::vec(1i64..1_000_000, 1..40),
        covered in 1usize..40,
        on in 0u64..2_000,
    ) {
        let on = day("2020-01-01") + chrono::Days::new(on);
        let months: Vec<NaiveDate> = (0u32..).take(sales.len()).map(|back| months_back(on, back)).collect();
        let history: BTreeMap<NaiveDate, Decimal> =
            months.iter().copied().zip(sales.iter().map(|minor| Decimal::new(*minor, 2))).collect();
        let covered = covered.min(sales.len());
        let open: i64 = sales[..covered].iter().sum();
        let metric = dso_countback(Decimal::new(open, 2), &history, on);
        let days = days_between(months[covered - 1], on) + 1;
        prop_assert_eq!(metric.value, Some(format!("{days}.00")));
        prop_assert!(!metric.is_lower_bound);
    }

    /// More open is never fewer days, and a shown numerator and denominator give the value.
    #[test]
    fn countback_grows_with_what_is_open(
        sales in prop::collection::vec(0i64..1_000_000, 1..24),
        open in (1i64..20_000_000, 0i64..1_000_000),
    ) {
        let on = last_day_of_month(day("2026-02-01"));
        let history: BTreeMap<NaiveDate, Decimal> = (0u32..)
            .zip(&sales)
            .map(|(back, minor)| (months_back(on, back), Decimal::new(*minor, 2)))
            .collect();
        let of = |minor| dso_countback(Decimal::new(minor, 2), &history, on);
        let (less, more) = (of(open.0), of(open.0 + open.1));
        prop_assert!(decimal(less.value.as_ref().unwrap()) <= decimal(more.value.as_ref().unwrap()));
        let shown = Ratio::of(less.numerator, less.denominator).map(|ratio| ratio.text(2));
        prop_assert_eq!(shown, less.value);
    }
}
