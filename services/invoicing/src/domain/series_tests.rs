//! Tests of series.

use proptest::prelude::*;

use super::*;
use crate::domain::samples::{day, now, series};

fn of(prefix: &str, min_digits: i32, next_number: i64) -> Series {
    let numbering = Numbering::new("INV".to_owned(), prefix.to_owned(), min_digits, next_number).unwrap();
    Series::new(SeriesId::at(now()), SeriesKind::Invoice, numbering, now())
}

#[test]
fn labels_round_trip() {
    for kind in SeriesKind::ALL {
        assert_eq!(SeriesKind::parse(kind.label()), Some(kind));
    }
}

#[test]
fn numbers_are_filled_and_grow() {
    let mut series = of("INV-2026-", 3, 999);
    assert_eq!(series.take(day("2026-03-02")).unwrap(), "INV-2026-999");
    assert_eq!(series.take(day("2026-03-02")).unwrap(), "INV-2026-1000");
    assert_eq!((series.next_number, series.last_issued_on), (1001, Some(day("2026-03-02"))));
}

#[test]
fn issue_dates_do_not_go_back() {
    let mut series = series();
    series.take(day("2026-03-02")).unwrap();
    let before = series.clone();
    let refusal = series.take(day("2026-03-01")).unwrap_err();
    assert_eq!(refusal, Refusal::IssuedBeforeSeries { last_issued_on: day("2026-03-02") });
    assert_eq!(series, before);
    series.next_number = LAST_NUMBER + 1;
    assert_eq!(series.take(day("2026-03-02")), Err(Refusal::SeriesExhausted));
}

#[test]
fn series_collide_where_they_give_one_number_or_reference() {
    let of = |prefix: &str, min_digits| of(prefix, min_digits, 0);
    let started = |prefix: &str| Series { last_issued_on: Some(day("2026-03-02")), ..of(prefix, 6) };
    for (prefix, digits, expected) in [
        ("INV-", 6, true),
        ("inv/", 6, true),
        ("INV", 4, true),
        ("INV-0", 5, true),
        ("INV-2026-", 6, false),
        ("CN-", 6, false),
        ("", 6, false),
    ] {
        assert_eq!(of(prefix, digits).collides_with(&started("INV-")), expected, "{prefix}");
        assert!(!of(prefix, digits).collides_with(&of("INV-", 6)), "it has no documents");
    }
    assert!(!of("INV-2025-", 6).collides_with(&started("INV-2026-")));
    let external = Series { kind: SeriesKind::External, ..started("INV-") };
    assert!(!of("INV-", 6).collides_with(&external));
}

#[test]
fn a_series_knows_the_numbers_it_will_give() {
    let mut series = series();
    assert!(!series.will_give("INV-000001"), "one that was never used may be left for another");
    series.take(day("2026-03-02")).unwrap();
    for (number, expected) in [
        ("INV-000001", false),
        ("INV-000002", true),
        ("INV-1000000", true),
        ("INV-2", false),
        ("INV-x", false),
        ("A/1", false),
    ] {
        assert_eq!(series.will_give(number), expected, "{number}");
    }
}

#[test]
fn every_fault_of_a_series_is_named() {
    let numbering = |code: &str, prefix: &str, min_digits, next_number| {
        Numbering::new(code.to_owned(), prefix.to_owned(), min_digits, next_number)
    };
    let faults = numbering("inv", "Nr. ", 13, -1).unwrap_err();
    assert_eq!(faults, [BadSeries::Code, BadSeries::Prefix, BadSeries::MinDigits, BadSeries::NextNumber]);
    assert_eq!(numbering("INV", "INV-", -1, 0), Err(vec![BadSeries::MinDigits]));
    let standard = of("INV-", 0, 0);
    assert_eq!((standard.min_digits, standard.next_number), (6, 1));
}

#[test]
fn numbers_are_changed_before_the_first_document_only() {
    let patch = SeriesPatch { prefix: Some("R-".to_owned()), min_digits: Some(0), next_number: Some(0), code: None };
    let changed = of("INV-", 4, 7).update(patch.clone().checked().unwrap(), now()).unwrap();
    assert_eq!((changed.prefix.as_str(), changed.min_digits, changed.next_number), ("R-", STANDARD_DIGITS, 1));
    assert_eq!((changed.code.as_str(), changed.version), ("INV", 2));
    let mut used = series();
    used.take(day("2026-03-02")).unwrap();
    assert_eq!(used.clone().update(patch, now()), Err(Refusal::SeriesHasDocuments));
    let renamed = SeriesPatch { code: Some("SALES".to_owned()), ..SeriesPatch::default() };
    assert_eq!(used.clone().update(renamed, now()).unwrap(), Series { code: "SALES".to_owned(), version: 2, ..used });
    let bad = SeriesPatch { code: Some(String::new()), min_digits: Some(13), ..SeriesPatch::default() };
    assert_eq!(bad.checked(), Err(vec![BadSeries::NoCode, BadSeries::MinDigits]));
}

#[test]
fn references_are_creditor_references() {
    let reference = series().payment_reference("INV-000001").unwrap();
    assert_eq!(CreditorReference::parse(&reference).unwrap().as_str(), reference);
    assert!(reference.ends_with("INV000001"));
}

proptest! {
    /// Numbers of a series are distinct and without a gap, whatever is refused in between.
    #[test]
    fn numbers_have_no_gap(offsets in prop::collection::vec(0u64..20, 0..50)) {
        let mut series = series();
        let taken: Vec<String> = offsets
            .into_iter()
            .filter_map(|days| series.take(day("2026-03-02") + chrono::Days::new(days)).ok())
            .collect();
        let expected: Vec<String> = (1..=taken.len()).map(|number| format!("INV-{number:06}")).collect();
        prop_assert_eq!(taken, expected);
    }
}
