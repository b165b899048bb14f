use chrono::DateTime;
use proptest::prelude::*;
use quittance_kernel::{AllocationId, PaymentId, RequestId, parse_date};

use super::*;
use crate::domain::method::Method;
use crate::domain::payment::{NewPayment, Payment};

fn day(text: &str) -> NaiveDate {
    parse_date(text).unwrap()
}

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

fn customer() -> CustomerId {
    CustomerId::at(DateTime::UNIX_EPOCH)
}

/// An open item issued on the first of March 2026, 2% within 10 days.
fn item(customer: CustomerId, number: &str, minor: i64) -> Candidate {
    Candidate {
        item: ItemId::at(DateTime::UNIX_EPOCH),
        customer,
        number: number.to_owned(),
        payment_reference: CreditorReference::from_base(number).map(|reference| reference.to_string()),
        issued_on: day("2026-03-01"),
        due_on: day("2026-03-31"),
        open: eur(minor),
        total: eur(minor),
        terms: Terms::parse("2/10 net 30").unwrap(),
    }
}

/// Money that came after the discounts' time.
fn money(minor: i64, text: &str) -> MoneyIn<'_> {
    MoneyIn { customer: None, amount: eur(minor), received_on: day("2026-03-20"), payer_account: "DE1", text }
}

/// Money that came within the discounts' time.
fn early(minor: i64, text: &str) -> MoneyIn<'_> {
    MoneyIn { received_on: day("2026-03-11"), ..money(minor, text) }
}

fn numbered(items: &[Candidate]) -> Candidates {
    Candidates { by_number: items.to_vec(), ..Candidates::default() }
}

fn owed(payer: CustomerId, items: &[Candidate]) -> Candidates {
    Candidates { of_payer: items.to_vec(), payer: Some(payer), ..Candidates::default() }
}

fn shares(proposal: &Proposal) -> Vec<(&str, i128, Option<i128>)> {
    let shares = proposal.allocations.iter();
    shares.map(|share| (share.number.as_str(), share.amount.to_minor(), share.discount.map(Money::to_minor))).collect()
}

fn waits(proposal: &Proposal, reason: UnappliedReason) {
    assert_eq!(shares(proposal), []);
    assert_eq!(proposal.unapplied_reason, Some(reason));
}

#[test]
fn our_reference_comes_first() {
    let items = [item(customer(), "INV-1", 10_000), item(customer(), "INV-2", 10_000)];
    let reference = items[0].payment_reference.clone().unwrap();
    let book = Candidates { by_reference: items.to_vec(), by_number: items.to_vec(), ..Candidates::default() };
    let grouped = CreditorReference::parse(&reference).unwrap().grouped();
    for written in [reference.clone(), grouped, reference.to_lowercase()] {
        let proposal = propose(&money(10_000, &format!("INV-2 {written}")), &book);
        assert_eq!(proposal.rule, Some(MatchRule::PaymentReference));
        assert_eq!(proposal.evidence, [reference.as_str()]);
        assert_eq!(shares(&proposal), [("INV-1", 10_000, None)]);
        assert_eq!(proposal.unapplied_reason, None);
        assert_eq!(proposal.customer, Some(items[0].customer));
    }
}

#[test]
fn a_reference_on_two_items_is_ambiguous() {
    let first = item(customer(), "INV-1", 10_000);
    let second = Candidate { payment_reference: first.payment_reference.clone(), ..item(customer(), "INV/1", 10_000) };
    let text = first.payment_reference.clone().unwrap();
    let book = Candidates { by_reference: vec![first, second], ..Candidates::default() };
    let proposal = propose(&money(10_000, &text), &book);
    waits(&proposal, UnappliedReason::AmbiguousReference);
    assert_eq!(proposal.rule, Some(MatchRule::PaymentReference));
    assert_eq!(proposal.customer, None);
}

#[test]
fn a_reference_that_is_nobodys_leaves_the_number_to_decide() {
    let items = [item(customer(), "INV-1", 10_000)];
    let book = Candidates { by_reference: items.to_vec(), by_number: items.to_vec(), ..Candidates::default() };
    let proposal = propose(&money(10_000, "RF18539007547034 INV-1"), &book);
    assert_eq!(proposal.rule, Some(MatchRule::DocumentNumber));
    assert_eq!(proposal.evidence, ["INV-1"]);
}

