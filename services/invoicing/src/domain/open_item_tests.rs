use quittance_kernel::{Currency, MoneyError};

use super::*;
use crate::domain::samples::{day, days_to, eur, now, open_item, recording};
use quittance_kernel::WriteOffReason;

pub(super) fn settlement(item: &OpenItem, amount: &str, discount: Option<&str>, effective_on: &str) -> Settlement {
    Settlement {
        allocation: AllocationId::at(now()),
        payment: PaymentId::at(now()),
        item: item.id,
        amount: eur(amount),
        discount: discount.map(eur),
        write_off: None,
        effective_on: day(effective_on),
        decided_by: None,
        tolerance_policy: None,
    }
}

/// A settlement that counts from its own date.
pub(super) fn recorded(settlement: &Settlement) -> RecordedSettlement {
    RecordedSettlement { settlement: settlement.clone(), counts_on: settlement.effective_on, reversed_on: None }
}

pub(super) fn small(amount: Money) -> Option<WriteOff> {
    Some(WriteOff { amount, reason: WriteOffReason::SmallDifference })
}

/// A settlement on the day after the sample items were issued, with a write-off.
fn writing_off(item: &OpenItem, amount: &str, discount: Option<&str>, write_off: &str) -> Settlement {
    Settlement { write_off: small(eur(write_off)), ..settlement(item, amount, discount, "2026-03-03") }
}

fn refused(item: &OpenItem, settlement: &Settlement) -> &'static str {
    item.clone().settle(settlement, None, &recording()).unwrap_err().reason()
}

#[test]
fn settlements_reduce_what_is_open() {
    let item = open_item("100.00", "2/10 net 30", "2026-03-02");
    let part = settlement(&item, "40.00", None, "2026-03-05");
    let (item, entries) = item.settle(&part, None, &recording()).unwrap();
    assert_eq!(item.open(), eur("60.00"));
    let [entry] = &entries[..] else { panic!("one entry") };
    assert_eq!((entry.kind, entry.amount), (EntryKind::Settlement, eur("-40.00")));
    assert_eq!((entry.item, entry.customer, entry.effective_on), (item.id, item.customer, day("2026-03-05")));

    let rest = settlement(&item, "58.00", Some("2.00"), "2026-03-12");
    let (item, entries) = item.settle(&rest, None, &recording()).unwrap();
    assert!(item.open().is_zero());
    assert_eq!(entries.iter().map(|entry| entry.amount).collect::<Vec<_>>(), [eur("-58.00"), eur("-2.00")]);

    let (item, entries) = item.reverse(&recorded(&rest), day("2026-03-20"), &recording()).unwrap();
    assert_eq!(item.open(), eur("60.00"));
    let kinds: Vec<EntryKind> = entries.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [EntryKind::SettlementReversal, EntryKind::DiscountReversal]);
    assert_eq!(item.reverse(&recorded(&rest), day("2026-03-20"), &recording()), Err(Refusal::SettlementNotFound));
}

