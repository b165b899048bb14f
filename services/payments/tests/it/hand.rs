//! What a person applies and unapplies.

use quittance_proto::{invoicing::v1 as inv, payments::v1 as pb};
use quittance_testkit::{assert_fault, request_id};
use tonic::{Code, Status};

use crate::support::{Book, eur, parts, reason, rule, transfer};

fn apply(payment: &pb::Payment, chosen: &[(&inv::Invoice, &str)]) -> pb::ApplyPaymentRequest {
    let chosen = chosen.iter().map(|(invoice, amount)| pb::ChosenAllocation {
        item_id: invoice.invoice_id.clone(),
        amount: eur(amount),
        ..pb::ChosenAllocation::default()
    });
    pb::ApplyPaymentRequest {
        request_id: request_id(),
        payment_id: payment.payment_id.clone(),
        allocations: chosen.collect(),
        etag: payment.etag.clone(),
        ..pb::ApplyPaymentRequest::default()
    }
}

fn unapply(payment: &pb::Payment) -> pb::UnapplyPaymentRequest {
    pb::UnapplyPaymentRequest {
        request_id: request_id(),
        payment_id: payment.payment_id.clone(),
        reason: "wrong customer".to_owned(),
        etag: payment.etag.clone(),
        ..pb::UnapplyPaymentRequest::default()
    }
}

async fn applied(book: &Book, request: pb::ApplyPaymentRequest) -> Result<pb::Payment, Status> {
    book.payments().apply_payment(request).await.map(tonic::Response::into_inner)
}