#[test]
fn a_number_pays_its_item_in_full_in_part_or_beyond() {
    let book = numbered(&[item(customer(), "INV-1", 10_000)]);
    assert_eq!(shares(&propose(&money(10_000, "for INV-1"), &book)), [("INV-1", 10_000, None)]);
    let part = propose(&money(4_000, "for INV-1"), &book);
    assert_eq!(shares(&part), [("INV-1", 4_000, None)]);
    assert_eq!(part.unapplied_reason, None);
    let beyond = propose(&money(12_000, "for INV-1"), &book);
    assert_eq!(shares(&beyond), [("INV-1", 10_000, None)]);
    assert_eq!(beyond.unapplied_reason, Some(UnappliedReason::AmountExceedsItems));
}

#[test]
fn a_discount_is_granted_within_its_days_for_a_whole_item_to_the_cent() {
    let whole = item(customer(), "INV-1", 10_025);
    let book = numbered(std::slice::from_ref(&whole));
    // 2% of 100.25 is 2.005, and a half goes up.
    assert_eq!(shares(&propose(&early(9_824, "INV-1"), &book)), [("INV-1", 9_824, Some(201))]);
    assert_eq!(shares(&propose(&early(9_825, "INV-1"), &book)), [("INV-1", 9_825, None)]);
    assert_eq!(shares(&propose(&early(10_025, "INV-1"), &book)), [("INV-1", 10_025, None)]);
    assert_eq!(shares(&propose(&money(9_824, "INV-1"), &book)), [("INV-1", 9_824, None)]);
    let begun = numbered(&[Candidate { open: eur(5_000), ..whole }]);
    assert_eq!(shares(&propose(&early(4_900, "INV-1"), &begun)), [("INV-1", 4_900, None)]);
}

#[test]
fn several_items_are_paid_together_or_not_at_all() {
    let customer = customer();
    let late = Candidate { due_on: day("2026-04-30"), ..item(customer, "INV-1", 10_000) };
    let book = numbered(&[late, item(customer, "INV-2", 5_000)]);
    let both = [("INV-2", 5_000, None), ("INV-1", 10_000, None)];
    let exact = propose(&money(15_000, "INV-1, INV-2"), &book);
    assert_eq!(shares(&exact), both);
    assert_eq!(exact.unapplied_reason, None);
    assert_eq!(exact.customer, Some(customer));
    let beyond = propose(&money(15_001, "INV-1, INV-2"), &book);
    assert_eq!(shares(&beyond), both);
    assert_eq!(beyond.unapplied_reason, Some(UnappliedReason::AmountExceedsItems));
    waits(&propose(&money(14_999, "INV-1, INV-2"), &book), UnappliedReason::AmountBelowItems);
}

#[test]
fn discounts_of_several_items_count_where_one_combination_fits() {
    let customer = customer();
    let book = numbered(&[item(customer, "INV-1", 10_000), item(customer, "INV-2", 5_000)]);
    let pay = |minor| propose(&early(minor, "INV-1 INV-2"), &book);
    assert_eq!(shares(&pay(14_700)), [("INV-1", 9_800, Some(200)), ("INV-2", 4_900, Some(100))]);
    assert_eq!(shares(&pay(14_800)), [("INV-1", 9_800, Some(200)), ("INV-2", 5_000, None)]);
    assert_eq!(shares(&pay(14_900)), [("INV-1", 10_000, None), ("INV-2", 4_900, Some(100))]);
    waits(&pay(14_850), UnappliedReason::AmountBelowItems);
    // Either of two equal items may be the one that earned its discount.
    let twins = numbered(&[item(customer, "INV-1", 5_000), item(customer, "INV-2", 5_000)]);
    waits(&propose(&early(9_900, "INV-1 INV-2"), &twins), UnappliedReason::AmountBelowItems);
    let many: Vec<Candidate> = (0..15).map(|n| item(customer, &format!("INV-{n:02}"), 5_000 + 50 * n)).collect();
    let text = many.iter().map(|item| item.number.as_str()).collect::<Vec<_>>().join(" ");
    let total = many.iter().map(|item| i64::try_from(item.open.to_minor()).unwrap()).sum::<i64>();
    let all = propose(&early(total - total / 50, &text), &numbered(&many));
    assert!(all.allocations.len() == 15 && all.allocations.iter().all(|share| share.discount.is_some()));
    waits(&propose(&early(total - 100, &text), &numbered(&many)), UnappliedReason::AmountBelowItems);
}

