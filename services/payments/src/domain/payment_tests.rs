use proptest::prelude::*;
use quittance_kernel::{Currency, ItemId, Metadata, WriteOff, WriteOffReason, parse_date};

use super::*;

fn day(text: &str) -> NaiveDate {
    parse_date(text).unwrap()
}

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn new_payment(minor: i64) -> NewPayment {
    NewPayment {
        customer: None,
        amount: eur(minor),
        received_on: Some(day("2026-03-02")),
        method: Method::Transfer,
        payer_name: String::new(),
        payer_account: String::new(),
        text: String::new(),
        external_reference: None,
        advice: Vec::new(),
        metadata: Metadata::default(),
    }
}

fn payment(minor: i64) -> Payment {
    Payment::record(PaymentId::at(NOW), new_payment(minor), day("2026-03-03"), NOW).unwrap()
}

fn share(minor: i64) -> Share {
    Share {
        item: ItemId::at(NOW),
        customer: CustomerId::at(NOW),
        number: "INV-1".to_owned(),
        amount: eur(minor),
        discount: None,
        write_off: None,
        effective_on: day("2026-03-02"),
    }
}

fn allocate(payment: Payment, share: Share) -> Result<(Payment, Allocation), Refusal> {
    payment.allocate(AllocationId::at(NOW), RequestId::at(NOW), share, MatchRule::Manual)
}

fn parts(payment: &Payment) -> [i128; 3] {
    [payment.applied.to_minor(), payment.pending.to_minor(), payment.unapplied.to_minor()]
}

fn reason<T: std::fmt::Debug>(result: Result<T, Refusal>) -> &'static str {
    result.unwrap_err().reason()
}

#[test]
fn money_goes_from_unapplied_to_applied_and_back() {
    let (payment, allocation) = allocate(payment(100), share(60)).unwrap();
    assert_eq!(parts(&payment), [0, 60, 40]);
    let (payment, allocation) = payment.confirm(allocation, day("2026-03-05")).unwrap();
    assert_eq!(allocation.effective_on, day("2026-03-05"), "from when invoicing says");
    assert_eq!(parts(&payment), [60, 0, 40]);
    let why = "wrong customer".to_owned();
    let (payment, allocation) =
        payment.start_reversal(allocation, RequestId::at(NOW), day("2026-03-05"), why.clone()).unwrap();
    assert_eq!(parts(&payment), [60, 0, 40]);
    let (payment, allocation) = payment.confirm_reversal(allocation, day("2026-03-06")).unwrap();
    assert_eq!(parts(&payment), [0, 0, 100]);
    assert_eq!(
        allocation.state,
        AllocationState::Reversed { effective_on: day("2026-03-06"), reason: why },
        "from when invoicing says"
    );
    assert_eq!(payment.match_outcome.unapplied_reason, Some(UnappliedReason::UnappliedManually));
    assert_eq!(payment.version, 5);
}

#[test]
fn refused_money_is_unapplied_again() {
    let (payment, allocation) = allocate(payment(100), share(100)).unwrap();
    assert_eq!(payment.match_outcome.unapplied_reason, None);
    let (payment, allocation) = payment.reject(allocation, "ITEM_CLOSED".to_owned()).unwrap();
    assert_eq!(parts(&payment), [0, 0, 100]);
    assert_eq!(allocation.state, AllocationState::Rejected { reason: "ITEM_CLOSED".to_owned() });
    assert_eq!(payment.match_outcome.unapplied_reason, Some(UnappliedReason::RefusedByInvoicing));
}

#[test]
fn a_refused_reversal_leaves_the_money_applied() {
    let (payment, allocation) = allocate(payment(100), share(100)).unwrap();
    let (payment, allocation) = payment.confirm(allocation, day("2026-03-02")).unwrap();
    let (payment, allocation) =
        payment.start_reversal(allocation, RequestId::at(NOW), day("2026-03-02"), "typo".to_owned()).unwrap();
    let (payment, allocation) = payment.cancel_reversal(allocation).unwrap();
    assert_eq!(allocation.state, AllocationState::Applied);
    assert_eq!(parts(&payment), [100, 0, 0]);
}

#[test]
fn what_cannot_be_recorded_is_refused() {
    let record = |new| Payment::record(PaymentId::at(NOW), new, day("2026-03-02"), NOW);
    assert_eq!(reason(record(new_payment(0))), "AMOUNT_NOT_POSITIVE");
    let tomorrow = NewPayment { received_on: Some(day("2026-03-03")), ..new_payment(1) };
    assert_eq!(reason(record(tomorrow)), "RECEIVED_IN_FUTURE");
    let today = record(NewPayment { received_on: None, ..new_payment(1) }).unwrap();
    assert_eq!(today.received_on, day("2026-03-02"));
}

#[test]
fn what_cannot_be_allocated_is_refused() {
    let refused = |share| reason(allocate(payment(100), share));
    assert_eq!(refused(share(101)), "EXCEEDS_UNAPPLIED");
    assert_eq!(refused(share(0)), "AMOUNT_NOT_POSITIVE");
    assert_eq!(refused(Share { discount: Some(eur(-1)), ..share(1) }), "AMOUNT_NOT_POSITIVE");
    let dollar = Money::from_minor(1, Currency::USD);
    assert_eq!(refused(Share { amount: dollar, ..share(1) }), "CURRENCY_MISMATCH");
    assert_eq!(refused(Share { discount: Some(dollar), ..share(1) }), "CURRENCY_MISMATCH");
    assert_eq!(refused(Share { effective_on: day("2026-03-01"), ..share(1) }), "APPLIED_BEFORE_RECEIVED");
    let (_, allocation) = allocate(payment(100), Share { discount: Some(eur(0)), ..share(1) }).unwrap();
    assert_eq!(allocation.discount, None);
}

