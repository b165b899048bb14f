//! What is published is whole, and payments carry their callers' own keys and values.

use std::collections::BTreeMap;

use quittance_proto::payments::v1::{self as pb, payments_event::Payload};
use quittance_testkit::{assert_violations, request_id};

use crate::{
    imports::{HEADER, file},
    support::{Book, eur, transfer},
};

fn entries(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn a_payment_is_published_with_payer_text_and_metadata_and_found_by_it() {
    let book = Book::start().await;
    let sent = pb::Payment {
        payer_name: "ADA LTD".to_owned(),
        payer_account: "GB33BUKB20201555555555".to_owned(),
        external_reference: "S-17".to_owned(),
        metadata: entries(&[("batch", "2026-03-02"), ("till", "4")]),
        ..transfer("10", "thank you")
    };
    let payment = book.record(sent.clone()).await;
    book.record(transfer("20", "no metadata")).await;
    assert_eq!(payment.metadata, sent.metadata);
    let list = async |metadata| {
        let request = pb::ListPaymentsRequest { metadata, ..Default::default() };
        book.payments().list_payments(request).await.unwrap().into_inner().payments
    };
    assert_eq!(list(entries(&[("batch", "2026-03-02"), ("till", "4")])).await, std::slice::from_ref(&payment));
    assert_eq!(list(entries(&[("batch", "2026-03-02"), ("till", "5")])).await, []);
    let bad = pb::Payment { metadata: entries(&[("a b", "1")]), ..transfer("10", "") };
    let request = pb::RecordPaymentRequest { request_id: request_id(), payment: Some(bad) };
    assert_violations(&book.payments().record_payment(request).await.unwrap_err(), &["payment.metadata.a b"]);

    let events: Vec<pb::PaymentsEvent> = book.events.all(2).await;
    let Some(Payload::PaymentReceived(received)) = &events[0].payload else { panic!("{:?}", events[0]) };
    assert_eq!((&received.payer_name, &received.payer_account), (&sent.payer_name, &sent.payer_account));
    assert_eq!((&received.text, &received.external_reference), (&sent.text, &sent.external_reference));
    assert_eq!((&received.metadata, &received.amount), (&sent.metadata, &eur("10.00")));
}

#[tokio::test]
async fn what_invoicing_refuses_is_published_with_its_reason() {
    let book = Book::start().await;
    let invoice = book.invoice(&book.customer(&[]).await, "100").await;
    let payment = book.record(transfer("150", "")).await;
    let chosen = pb::ChosenAllocation { item_id: invoice.invoice_id, amount: eur("150"), ..Default::default() };
    let request = pb::ApplyPaymentRequest {
        request_id: request_id(),
        payment_id: payment.payment_id.clone(),
        allocations: vec![chosen],
        ..Default::default()
    };
    let payment = book.payments().apply_payment(request).await.unwrap().into_inner();
    let events: Vec<pb::PaymentsEvent> = book.events.all(3).await;
    let Some(Payload::AllocationRejected(rejected)) = &events[2].payload else { panic!("{:?}", events[2]) };
    assert_eq!(
        (&rejected.payment_id, rejected.allocation.as_ref()),
        (&payment.payment_id, payment.allocations.first())
    );
    assert_eq!(rejected.allocation.as_ref().unwrap().rejection_reason, "SETTLEMENT_EXCEEDS_OPEN");
}

#[tokio::test]
async fn an_import_is_published_after_its_payments_without_its_problems() {
    let book = Book::start().await;
    let request = file(&["2026-03-01,5.00,Bob,B1,coffee,", "x,1,,,,", "2026-03-01,-7.00,Bank,,fees,"]);
    assert!(request.content.starts_with(HEADER.as_bytes()));
    let import = book.imports().import_bank_lines(request.clone()).await.unwrap().into_inner();
    book.imports().import_bank_lines(request).await.unwrap();
    let events: Vec<pb::PaymentsEvent> = book.events.all(2).await;
    assert_eq!(events.len(), 2, "the repetition publishes nothing");
    let Some(Payload::BankFileImported(published)) = &events[1].payload else { panic!("{:?}", events[1]) };
    assert_eq!((published.problems, published.suspicious, import.problems.len()), (1, 0, 1));
    assert_eq!(published.bank_import, Some(pb::BankImport { problems: Vec::new(), ..import }));
}

#[tokio::test]
async fn what_waits_for_a_person_is_published_when_it_begins_and_when_it_ends() {
    let book = Book::start().await;
    let invoice = book.invoice(&book.customer(&[]).await, "100").await;
    // Nobody knows the account, and less came than the document says.
    let sent = pb::Payment {
        payer_account: "XX1".to_owned(),
        payer_name: "Holding".to_owned(),
        ..transfer("60", &invoice.number)
    };
    let payment = book.record(sent).await;
    let [review] = book.reviews().await.try_into().unwrap();
    let request = pb::ConfirmMatchRequest {
        request_id: request_id(),
        payment_id: payment.payment_id.clone(),
        etag: payment.etag.clone(),
        ..pb::ConfirmMatchRequest::default()
    };
    book.payments().confirm_match(request).await.unwrap();
    let policy =
        pb::MatchingPolicy { fallback: pb::MatchFallback::OldestFirst.into(), ..pb::MatchingPolicy::default() };
    let request = pb::SetMatchingPolicyRequest { request_id: request_id(), policy: Some(policy), ..Default::default() };
    let policy = book.payments().set_matching_policy(request).await.unwrap().into_inner();

    assert_eq!(
        book.events.kinds(6).await,
        [
            "PaymentReceived",
            "MatchReviewUpdated",
            "MatchReviewUpdated",
            "PaymentAttributed",
            "PaymentApplied",
            "MatchingPolicyUpdated"
        ]
    );
    let events: Vec<pb::PaymentsEvent> = book.events.all(6).await;
    let Some(Payload::PaymentAttributed(attributed)) = &events[3].payload else { panic!("{:?}", events[3]) };
    assert_eq!((&attributed.payment_id, &attributed.customer_id), (&payment.payment_id, &invoice.customer_id));
    let updated = |place: usize| match &events[place].payload {
        Some(Payload::MatchReviewUpdated(updated)) => updated.clone(),
        other => panic!("{other:?}"),
    };
    let likeliest = &review.alternatives[0];
    let begun = pb::MatchReviewUpdated {
        payment_id: payment.payment_id.clone(),
        customer_id: payment.customer_id,
        is_open: true,
        rule: likeliest.rule,
        score: likeliest.score.clone(),
        unapplied_reason: likeliest.unapplied_reason,
    };
    assert_eq!(updated(1), begun);
    let ended = pb::MatchReviewUpdated {
        payment_id: payment.payment_id,
        customer_id: invoice.customer_id,
        ..pb::MatchReviewUpdated::default()
    };
    assert_eq!(updated(2), ended);
    let Some(Payload::MatchingPolicyUpdated(published)) = &events[5].payload else { panic!("{:?}", events[5]) };
    assert_eq!(published.matching_policy, Some(policy));
}
