//! What is tolerated: a policy of invoicing, by which payments decides and invoicing settles.

use quittance_proto::{
    common::v1::{Tolerance, TolerancePolicy, WriteOffReason},
    payments::v1 as pb,
};
use quittance_testkit::wait_until;

use crate::support::{Book, eur, parts, transfer};

pub(crate) fn tolerance(percent: &str, cap: &str) -> Tolerance {
    Tolerance { currency_code: "EUR".to_owned(), percent: percent.to_owned(), cap: eur(cap) }
}

pub(crate) fn within(percent: &str, cap: &str) -> TolerancePolicy {
    TolerancePolicy { tolerances: vec![tolerance(percent, cap)], ..TolerancePolicy::default() }
}

fn received_on(date: &str, payment: pb::Payment) -> pb::Payment {
    pb::Payment { received_on: date.to_owned(), ..payment }
}

/// Half of an item is no small difference, however much is tolerated: it is paid in part, and nothing fails.
#[tokio::test]
async fn what_is_as_large_as_the_payment_is_not_tolerated() {
    let book = Book::start().await;
    let customer = book.customer(&[]).await;
    book.tolerate(within("100", "5"), "").await;
    let invoice = book.invoice(&customer, "10").await;
    let payment = book.record(transfer("5", &invoice.number)).await;
    assert!(payment.allocations.iter().all(|allocation| allocation.write_off.is_none()), "{payment:?}");
    book.verify().await;
}

#[tokio::test]
async fn a_small_difference_within_the_tenants_tolerance_is_written_off() {
    let book = Book::start().await;
    let (customer, blocked) = (book.customer(&[]).await, book.customer(&[]).await);
    let before = book.invoice(&customer, "200").await;
    let payment = book.record(transfer("199", &before.number)).await;
    assert_eq!((payment.allocations[0].tolerance_policy_id.as_str(), book.open(&before).await.as_str()), ("", "1.00"));
    let policy = TolerancePolicy { blocked_customer_ids: vec![blocked.clone()], ..within("1", "5") };
    let policy = book.tolerate(policy, "").await;
    let (little, much, of_blocked) = (
        book.invoice(&customer, "400").await,
        book.invoice(&customer, "300").await,
        book.invoice(&blocked, "400").await,
    );
    let payment = book.record(transfer("396", &little.number)).await;
    assert_eq!(parts(&payment), ["396.00", "0.00", "0.00"]);
    let allocation = &payment.allocations[0];
    assert_eq!((&allocation.write_off, &allocation.tolerance_policy_id), (&eur("4.00"), &policy));
    assert_eq!(allocation.write_off_reason(), WriteOffReason::SmallDifference);
    assert_eq!(book.open(&little).await, "0.00");
    let payment = book.record(transfer("303", &much.number)).await;
    assert_eq!((parts(&payment), payment.allocations[0].write_off.clone()), (["303.00", "0.00", "0.00"], eur("-3.00")));
    assert_eq!(book.open(&much).await, "0.00");
    let payment = book.record(transfer("396", &of_blocked.number)).await;
    assert_eq!((parts(&payment), payment.allocations[0].write_off.clone()), (["396.00", "0.00", "0.00"], None));
    assert_eq!(book.open(&of_blocked).await, "4.00");
    book.verify().await;
}

/// Payments and invoicing grant a late discount by one policy: 980 of 1,000 two days late settle all of it within three days of grace.
#[tokio::test]
async fn a_discount_within_the_days_of_grace_is_granted_by_both() {
    let book = Book::start().await;
    let customer = book.customer(&[]).await;
    let late = TolerancePolicy { discount_grace_days: 3, accept_late_discount: true, ..TolerancePolicy::default() };
    let policy = book.tolerate(late, "").await;
    let (within, beyond) = (book.invoice(&customer, "1000").await, book.invoice(&customer, "500").await);
    let payment = book.record(received_on("2026-02-14", transfer("980", &within.number))).await;
    assert_eq!(parts(&payment), ["980.00", "0.00", "0.00"], "{payment:?}");
    let allocation = &payment.allocations[0];
    assert_eq!((&allocation.discount, &allocation.tolerance_policy_id), (&eur("20.00"), &policy));
    assert_eq!(book.open(&within).await, "0.00");
    let payment = book.record(received_on("2026-02-15", transfer("490", &beyond.number))).await;
    assert_eq!((parts(&payment), payment.allocations[0].discount.clone()), (["490.00", "0.00", "0.00"], None));
    assert_eq!(book.open(&beyond).await, "10.00");
    book.verify().await;
}

#[tokio::test]
async fn a_policy_counts_from_its_first_day_until_the_next_one() {
    let book = Book::start().await;
    let customer = book.customer(&[]).await;
    book.tolerate(within("1", "5"), "2026-03-03").await;
    let today = book.invoice(&customer, "400").await;
    let payment = book.record(transfer("396", &today.number)).await;
    assert_eq!((payment.allocations[0].write_off.clone(), book.open(&today).await), (None, "4.00".to_owned()));
    book.server.clock.advance(chrono::Duration::days(1));
    let tomorrow = book.invoice(&customer, "400").await;
    let payment = book.record(transfer("396", &tomorrow.number)).await;
    assert_eq!(payment.allocations[0].write_off, eur("4.00"));
    wait_until("it is settled", || async { book.open(&tomorrow).await == "0.00" }).await;
    book.tolerate(TolerancePolicy::default(), "").await;
    let after = book.invoice(&customer, "400").await;
    let payment = book.record(transfer("396", &after.number)).await;
    assert_eq!(payment.allocations[0].write_off, None);
    book.verify().await;
}
