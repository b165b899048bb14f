//! Credits, and histories of credits and items in any order of uses and dates, held against what must be true of each.

use proptest::prelude::*;
use quittance_kernel::Currency;

use super::*;
use crate::domain::samples::{day, eur, now, open_item, recording};

/// A credit over an amount, issued on a date, and its first entry.
fn credit(of: &OpenItem, amount: &str, issued_on: &str) -> (CustomerCredit, CreditEntry) {
    let id = CreditNoteId::at(now());
    CustomerCredit::issue(id, "CN-000001", of.customer, eur(amount), day(issued_on), &recording()).unwrap()
}

fn reason<T: std::fmt::Debug>(result: Result<T, Refusal>) -> &'static str {
    result.unwrap_err().reason()
}

#[test]
fn labels_round_trip() {
    for kind in CreditEntryKind::ALL {
        assert_eq!(CreditEntryKind::parse(kind.label()), Some(kind));
    }
    assert_eq!(CreditEntryKind::parse("refunded"), None);
}

#[test]
fn a_credit_is_applied_written_off_and_reversed() {
    let item = open_item("100.00", "net 30", "2026-03-02");
    let (credit, first) = credit(&item, "60.00", "2026-03-04");
    assert_eq!((first.kind, first.amount, credit.remaining()), (CreditEntryKind::Issued, eur("60.00"), eur("60.00")));
    let on = day("2026-03-05");
    let used = credit.apply(item, Some(eur("40.00")), on, &recording()).unwrap();
    let (item, entry) = used.item.unwrap();
    assert_eq!((used.credit.remaining(), item.open()), (eur("20.00"), eur("60.00")));
    assert_eq!((entry.kind, entry.amount, entry.effective_on), (EntryKind::Credit, eur("-40.00"), on));
    assert_eq!((used.entry.item, used.entry.amount), (Some(item.id), eur("-40.00")));
    let written_off = used.credit.write_off(None, on, &recording()).unwrap();
    assert_eq!((written_off.credit.remaining(), written_off.credit.amounts.written_off()), (eur("0.00"), eur("20.00")));
    assert_eq!(reason(written_off.credit.clone().write_off(None, on, &recording())), "CREDIT_USED_UP");
    let back = written_off.credit.reverse(&written_off.entry, None, on, &recording()).unwrap();
    assert_eq!((back.credit.remaining(), back.entry.reverses), (eur("20.00"), Some(written_off.entry.id)));
    let back = back.credit.reverse(&used.entry, Some(item), day("2026-03-06"), &recording()).unwrap();
    let (item, entry) = back.item.unwrap();
    assert_eq!(
        (back.credit.remaining(), item.open(), item.amounts.credited()),
        (eur("60.00"), eur("100.00"), eur("0.00"))
    );
    assert_eq!((entry.kind, entry.amount), (EntryKind::CreditReversal, eur("40.00")));
}

#[test]
fn a_credit_has_its_customer_its_day_and_its_limit() {
    let item = open_item("100.00", "net 30", "2026-03-02");
    let (credit, first) = credit(&item, "60.00", "2026-03-04");
    let apply = |amount: Option<&str>, on| credit.clone().apply(item.clone(), amount.map(eur), day(on), &recording());
    assert_eq!(reason(apply(Some("60.01"), "2026-03-05")), "CREDIT_EXCEEDS_REMAINING");
    assert_eq!(reason(apply(Some("100.01"), "2026-03-05")), "CREDIT_EXCEEDS_OPEN");
    assert_eq!(reason(apply(None, "2026-03-03")), "EFFECTIVE_BEFORE_CREDIT");
    assert_eq!(reason(apply(None, "2027-01-01")), "EFFECTIVE_IN_FUTURE");
    let dollars = Money::from_minor(100, Currency::USD);
    assert_eq!(
        reason(credit.clone().apply(item.clone(), Some(dollars), day("2026-03-05"), &recording())),
        "CURRENCY_MISMATCH"
    );
    let other = open_item("100.00", "net 30", "2026-03-02");
    let of_other = credit.clone().apply(other, None, day("2026-03-05"), &recording());
    assert_eq!(reason(of_other), "ITEM_OF_OTHER_CUSTOMER");
    let used = apply(None, "2026-03-05").unwrap();
    let (item, _) = used.item.clone().unwrap();
    let reverse =
        |entry: &CreditEntry, on| used.credit.clone().reverse(entry, Some(item.clone()), day(on), &recording());
    assert_eq!(reason(reverse(&used.entry, "2026-03-04")), "REVERSED_BEFORE_EFFECTIVE");
    assert_eq!(reason(reverse(&used.entry, "2027-01-01")), "EFFECTIVE_IN_FUTURE");
    assert_eq!(reason(reverse(&first, "2026-03-06")), "CREDIT_ENTRY_NOT_REVERSIBLE");
}