#[test]
fn settlements_that_do_not_fit_are_refused() {
    let item = open_item("100.00", "net 30", "2026-03-02");
    let on = "2026-03-05";
    assert_eq!(refused(&item, &settlement(&item, "100.01", None, on)), "SETTLEMENT_EXCEEDS_OPEN");
    assert_eq!(refused(&item, &settlement(&item, "99.00", Some("1.01"), on)), "SETTLEMENT_EXCEEDS_OPEN");
    let tomorrow = Recording { open_days: days_to("2026-03-04"), ..recording() };
    let early = item.clone().settle(&settlement(&item, "1.00", None, on), None, &tomorrow);
    assert_eq!(early.unwrap_err().reason(), "EFFECTIVE_IN_FUTURE");
    assert_eq!(refused(&item, &settlement(&item, "0.00", None, on)), "AMOUNT_NOT_POSITIVE");
    assert_eq!(refused(&item, &settlement(&item, "1.00", Some("0.00"), on)), "AMOUNT_NOT_POSITIVE");
    let dollars = Settlement { amount: Money::from_minor(1, Currency::USD), ..settlement(&item, "1.00", None, on) };
    assert_eq!(refused(&item, &dollars), "CURRENCY_MISMATCH");
    let mixed =
        Settlement { discount: Some(Money::from_minor(1, Currency::USD)), ..settlement(&item, "1.00", None, on) };
    assert!(matches!(
        item.clone().settle(&mixed, None, &recording()),
        Err(Refusal::Money(MoneyError::CurrencyMismatch { .. }))
    ));
    let late = settlement(&item, "1.00", None, on);
    let (item, _) = item.settle(&late, None, &recording()).unwrap();
    let reverse =
        |on, recording: &Recording| item.clone().reverse(&recorded(&late), day(on), recording).unwrap_err().reason();
    assert_eq!(reverse("2026-03-04", &recording()), "REVERSED_BEFORE_SETTLED");
    assert_eq!(reverse("2026-03-05", &tomorrow), "EFFECTIVE_IN_FUTURE");
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
        let (paid, _) =
            item.clone().settle(&settlement(&item, amount, Some(discount), on), None, &recording()).unwrap();
        assert!(paid.open().is_zero(), "{amount} on {on}");
    }
}

#[test]
fn a_discount_is_not_granted_twice() {
    let item = open_item("100.00", "2/10 net 30", "2026-03-02");
    let first = settlement(&item, "50.00", None, "2026-03-03");
    let second = settlement(&item, "48.00", Some("2.00"), "2026-03-04");
    let (item, _) = item.settle(&first, None, &recording()).unwrap();
    let (item, _) = item.settle(&second, None, &recording()).unwrap();
    let (item, _) = item.reverse(&recorded(&first), day("2026-03-05"), &recording()).unwrap();
    assert_eq!(refused(&item, &settlement(&item, "48.00", Some("2.00"), "2026-03-06")), "DISCOUNT_NOT_ALLOWED");
}

#[test]
fn a_write_off_closes_the_item_with_the_money_and_the_discount() {
    let item = open_item("100.00", "2/10 net 30", "2026-03-02");
    let moved = |settlement: &Settlement| -> Vec<(EntryKind, Money)> {
        let (closed, entries) = item.clone().settle(settlement, None, &recording()).unwrap();
        assert!(closed.open().is_zero());
        entries.into_iter().map(|entry| (entry.kind, entry.amount)).collect()
    };
    let (paid, discount, difference) = (EntryKind::Settlement, EntryKind::Discount, EntryKind::SmallDifference);
    let short = writing_off(&item, "99.50", None, "0.50");
    assert_eq!(moved(&short), [(paid, eur("-99.50")), (difference, eur("-0.50"))]);
    let over = writing_off(&item, "105.00", None, "-5.00");
    assert_eq!(moved(&over), [(paid, eur("-105.00")), (difference, eur("5.00"))]);
    let all = writing_off(&item, "97.99", Some("2.00"), "0.01");
    assert_eq!(moved(&all), [(paid, eur("-97.99")), (discount, eur("-2.00")), (difference, eur("-0.01"))]);
}

#[test]
fn a_write_off_is_taken_back_with_its_settlement() {
    let item = open_item("100.00", "2/10 net 30", "2026-03-02");
    for settlement in [writing_off(&item, "97.99", Some("2.00"), "0.01"), writing_off(&item, "105.00", None, "-5.00")] {
        let (closed, settled) = item.clone().settle(&settlement, None, &recording()).unwrap();
        let (reopened, reversed) = closed.reverse(&recorded(&settlement), day("2026-03-20"), &recording()).unwrap();
        assert_eq!((reopened.amounts, reopened.open()), (item.amounts, eur("100.00")));
        let amounts = |entries: &[Entry]| entries.iter().map(|entry| entry.amount).collect::<Vec<_>>();
        let negated: Vec<Money> = amounts(&settled).into_iter().map(Money::negated).collect();
        assert_eq!(amounts(&reversed), negated);
        assert_eq!(reversed.last().unwrap().kind, EntryKind::SmallDifferenceReversal);
        assert_eq!(
            reopened.reverse(&recorded(&settlement), day("2026-03-20"), &recording()),
            Err(Refusal::SettlementNotFound)
        );
    }
}

