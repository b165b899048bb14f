use proptest::prelude::*;
use quittance_kernel::{Currency, MoneyError};

use super::*;
use crate::domain::samples::{day, eur, now, open_item};

fn settlement(item: &OpenItem, amount: &str, discount: Option<&str>, effective_on: &str) -> Settlement {
    Settlement {
        allocation: AllocationId::at(now()),
        payment: PaymentId::at(now()),
        item: item.id,
        amount: eur(amount),
        discount: discount.map(eur),
        effective_on: day(effective_on),
    }
}

fn refused(item: &OpenItem, settlement: &Settlement) -> &'static str {
    item.clone().settle(settlement).unwrap_err().reason()
}

#[test]
fn labels_round_trip() {
    for kind in EntryKind::ALL {
        assert_eq!(EntryKind::parse(kind.label()), Some(kind));
    }
}

#[test]
fn settlements_reduce_what_is_open() {
    let item = open_item("100.00", "2/10 net 30", "2026-03-02");
    let part = settlement(&item, "40.00", None, "2026-03-05");
    let (item, entries) = item.settle(&part).unwrap();
    assert_eq!(item.open(), eur("60.00"));
    assert_eq!(
        entries,
        [Entry { kind: EntryKind::Settlement, amount: eur("-40.00"), effective_on: day("2026-03-05") }]
    );

    let rest = settlement(&item, "58.00", Some("2.00"), "2026-03-12");
    let (item, entries) = item.settle(&rest).unwrap();
    assert!(item.open().is_zero());
    assert_eq!(entries.iter().map(|entry| entry.amount).collect::<Vec<_>>(), [eur("-58.00"), eur("-2.00")]);

    let (item, entries) = item.reverse(&rest, day("2026-03-20")).unwrap();
    assert_eq!(item.open(), eur("60.00"));
    let kinds: Vec<EntryKind> = entries.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [EntryKind::SettlementReversal, EntryKind::DiscountReversal]);
    assert_eq!(item.reverse(&rest, day("2026-03-20")), Err(Refusal::SettlementNotFound));
}

#[test]
fn settlements_that_do_not_fit_are_refused() {
    let item = open_item("100.00", "net 30", "2026-03-02");
    let on = "2026-03-05";
    assert_eq!(refused(&item, &settlement(&item, "100.01", None, on)), "SETTLEMENT_EXCEEDS_OPEN");
    assert_eq!(refused(&item, &settlement(&item, "99.00", Some("1.01"), on)), "SETTLEMENT_EXCEEDS_OPEN");
    assert_eq!(refused(&item, &settlement(&item, "1.00", None, "2026-03-01")), "SETTLED_BEFORE_ISSUED");
    assert_eq!(refused(&item, &settlement(&item, "0.00", None, on)), "AMOUNT_NOT_POSITIVE");
    assert_eq!(refused(&item, &settlement(&item, "1.00", Some("0.00"), on)), "AMOUNT_NOT_POSITIVE");
    let dollars = Settlement { amount: Money::from_minor(1, Currency::USD), ..settlement(&item, "1.00", None, on) };
    assert_eq!(refused(&item, &dollars), "CURRENCY_MISMATCH");
    let mixed =
        Settlement { discount: Some(Money::from_minor(1, Currency::USD)), ..settlement(&item, "1.00", None, on) };
    assert!(matches!(item.clone().settle(&mixed), Err(Refusal::Money(MoneyError::CurrencyMismatch { .. }))));
    let late = settlement(&item, "1.00", None, on);
    let (item, _) = item.settle(&late).unwrap();
    assert_eq!(item.reverse(&late, day("2026-03-04")).unwrap_err().reason(), "REVERSED_BEFORE_SETTLED");
}

#[test]
fn discounts_follow_the_terms() {
    let item = open_item("100.25", "3/5 2/10 net 30", "2026-03-02");
    let refused = |amount, discount, on| refused(&item, &settlement(&item, amount, Some(discount), on));
    assert_eq!(refused("97.00", "3.00", "2026-03-05"), "DISCOUNT_NOT_ALLOWED"); // leaves 0.25 open
    assert_eq!(refused("97.23", "3.02", "2026-03-05"), "DISCOUNT_NOT_ALLOWED"); // 3 % are 3.01
    assert_eq!(refused("97.24", "3.01", "2026-03-08"), "DISCOUNT_NOT_ALLOWED"); // now it is 2 %
    assert_eq!(refused("98.24", "2.01", "2026-03-13"), "DISCOUNT_NOT_ALLOWED"); // too late
    for (amount, discount, on) in
        [("97.24", "3.01", "2026-03-07"), ("99.25", "1.00", "2026-03-07"), ("98.24", "2.01", "2026-03-12")]
    {
        let (paid, _) = item.clone().settle(&settlement(&item, amount, Some(discount), on)).unwrap();
        assert!(paid.open().is_zero(), "{amount} on {on}");
    }
}