async fn unapplied(book: &Book, request: pb::UnapplyPaymentRequest) -> Result<pb::Payment, Status> {
    book.payments().unapply_payment(request).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_person_applies_takes_back_and_applies_elsewhere() {
    let book = Book::start().await;
    let customer = book.customer(&[]).await;
    let (wrong, right) = (book.invoice(&customer, "100").await, book.invoice(&customer, "100").await);
    let payment = book.record(transfer("100", "")).await;
    let request = apply(&payment, &[(&wrong, "100")]);
    let payment = applied(&book, request.clone()).await.unwrap();
    assert_eq!(parts(&payment), ["100.00", "0.00", "0.00"]);
    assert_eq!((rule(&payment), payment.customer_id.as_str()), (pb::MatchRule::Manual, customer.as_str()));
    assert_eq!(book.open(&wrong).await, "0.00");
    // The same request again is the same answer, although its etag is old by now.
    assert_eq!(applied(&book, request).await.unwrap(), payment);
    let request = unapply(&payment);
    let payment = unapplied(&book, request.clone()).await.unwrap();
    assert_eq!((parts(&payment), reason(&payment)), (["0.00", "0.00", "100.00"], "UNAPPLIED_MANUALLY"));
    assert_eq!(payment.allocations[0].state(), pb::AllocationState::Reversed);
    assert_eq!(book.open(&wrong).await, "100.00");
    assert_eq!(unapplied(&book, request).await.unwrap(), payment);
    let payment = applied(&book, apply(&payment, &[(&right, "30"), (&wrong, "70")])).await.unwrap();
    assert_eq!(parts(&payment), ["100.00", "0.00", "0.00"]);
    assert_eq!((book.open(&right).await, book.open(&wrong).await), ("70.00".to_owned(), "30.00".to_owned()));
    let kinds = [
        "PaymentReceived",
        "PaymentAttributed",
        "PaymentApplied",
        "PaymentUnapplied",
        "PaymentApplied",
        "PaymentApplied",
    ];
    assert_eq!(book.events.kinds(6).await, kinds);
    book.verify().await;
}

#[tokio::test]
async fn money_taken_back_by_hand_is_not_matched_again_but_frees_the_item_for_others() {
    let book = Book::start().await;
    let invoice = book.invoice(&book.customer(&[]).await, "100").await;
    let first = book.record(transfer("100", &invoice.number)).await;
    let double = book.record(transfer("100", &invoice.number)).await;
    assert_eq!(reason(&double), "ITEM_ALREADY_PAID");
    let first = unapplied(&book, unapply(&first)).await.unwrap();
    quittance_testkit::wait_until("the other payment pays", || async {
        parts(&book.get(&double.payment_id).await)[0] == "100.00"
    })
    .await;
    book.server.clock.advance(chrono::Duration::seconds(10));
    book.caught_up().await;
    let first = book.get(&first.payment_id).await;
    assert_eq!((parts(&first), reason(&first)), (["0.00", "0.00", "100.00"], "UNAPPLIED_MANUALLY"));
    book.verify().await;
}

#[tokio::test]
async fn what_a_person_may_not_do_is_refused() {
    let book = Book::start().await;
    let invoice = book.invoice(&book.customer(&[]).await, "100").await;
    let payment = book.record(transfer("50", "")).await;
    let error = applied(&book, apply(&payment, &[(&invoice, "51")])).await.unwrap_err();
    assert_fault(&error, Code::FailedPrecondition, "EXCEEDS_UNAPPLIED");
    let stale = pb::ApplyPaymentRequest { etag: "99".to_owned(), ..apply(&payment, &[(&invoice, "1")]) };
    assert_fault(&applied(&book, stale).await.unwrap_err(), Code::Aborted, "ETAG_MISMATCH");
    let early =
        pb::ApplyPaymentRequest { effective_on: "2026-03-01".to_owned(), ..apply(&payment, &[(&invoice, "1")]) };
    assert_fault(&applied(&book, early).await.unwrap_err(), Code::FailedPrecondition, "APPLIED_BEFORE_RECEIVED");
    let nowhere = inv::Invoice { invoice_id: request_id(), ..invoice.clone() };
    assert_fault(
        &applied(&book, apply(&payment, &[(&nowhere, "1")])).await.unwrap_err(),
        Code::NotFound,
        "ITEM_NOT_FOUND",
    );
    let mut dollars = apply(&payment, &[(&invoice, "1")]);
    dollars.allocations[0].amount.as_mut().unwrap().currency_code = "USD".to_owned();
    assert_fault(&applied(&book, dollars).await.unwrap_err(), Code::FailedPrecondition, "CURRENCY_MISMATCH");
    let missing = pb::Payment { payment_id: request_id(), ..payment.clone() };
    assert_fault(&unapplied(&book, unapply(&missing)).await.unwrap_err(), Code::NotFound, "PAYMENT_NOT_FOUND");
    let unknown = pb::UnapplyPaymentRequest { allocation_ids: vec![request_id()], ..unapply(&payment) };
    assert_fault(&unapplied(&book, unknown).await.unwrap_err(), Code::NotFound, "ALLOCATION_NOT_FOUND");
    assert_fault(&unapplied(&book, unapply(&payment)).await.unwrap_err(), Code::FailedPrecondition, "NOTHING_APPLIED");
    assert_eq!(book.get(&payment.payment_id).await, payment);
    let payment = applied(&book, apply(&payment, &[(&invoice, "1")])).await.unwrap();
    let ahead = pb::UnapplyPaymentRequest { effective_on: "2026-03-03".to_owned(), ..unapply(&payment) };
    assert_fault(&unapplied(&book, ahead).await.unwrap_err(), Code::FailedPrecondition, "EFFECTIVE_IN_FUTURE");
    assert_eq!(book.get(&payment.payment_id).await, payment);
    book.verify().await;
}

#[tokio::test]
async fn the_entries_of_an_item_say_who_applied_and_reversed_manually() {
    let book = Book::start().await;
    let invoice = book.invoice(&book.customer(&[]).await, "100").await;
    let matched = book.record(transfer("40", &invoice.number)).await;
    assert_eq!(parts(&matched)[0], "40.00");
    let payment = book.record(transfer("60", "")).await;
    let payment = applied(&book, apply(&payment, &[(&invoice, "60")])).await.unwrap();
    unapplied(&book, unapply(&payment)).await.unwrap();
    let request = inv::ListEntriesRequest { item_id: invoice.invoice_id, ..inv::ListEntriesRequest::default() };
    let entries = book.items().list_entries(request).await.unwrap().into_inner().entries;
    let actors: Vec<_> = entries.iter().map(|entry| (entry.kind(), entry.actor.as_str())).collect();
    let (by_hand, service) = (entries[0].actor.as_str(), entries[1].actor.as_str());
    assert_ne!(by_hand, service, "the invoice was issued by the same caller");
    let expected = [
        (inv::EntryKind::Document, by_hand),
        (inv::EntryKind::Settlement, service),
        (inv::EntryKind::Settlement, by_hand),
        (inv::EntryKind::SettlementReversal, by_hand),
    ];
    assert_eq!(actors, expected);
}

/// Money received while an item was paid by other money, which came back later.
#[tokio::test]
async fn money_counts_from_the_reversal_of_other_money() {
    let book = Book::start().await;
    let invoice = book.invoice(&book.customer(&[]).await, "100").await;
    let received = |on: &str, text: &str| pb::Payment { received_on: on.to_owned(), ..transfer("100", text) };
    let first = book.record(received("2026-02-20", &invoice.number)).await;
    let back = pb::UnapplyPaymentRequest { effective_on: "2026-02-25".to_owned(), ..unapply(&first) };
    unapplied(&book, back).await.unwrap();
    let second = book.record(received("2026-02-10", "")).await;
    let second = applied(&book, apply(&second, &[(&invoice, "100")])).await.unwrap();
    assert_eq!(parts(&second), ["100.00", "0.00", "0.00"]);
    assert_eq!([&second.received_on, &second.allocations[0].effective_on], ["2026-02-10", "2026-02-25"]);
    assert_eq!(book.get(&second.payment_id).await, second);
    let early = pb::UnapplyPaymentRequest { effective_on: "2026-02-24".to_owned(), ..unapply(&second) };
    assert_fault(&unapplied(&book, early).await.unwrap_err(), Code::FailedPrecondition, "REVERSED_BEFORE_APPLIED");
    book.verify().await;
}

/// A person sees what invoicing answers, and the money stays where it was.
#[tokio::test]
async fn what_invoicing_refuses_comes_back_with_its_reason() {
    let book = Book::start().await;
    let invoice = book.invoice(&book.customer(&[]).await, "100").await;
    let payment = book.record(transfer("150", "")).await;
    let payment = applied(&book, apply(&payment, &[(&invoice, "150")])).await.unwrap();
    assert_eq!((parts(&payment), reason(&payment)), (["0.00", "0.00", "150.00"], "REFUSED_BY_INVOICING"));
    let allocation = &payment.allocations[0];
    assert_eq!(
        (allocation.state(), allocation.rejection_reason.as_str()),
        (pb::AllocationState::Rejected, "SETTLEMENT_EXCEEDS_OPEN")
    );
    let error = unapplied(
        &book,
        pb::UnapplyPaymentRequest { allocation_ids: vec![allocation.allocation_id.clone()], ..unapply(&payment) },
    );
    assert_fault(&error.await.unwrap_err(), Code::FailedPrecondition, "ALLOCATION_NOT_APPLIED");
    book.void(&invoice).await;
    let payment = applied(&book, apply(&payment, &[(&invoice, "100")])).await.unwrap();
    assert_eq!(payment.allocations[1].rejection_reason, "ITEM_CLOSED");
    assert_eq!(book.open(&invoice).await, "0.00");
    book.verify().await;
}