#[test]
fn a_double_payment_waits() {
    let paid = Candidate { open: eur(0), ..item(customer(), "INV-1", 10_000) };
    let next = item(paid.customer, "INV-2", 10_000);
    let proposal = propose(&money(10_000, "INV-1"), &numbered(std::slice::from_ref(&paid)));
    waits(&proposal, UnappliedReason::ItemAlreadyPaid);
    assert_eq!(proposal.customer, Some(paid.customer));
    // It does not fall to another item of the payer.
    let book = Candidates { by_number: vec![paid.clone()], ..owed(paid.customer, std::slice::from_ref(&next)) };
    waits(&propose(&money(10_000, "INV-1"), &book), UnappliedReason::ItemAlreadyPaid);
    // Of a paid and an open one, the open one is paid if the money reaches for it.
    let book = numbered(&[paid, next]);
    assert_eq!(shares(&propose(&money(10_000, "INV-1 INV-2"), &book)), [("INV-2", 10_000, None)]);
    waits(&propose(&money(9_000, "INV-1 INV-2"), &book), UnappliedReason::AmountBelowItems);
}

#[test]
fn other_currencies_and_equal_numbers_wait() {
    let zero = Money::zero(Currency::USD);
    let dollars = Candidate { open: Money::from_minor(5, Currency::USD), total: zero, ..item(customer(), "INV-1", 1) };
    waits(&propose(&money(5, "INV-1"), &numbered(std::slice::from_ref(&dollars))), UnappliedReason::CurrencyDiffers);
    let book = numbered(&[dollars, item(customer(), "INV-2", 5)]);
    waits(&propose(&money(5, "INV-1 INV-2"), &book), UnappliedReason::CurrencyDiffers);
    let twins = [item(customer(), "INV-1", 5), item(customer(), "INV-1", 7)];
    waits(&propose(&money(5, "INV-1"), &numbered(&twins)), UnappliedReason::AmbiguousReference);
    let same = item(customer(), "INV-1", 5);
    let found_twice = numbered(&[same.clone(), same]);
    assert_eq!(shares(&propose(&money(5, "INV-1"), &found_twice)), [("INV-1", 5, None)]);
}

#[test]
fn a_known_payer_pays_the_single_item_of_the_amount() {
    let payer = customer();
    let items = [item(payer, "INV-1", 10_000), item(payer, "INV-2", 5_000), item(customer(), "INV-3", 700)];
    let recognised = propose(&money(5_000, "thanks"), &owed(payer, &items));
    assert_eq!(recognised.rule, Some(MatchRule::PayerAndAmount));
    assert_eq!(shares(&recognised), [("INV-2", 5_000, None)]);
    assert_eq!(recognised.evidence, ["INV-2", "DE1"]);
    assert_eq!(recognised.customer, Some(payer));
    let told = MoneyIn { customer: Some(payer), ..early(9_800, "") };
    let proposal = propose(&told, &Candidates { payer: None, ..owed(payer, &items) });
    assert_eq!(shares(&proposal), [("INV-1", 9_800, Some(200))]);
    assert_eq!(proposal.evidence, ["INV-1"]);
}