#[test]
fn a_write_off_is_small_and_closes_the_item() {
    let item = open_item("100.00", "2/10 net 30", "2026-03-02");
    let refused = |amount, discount, write_off| refused(&item, &writing_off(&item, amount, discount, write_off));
    assert_eq!(refused("99.00", None, "0.99"), "WRITE_OFF_NOT_ALLOWED"); // leaves 0.01 open
    assert_eq!(refused("99.00", None, "1.01"), "WRITE_OFF_NOT_ALLOWED"); // more than is open
    assert_eq!(refused("106.00", None, "-5.00"), "WRITE_OFF_NOT_ALLOWED");
    assert_eq!(refused("100.00", None, "0.00"), "WRITE_OFF_NOT_ALLOWED");
    assert_eq!(refused("50.00", None, "50.00"), "WRITE_OFF_NOT_ALLOWED"); // as much as the money
    assert_eq!(refused("105.00", None, "5.00"), "WRITE_OFF_NOT_ALLOWED"); // the wrong sign
    assert_eq!(refused("97.00", Some("2.50"), "0.50"), "DISCOUNT_NOT_ALLOWED"); // 2 % are 2.00
    let dollars = Settlement {
        write_off: small(Money::from_minor(1, Currency::USD)),
        ..settlement(&item, "99.99", None, "2026-03-03")
    };
    assert!(matches!(
        item.clone().settle(&dollars, None, &recording()),
        Err(Refusal::Money(MoneyError::CurrencyMismatch { .. }))
    ));
}

#[test]
fn a_surplus_that_is_kept_stays_when_money_before_it_is_taken_back() {
    let item = open_item("100.00", "net 30", "2026-03-02");
    let first = settlement(&item, "99.00", None, "2026-03-03");
    let (item, _) = item.settle(&first, None, &recording()).unwrap();
    let second = writing_off(&item, "1.50", None, "-0.50");
    let (item, _) = item.settle(&second, None, &recording()).unwrap();
    let (item, _) = item.reverse(&recorded(&first), day("2026-03-05"), &recording()).unwrap();
    assert_eq!(
        (item.open(), item.amounts.settled(), item.amounts.written_off()),
        (eur("99.00"), eur("1.50"), eur("-0.50"))
    );
    assert_eq!(item.clone().void(day("2026-03-05"), &recording()), Err(Refusal::InvoiceSettled));
    let (item, _) = item.reverse(&recorded(&second), day("2026-03-05"), &recording()).unwrap();
    assert_eq!(item.open(), eur("100.00"));
}

#[test]
fn a_settlement_without_a_write_off_is_the_command_it_always_was() {
    use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
    let item = open_item("100.00", "net 30", "2026-03-02");
    let plain = settlement(&item, "99.00", Some("1.00"), "2026-03-03");
    let Settlement { allocation, payment, item: id, amount, discount, write_off: _, effective_on, .. } = plain.clone();
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    let before = hasher.hash_one((allocation, payment, id, amount, discount, effective_on));
    let of = |write_off| hasher.hash_one(Settlement { write_off, ..plain.clone() });
    assert_eq!(of(None), before);
    assert_ne!(of(small(eur("0.50"))), before);
    assert_ne!(of(small(eur("0.50"))), of(small(eur("0.51"))));
    let decided_by = Some(Actor::parse("desk").unwrap());
    assert_ne!(hasher.hash_one(Settlement { decided_by, ..plain.clone() }), before);
}