#[test]
fn transitions_want_their_state_and_their_payment() {
    let (payment, pending) = allocate(payment(100), share(10)).unwrap();
    let other = Payment { id: PaymentId::at(NOW), ..payment.clone() };
    assert_eq!(reason(other.confirm(pending.clone(), day("2026-03-02"))), "ALLOCATION_NOT_FOUND");
    let reverse = |payment: &Payment, allocation: &Allocation, on| {
        payment.clone().start_reversal(allocation.clone(), RequestId::at(NOW), day(on), String::new())
    };
    assert_eq!(reason(reverse(&payment, &pending, "2026-03-02")), "ALLOCATION_NOT_APPLIED");
    assert_eq!(
        reason(payment.clone().confirm_reversal(pending.clone(), day("2026-03-05"))),
        "ALLOCATION_NOT_REVERSING"
    );
    let (payment, applied) = payment.confirm(pending, day("2026-03-02")).unwrap();
    assert_eq!(reason(payment.clone().confirm(applied.clone(), day("2026-03-02"))), "ALLOCATION_NOT_PENDING");
    assert_eq!(reason(payment.clone().reject(applied.clone(), String::new())), "ALLOCATION_NOT_PENDING");
    assert_eq!(reason(payment.clone().cancel_reversal(applied.clone())), "ALLOCATION_NOT_REVERSING");
    assert_eq!(reason(reverse(&payment, &applied, "2026-03-01")), "REVERSED_BEFORE_APPLIED");
}

#[test]
fn a_finding_is_taken_over_whole() {
    let customer = CustomerId::at(NOW);
    let finding = Finding {
        rule: Some(MatchRule::DocumentNumber),
        evidence: vec!["INV-1".to_owned()],
        shares: vec![share(30), share(50)],
        unapplied_reason: Some(UnappliedReason::AmountExceedsItems),
        customer: Some(customer),
        alternatives: Vec::new(),
    };
    let (payment, allocations) = payment(100).matched(finding, RequestId::at(NOW), || AllocationId::at(NOW)).unwrap();
    assert_eq!(parts(&payment), [0, 80, 20]);
    assert_eq!(allocations.len(), 2);
    assert_eq!(payment.customer, Some(customer));
    assert_eq!(payment.match_outcome.unapplied_reason, Some(UnappliedReason::AmountExceedsItems));
    assert!(allocations.iter().all(|allocation| allocation.rule == MatchRule::DocumentNumber));
}

proptest! {
    /// Whatever is requested in whatever order, no cent is lost or doubled.
    #[test]
    fn every_sequence_keeps_the_balance(
        minor in 1i64..1_000,
        asked in prop::collection::vec((0u8..7, 0usize..8, -5i64..400), 0..60),
    ) {
        let mut payment = payment(minor);
        let mut allocations: Vec<Allocation> = Vec::new();
        for (verb, which, amount) in asked {
            let chosen = allocations.get(which % allocations.len().max(1)).cloned();
            let before = payment.clone();
            let done = match (verb, chosen) {
                (0 | 1, _) | (_, None) => allocate(before, share(amount)),
                (2, Some(allocation)) => before.confirm(allocation, day("2026-03-02")),
                (3, Some(allocation)) => before.reject(allocation, "ITEM_CLOSED".to_owned()),
                (4, Some(allocation)) => {
                    before.start_reversal(allocation, RequestId::at(NOW), day("2026-03-09"), "typo".to_owned())
                }
                (5, Some(allocation)) => before.confirm_reversal(allocation, day("2026-03-09")),
                (_, Some(allocation)) => before.cancel_reversal(allocation),
            };
            if let Ok((after, allocation)) = done {
                payment = after;
                allocations.retain(|kept| kept.id != allocation.id);
                allocations.push(allocation);
            }
            prop_assert!(payment.is_balanced());
            let held = |states: &[&str]| {
                let held = allocations.iter().filter(|kept| states.contains(&kept.state.label()));
                Money::sum(Currency::EUR, held.map(|kept| kept.amount)).unwrap()
            };
            prop_assert_eq!(payment.pending, held(&["pending"]));
            prop_assert_eq!(payment.applied, held(&["applied", "reversing"]));
        }
    }
}

/// A write-off is a small difference: as much as is paid, or more, is none.
#[test]
fn a_write_off_is_smaller_than_what_is_applied() {
    let writing_off = |minor| {
        let write_off = WriteOff { amount: eur(minor), reason: WriteOffReason::SmallDifference };
        allocate(payment(500), Share { write_off: Some(write_off), ..share(500) }).map(|_| ())
    };
    for minor in [500, -500, 501, 0] {
        assert_eq!(writing_off(minor).map_err(|refusal| refusal.reason()), Err("WRITE_OFF_TOO_LARGE"), "{minor}");
    }
    assert_eq!(writing_off(499), Ok(()));
    assert_eq!(writing_off(-499), Ok(()));
}
