//! What payments settle, as it was computed elsewhere: `tests/vectors/settlement.json`. Of its rules those on one document with one discount are judged.

use quittance_kernel::{Currency, Money};
use serde_json::Value;

use super::{
    tests::{Shelf, day},
    *,
};

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is a text"))
}

fn cents(value: &Value) -> i64 {
    i64::try_from(Money::parse(text(value), Currency::EUR).unwrap().to_minor()).unwrap()
}

/// Discount, small difference, open, surplus, and the day of the payment that the discount was granted with.
type Found = ([i64; 4], Option<String>);

/// Payments of one document, one after the other.
fn settled(given: &Value, payments: &[(&str, i64)]) -> Found {
    let until = text(&given["discount_until"]);
    let mut shelf = Shelf::default();
    let ada = shelf.customer("Ada");
    let total = cents(&given["amount"]);
    let ix = shelf.discounted(ada, "INV-1", total, &[(until, cents(&given["discount"]))]);
    let mut item = shelf.book.item(ix).unwrap().clone();
    let grace = given["grace_until"].as_str().map_or(0, |grace| (day(grace) - day(until)).num_days());
    let policy = Policy {
        tolerance: rust_decimal::Decimal::ONE,
        tolerance_cap: cents(&given["tolerance"]),
        grace_days: u16::try_from(grace).unwrap(),
        accept_late_discount: given["late_discount"] == true,
        ..Policy::default()
    };
    let (mut sums, mut granted_on) = ([0; 4], None);
    for (on, amount) in payments {
        if item.open == 0 {
            sums[3] += amount;
            continue;
        }
        let outcome = settle(&[(ix, &item)], *amount, day(on), &policy);
        for part in &outcome.parts {
            sums[0] += part.discount;
            sums[1] += part.write_off;
            item.open -= part.reduces();
            granted_on = (part.discount > 0).then(|| (*on).to_owned()).or(granted_on);
        }
        sums[3] += outcome.left_over;
        item.paid_on = item.paid_on.max(Some(day(on)));
    }
    sums[2] = item.open;
    (sums, granted_on)
}

/// What a case has found, and what is right; `None` where it is of another rule.
fn judge(case: &Value) -> Option<(Found, Found)> {
    let (given, expect) = (&case["given"], &case["expect"]);
    let right = |names: [&str; 4]| names.map(|name| if expect[name].is_null() { 0 } else { cents(&expect[name]) });
    match text(&case["rule"]) {
        "discount and tolerance" => {
            let (sums, _) = settled(given, &[(text(&given["value_date"]), cents(&given["paid"]))]);
            Some(((sums, None), (right(["discount", "tolerance", "open", "surplus"]), None)))
        }
        "several payments in time" => {
            let payments = given["payments"].as_array()?.iter();
            let payments: Vec<(&str, i64)> =
                payments.map(|payment| (text(&payment["value_date"]), cents(&payment["amount"]))).collect();
            let granted_on = expect["granted_with_payment_on"].as_str().map(str::to_owned);
            Some((settled(given, &payments), (right(["discount", "", "open", "surplus"]), granted_on)))
        }
        _ => None,
    }
}

#[test]
fn payments_settle_what_the_vectors_say() {
    let vectors: Value = serde_json::from_str(include_str!("../../../tests/vectors/settlement.json")).unwrap();
    let judged = vectors["cases"].as_array().unwrap().iter().filter_map(|case| Some((text(&case["id"]), judge(case)?)));
    let judged: Vec<_> = judged.collect();
    assert_eq!(judged.len(), 20);
    let wrong: Vec<_> = judged.iter().filter(|(_, (found, right))| found != right).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