#[test]
fn what_a_known_payer_does_not_owe_to_the_cent_waits() {
    let payer = customer();
    let pay = |money: MoneyIn<'_>, items: &[Candidate]| propose(&money, &owed(payer, items));
    let one = item(payer, "INV-1", 5_000);
    for minor in [4_900, 4_999, 5_001] {
        waits(&pay(money(minor, ""), std::slice::from_ref(&one)), UnappliedReason::NoSingleEqualItem);
    }
    let twins = [one.clone(), item(payer, "INV-2", 5_000)];
    waits(&pay(money(5_000, ""), &twins), UnappliedReason::NoSingleEqualItem);
    // 49.00 is what one item has open, and what the other has with its discount.
    let either = [one.clone(), item(payer, "INV-2", 4_900)];
    waits(&pay(early(4_900, ""), &either), UnappliedReason::NoSingleEqualItem);
    waits(&pay(money(5_000, ""), &[]), UnappliedReason::PayerHasNoOpenItem);
    waits(&pay(money(5_000, ""), &[item(customer(), "INV-1", 5_000)]), UnappliedReason::PayerHasNoOpenItem);
    let dollars = MoneyIn { amount: Money::from_minor(5_000, Currency::USD), ..money(1, "") };
    waits(&pay(dollars, &[one]), UnappliedReason::CurrencyDiffers);
    waits(&propose(&money(5_000, "thanks"), &Candidates::default()), UnappliedReason::NoReferenceNoPayer);
}

#[test]
fn money_counts_from_the_later_of_receipt_and_issue() {
    let book = numbered(&[item(customer(), "INV-1", 100)]);
    let advance = MoneyIn { received_on: day("2026-02-20"), ..money(100, "INV-1") };
    assert_eq!(propose(&advance, &book).allocations[0].effective_on, day("2026-03-01"));
    assert_eq!(propose(&money(100, "INV-1"), &book).allocations[0].effective_on, day("2026-03-20"));
}

#[test]
fn items_of_two_customers_name_no_payer() {
    let items = [item(customer(), "INV-1", 100), item(customer(), "INV-2", 100)];
    let proposal = propose(&money(200, "INV-1 INV-2"), &numbered(&items));
    assert_eq!((proposal.allocations.len(), proposal.customer), (2, None));
    let payer = customer();
    let known = MoneyIn { customer: Some(payer), ..money(200, "INV-1 INV-2") };
    assert_eq!(propose(&known, &numbered(&items)).customer, Some(payer));
}

proptest! {
    /// Whatever is proposed can be allocated, and pays no item more than it owes.
    #[test]
    fn every_proposal_can_be_allocated(
        minor in 1i64..400,
        open in prop::collection::vec((0i64..200, 0i64..2), 1..6),
        named in prop::collection::vec(0usize..6, 0..6),
        days in 0i64..30,
    ) {
        let payer = customer();
        let items: Vec<Candidate> = open
            .iter()
            .enumerate()
            .map(|(n, (open, paid))| Candidate {
                open: eur(*open),
                ..item(payer, &format!("INV-{n}"), open + paid)
            })
            .collect();
        let text = named.iter().map(|n| format!("INV-{n}")).collect::<Vec<_>>().join(" ");
        let received_on = day("2026-03-01") + chrono::TimeDelta::days(days);
        let payment = MoneyIn { received_on, ..money(minor, &text) };
        let book = Candidates { by_number: items.clone(), ..owed(payer, &items) };
        let proposal = propose(&payment, &book);
        for share in &proposal.allocations {
            let item = items.iter().find(|item| item.item == share.item).unwrap();
            let settled = share.amount.to_minor() + share.discount.map_or(0, Money::to_minor);
            prop_assert!(settled <= item.open.to_minor());
            prop_assert!(share.discount.is_none() || settled == item.open.to_minor());
        }
        let new = NewPayment {
            customer: None,
            amount: eur(minor),
            received_on: Some(received_on),
            method: Method::Transfer,
            payer_name: String::new(),
            payer_account: String::new(),
            text,
            external_reference: None,
        };
        let now = DateTime::UNIX_EPOCH;
        let whole = Payment::record(PaymentId::at(now), new, received_on, now).unwrap();
        let (after, _) = whole.matched(proposal, RequestId::at(now), || AllocationId::at(now)).unwrap();
        prop_assert!(after.is_balanced());
        prop_assert_eq!(after.unapplied.is_zero(), after.match_outcome.unapplied_reason.is_none());
    }
}