#[test]
fn what_reaches_is_applied_to_the_earliest_due_first() {
    let first = open_item("50.00", "net 30", "2026-03-02");
    let second = OpenItem { customer: first.customer, ..open_item("50.00", "net 10", "2026-03-02") };
    let third = OpenItem { customer: first.customer, ..open_item("50.00", "net 60", "2026-03-02") };
    let (credit, _) = credit(&first, "80.00", "2026-03-04");
    let (on, recording) = (day("2026-03-05"), recording());
    let uses = apply_in_order(credit.clone(), vec![third, first.clone(), second.clone()], on, &recording).unwrap();
    let moved: Vec<_> = uses.iter().map(|used| (used.entry.item, used.entry.amount)).collect();
    assert_eq!(moved, [(Some(second.id), eur("-50.00")), (Some(first.id), eur("-30.00"))]);
    assert_eq!(reason(apply_in_order(credit.clone(), Vec::new(), on, &recording)), "NOTHING_OPEN");
    let named = vec![(first, Some(eur("50.00"))), (second, Some(eur("30.01")))];
    assert_eq!(reason(apply_each(credit, named, on, &recording)), "CREDIT_EXCEEDS_REMAINING");
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Apply { credit: usize, item: usize, minor: Option<i64>, days: u64 },
    WriteOff { credit: usize, minor: Option<i64>, days: u64 },
    Reverse { which: usize, days: u64 },
    Settle { item: usize, minor: i64, days: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let amount = || prop::option::of(1i64..8_000);
    prop_oneof![
        4 => (0usize..3, 0usize..2, amount(), 0u64..20)
            .prop_map(|(credit, item, minor, days)| Step::Apply { credit, item, minor, days }),
        1 => (0usize..3, amount(), 0u64..20).prop_map(|(credit, minor, days)| Step::WriteOff { credit, minor, days }),
        3 => (any::<usize>(), 0u64..20).prop_map(|(which, days)| Step::Reverse { which, days }),
        2 => (0usize..2, 1i64..6_000, 0u64..20).prop_map(|(item, minor, days)| Step::Settle { item, minor, days }),
    ]
}

/// The least and the most that these movements of dates add up to, on any date.
fn range(moved: impl Iterator<Item = (NaiveDate, Money)>) -> (Money, Money) {
    let mut moved: Vec<(NaiveDate, Money)> = moved.collect();
    moved.sort_by_key(|(on, _)| *on);
    let (mut least, mut most, mut sum) = (eur("0.00"), eur("0.00"), eur("0.00"));
    for of_date in moved.chunk_by(|a, b| a.0 == b.0) {
        sum = of_date.iter().fold(sum, |sum, (_, amount)| sum.checked_add(*amount).unwrap());
        (least, most) = (least.min(sum).unwrap(), if sum.compare(most).unwrap().is_gt() { sum } else { most });
    }
    (least, most)
}

proptest! {
    /// Whatever is applied, written off, settled and reversed in any order of dates: entries sum to what remains and what is open, on no date is anything
    /// negative or more than its total, and credits and items agree about every application.
    #[test]
    fn credits_and_items_agree_on_every_date(steps in prop::collection::vec(step(), 0..30)) {
        let first = open_item("100.00", "net 30", "2026-03-02");
        let second = OpenItem { customer: first.customer, ..open_item("70.00", "net 30", "2026-03-06") };
        let opened = [("60.00", "2026-03-03"), ("90.00", "2026-03-08"), ("20.00", "2026-03-02")]
            .map(|(amount, on)| credit(&first, amount, on));
        let mut items = [first, second];
        let mut entries: Vec<Entry> = items.iter().map(|item| item.opening_entry(&recording())).collect();
        let mut credit_entries: Vec<CreditEntry> = opened.iter().map(|(_, entry)| entry.clone()).collect();
        let mut credits = opened.map(|(credit, _)| credit);
        let mut reversible: Vec<CreditEntry> = Vec::new();
        let cents = |minor| Money::from_minor(minor, Currency::EUR);
        let after = |days| day("2026-03-02") + chrono::Days::new(days);
        for step in steps {
            let (which, used) = match step {
                Step::Apply { credit, item, minor, days } => {
                    let applied = credits[credit].clone().apply(items[item].clone(), minor.map(cents), after(days), &recording());
                    (credit, applied.ok())
                }
                Step::WriteOff { credit, minor, days } => {
                    (credit, credits[credit].clone().write_off(minor.map(cents), after(days), &recording()).ok())
                }
                Step::Reverse { which, days } => {
                    let Some(index) = which.checked_rem(reversible.len()) else { continue };
                    let entry = &reversible[index];
                    let credit = credits.iter().position(|credit| credit.id == entry.credit).unwrap();
                    let item = items.iter().find(|item| Some(item.id) == entry.item).cloned();
                    let reversed = credits[credit].clone().reverse(entry, item, after(days), &recording()).ok();
                    if reversed.is_some() {
                        reversible.remove(index);
                    }
                    (credit, reversed)
                }
                Step::Settle { item, minor, days } => {
                    let movement = [(EntryKind::Settlement, cents(-minor))];
                    if let Ok((moved, more)) = items[item].clone().moved(movement, after(days), &recording()) {
                        items[item] = moved;
                        entries.extend(more);
                    }
                    continue;
                }
            };
            let Some(used) = used else { continue };
            if used.entry.reverses.is_none() {
                reversible.push(used.entry.clone());
            }
            if let Some((item, entry)) = used.item {
                prop_assert_eq!((entry.amount, entry.effective_on), (used.entry.amount, used.entry.effective_on));
                let place = items.iter().position(|other| other.id == item.id).unwrap();
                items[place] = item;
                entries.push(entry);
            }
            credits[which] = used.credit;
            credit_entries.push(used.entry);
        }
        for item in &items {
            let of = || entries.iter().filter(|entry| entry.item == item.id).map(|entry| (entry.effective_on, entry.amount));
            let sum = Money::sum(Currency::EUR, of().map(|(_, amount)| amount)).unwrap();
            prop_assert_eq!(sum, item.open());
            let (least, most) = range(of());
            prop_assert!(!least.is_negative() && !most.compare(item.amounts.total()).unwrap().is_gt(), "{least} {most}");
        }
        for credit in &credits {
            let of = || credit_entries.iter().filter(|entry| entry.credit == credit.id).map(|entry| (entry.effective_on, entry.amount));
            let sum = Money::sum(Currency::EUR, of().map(|(_, amount)| amount)).unwrap();
            prop_assert_eq!(sum, credit.remaining());
            let (least, most) = range(of());
            prop_assert!(!least.is_negative() && !most.compare(credit.amounts.amount()).unwrap().is_gt(), "{least} {most}");
        }
    }
}