#[test]
fn a_discount_is_not_granted_twice() {
    let item = open_item("100.00", "2/10 net 30", "2026-03-02");
    let first = settlement(&item, "50.00", None, "2026-03-03");
    let second = settlement(&item, "48.00", Some("2.00"), "2026-03-04");
    let (item, _) = item.settle(&first).unwrap();
    let (item, _) = item.settle(&second).unwrap();
    let (item, _) = item.reverse(&first, day("2026-03-05")).unwrap();
    assert_eq!(refused(&item, &settlement(&item, "48.00", Some("2.00"), "2026-03-06")), "DISCOUNT_NOT_ALLOWED");
}

#[test]
fn credited_items_are_closed() {
    let item = open_item("100.00", "net 30", "2026-03-02");
    assert_eq!(item.clone().credit_in_full(day("2026-03-01")).unwrap_err().reason(), "ISSUED_BEFORE_INVOICE");
    let part = settlement(&item, "1.00", None, "2026-03-03");
    let (paid, _) = item.clone().settle(&part).unwrap();
    assert_eq!(paid.credit_in_full(day("2026-03-03")), Err(Refusal::InvoiceSettled));
    let (credited, entry) = item.credit_in_full(day("2026-03-03")).unwrap();
    assert_eq!((entry.kind, entry.amount), (EntryKind::Credit, eur("-100.00")));
    assert_eq!(refused(&credited, &part), "ITEM_CLOSED");
    assert_eq!(credited.void(day("2026-03-04")), Err(Refusal::ItemClosed));
}

#[test]
fn an_allocation_settles_once_and_the_same() {
    let item = open_item("100.00", "net 30", "2026-03-02");
    let first = settlement(&item, "1.00", None, "2026-03-03");
    assert_eq!(first.clone().repeats(&first), Ok(()));
    let other = Settlement { amount: eur("2.00"), ..first.clone() };
    assert_eq!(other.repeats(&first), Err(Refusal::AllocationDiffers));
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Settle { minor: i64, discount: Option<i64>, days: u64 },
    Close { discount: i64, days: u64 },
    Reverse { which: usize, days: u64 },
    Credit { days: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (-5i64..6_000, prop::option::of(0i64..300), 0u64..20)
            .prop_map(|(minor, discount, days)| Step::Settle { minor, discount, days }),
        2 => (1i64..300, 0u64..20).prop_map(|(discount, days)| Step::Close { discount, days }),
        4 => (any::<usize>(), 0u64..20).prop_map(|(which, days)| Step::Reverse { which, days }),
        1 => (0u64..20).prop_map(|days| Step::Credit { days }),
    ]
}

/// What the step makes of the item, given the settlements not taken back. `None` where it is refused.
fn take(step: Step, item: &OpenItem, settled: &mut Vec<Settlement>) -> Option<(OpenItem, Vec<Entry>)> {
    let cents = |minor: i64| Money::from_minor(minor, Currency::EUR);
    let after = |days: u64| item.issued_on + chrono::Days::new(days);
    let template = settlement(item, "1.00", None, "2026-03-02");
    let settle = match step {
        Step::Settle { minor, discount, days } => {
            Settlement { amount: cents(minor), discount: discount.map(cents), effective_on: after(days), ..template }
        }
        Step::Close { discount, days } => Settlement {
            amount: item.open().checked_sub(cents(discount)).unwrap(),
            discount: Some(cents(discount)),
            effective_on: after(days),
            ..template
        },
        Step::Reverse { which, days } => {
            let index = which.checked_rem(settled.len())?;
            let done = item.clone().reverse(&settled[index], after(days)).ok()?;
            settled.remove(index);
            return Some(done);
        }
        Step::Credit { days } => {
            return item.clone().credit_in_full(after(days)).ok().map(|(item, entry)| (item, vec![entry]));
        }
    };
    let done = item.clone().settle(&settle).ok()?;
    settled.push(settle);
    Some(done)
}

proptest! {
    /// Whatever is asked of an item, it owes neither less than nothing nor more than its total, and the entries say
    /// exactly what it owes.
    #[test]
    fn entries_sum_to_what_is_open(steps in prop::collection::vec(step(), 0..30)) {
        let mut item = open_item("100.00", "2/10 net 30", "2026-03-02");
        let mut entries = vec![item.opening_entry()];
        let mut settled = Vec::new();
        for step in steps {
            if let Some((after, more)) = take(step, &item, &mut settled) {
                item = after;
                entries.extend(more);
            }
            let open = item.open();
            prop_assert!(!open.is_negative() && open.to_minor() <= item.amounts.total().to_minor());
            let sum = Money::sum(Currency::EUR, entries.iter().map(|entry| entry.amount));
            prop_assert_eq!(sum, Ok(open));
        }
    }
}