#[test]
fn items_are_credited_in_part_and_closed_when_nothing_is_left() {
    let item = open_item("100.00", "2/10 net 30", "2026-03-02");
    let credit = |item: &OpenItem, amount| {
        let (on, taken) = (day("2026-03-03"), eur(amount).negated());
        item.clone().credited(EntryKind::Credit, taken, (on, on), &recording())
    };
    let (item, entry) = credit(&item, "40.00").unwrap();
    assert_eq!((entry.kind, entry.amount, item.open()), (EntryKind::Credit, eur("-40.00"), eur("60.00")));
    assert_eq!(credit(&item, "60.01").unwrap_err().reason(), "CREDIT_EXCEEDS_OPEN");
    assert_eq!(item.clone().void(day("2026-03-04"), &recording()), Err(Refusal::InvoiceCreditedInPart));
    // The discount is on what is not credited.
    assert_eq!(refused(&item, &settlement(&item, "58.00", Some("2.00"), "2026-03-05")), "DISCOUNT_NOT_ALLOWED");
    let (paid, _) =
        item.clone().settle(&settlement(&item, "58.80", Some("1.20"), "2026-03-05"), None, &recording()).unwrap();
    assert!(paid.open().is_zero());
    let (credited, _) = credit(&item, "60.00").unwrap();
    assert_eq!(refused(&credited, &settlement(&item, "1.00", None, "2026-03-03")), "ITEM_CLOSED");
    assert_eq!(credit(&credited, "1.00").unwrap_err().reason(), "CREDIT_EXCEEDS_OPEN");
    assert_eq!(credited.void(day("2026-03-04"), &recording()), Err(Refusal::ItemClosed));
}

#[test]
fn money_for_an_item_that_was_paid_counts_from_the_reversal_of_that_payment() {
    let item = open_item("100.00", "2/10 net 30", "2026-03-02");
    let first = settlement(&item, "100.00", None, "2026-03-20");
    let (item, _) = item.settle(&first, None, &recording()).unwrap();
    let (item, _) = item.reverse(&recorded(&first), day("2026-03-25"), &recording()).unwrap();
    // Its discount is decided on its own date.
    let second = settlement(&item, "98.00", Some("2.00"), "2026-03-10");
    let (paid, entries) = item.clone().settle(&second, None, &recording()).unwrap();
    let dates: Vec<_> = entries.iter().map(|entry| (entry.dated_on, entry.effective_on)).collect();
    assert_eq!((dates, paid.open()), (vec![(day("2026-03-10"), day("2026-03-25")); 2], eur("0.00")));
    let (on, taken) = (day("2026-03-22"), eur("-100.00"));
    let (credited, entry) = item.clone().credited(EntryKind::Credit, taken, (on, on), &recording()).unwrap();
    assert_eq!((entry.dated_on, entry.effective_on, credited.open()), (on, day("2026-03-25"), eur("0.00")));
    let early = settlement(&item, "0.01", None, "2026-02-01");
    let (_, entries) = open_item("100.00", "net 30", "2026-03-02").settle(&early, None, &recording()).unwrap();
    assert_eq!((entries[0].dated_on, entries[0].effective_on), (day("2026-02-01"), day("2026-03-02")));
}

#[test]
fn an_allocation_settles_once_and_the_same() {
    let item = open_item("100.00", "net 30", "2026-03-02");
    let first = settlement(&item, "1.00", None, "2026-03-03");
    assert_eq!(first.clone().repeats(&first), Ok(()));
    let by_hand = Settlement { decided_by: Some(Actor::parse("desk").unwrap()), ..first.clone() };
    assert_eq!((by_hand.repeats(&first), first.repeats(&by_hand)), (Ok(()), Ok(())));
    let other = Settlement { amount: eur("2.00"), ..first.clone() };
    assert_eq!(other.repeats(&first), Err(Refusal::AllocationDiffers));
    let other = Settlement { write_off: small(eur("0.50")), ..first.clone() };
    assert_eq!(other.repeats(&first), Err(Refusal::AllocationDiffers));
    let because = WriteOff { amount: eur("0.50"), reason: WriteOffReason::BankCharges };
    let because = Settlement { write_off: Some(because), ..first };
    assert_eq!(because.repeats(&other), Err(Refusal::AllocationDiffers));
    assert_eq!(because.clone().repeats(&because), Ok(()));
}
