//! What callers get: fields, pages, tenants.

use quittance_proto::{
    common::v1::{AmountRange, DateRange, TimeRange},
    payments::v1 as pb,
};
use quittance_testkit::{assert_fault, assert_violations, request_id};
use tonic::Code;

use crate::support::{Book, eur, transfer};

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let book = Book::start().await;
    let payment = pb::Payment {
        customer_id: "x".to_owned(),
        amount: eur("0"),
        received_on: "2026-02-30".to_owned(),
        text: "a".repeat(4_001),
        ..pb::Payment::default()
    };
    let request = pb::RecordPaymentRequest { request_id: "1".to_owned(), payment: Some(payment) };
    let error = book.payments().record_payment(request).await.unwrap_err();
    let fields = [
        "request_id",
        "payment.customer_id",
        "payment.amount",
        "payment.received_on",
        "payment.method",
        "payment.text",
    ];
    assert_violations(&error, &fields);
    let chosen = pb::ChosenAllocation {
        item_id: request_id(),
        amount: eur("-1"),
        discount: eur("x"),
        ..pb::ChosenAllocation::default()
    };
    let request = pb::ApplyPaymentRequest {
        allocations: vec![chosen],
        effective_on: "today".to_owned(),
        ..pb::ApplyPaymentRequest::default()
    };
    let error = book.payments().apply_payment(request).await.unwrap_err();
    assert_violations(
        &error,
        &["request_id", "payment_id", "allocations[0].amount", "allocations[0].discount", "effective_on"],
    );
    let error = book.payments().unapply_payment(pb::UnapplyPaymentRequest::default()).await.unwrap_err();
    assert_violations(&error, &["request_id", "payment_id", "reason"]);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let unopened = Book::start_unopened().await;
    assert_fault(&unopened.try_record(transfer("1", "")).await.unwrap_err(), Code::NotFound, "TENANT_NOT_FOUND");
    let book = Book::start().await;
    let payment = pb::Payment { customer_id: request_id(), ..transfer("1", "") };
    assert_fault(&book.try_record(payment).await.unwrap_err(), Code::NotFound, "CUSTOMER_NOT_FOUND");
    let payment = pb::Payment { received_on: "2026-03-03".to_owned(), ..transfer("1", "") };
    assert_fault(&book.try_record(payment).await.unwrap_err(), Code::FailedPrecondition, "RECEIVED_IN_FUTURE");
    let request = pb::GetPaymentRequest { payment_id: request_id() };
    assert_fault(&book.payments().get_payment(request).await.unwrap_err(), Code::NotFound, "PAYMENT_NOT_FOUND");
    let request = pb::GetBankImportRequest { import_id: request_id() };
    assert_fault(&book.imports().get_bank_import(request).await.unwrap_err(), Code::NotFound, "IMPORT_NOT_FOUND");
}

/// Shortly before midnight in London it is tomorrow in Berlin.
#[tokio::test]
async fn today_is_the_tenants_day() {
    let book = Book::start().await;
    book.server.clock.set("2026-03-02T23:30:00Z".parse().unwrap());
    assert_eq!(book.record(transfer("1", "")).await.received_on, "2026-03-03");
}

#[tokio::test]
async fn lists_go_by_pages_and_customers() {
    let book = Book::start().await;
    let customer = book.customer(&[]).await;
    book.caught_up().await;
    let mut ids = Vec::new();
    for n in 0..3 {
        let customer_id = if n == 1 { customer.clone() } else { String::new() };
        ids.push(book.record(pb::Payment { customer_id, ..transfer("1", "") }).await.payment_id);
    }
    let pages = async |request: pb::ListPaymentsRequest| {
        let page = book.payments().list_payments(request).await.unwrap().into_inner();
        let found: Vec<String> = page.payments.into_iter().map(|payment| payment.payment_id).collect();
        (found, page.next_page_token)
    };
    let query = pb::ListPaymentsRequest { page_size: 2, unapplied_only: true, ..pb::ListPaymentsRequest::default() };
    let (found, page_token) = pages(query.clone()).await;
    assert_eq!(found, ids[..2]);
    let (found, last) = pages(pb::ListPaymentsRequest { page_token: page_token.clone(), ..query }).await;
    assert_eq!((found.as_slice(), last.as_str()), (&ids[2..], ""));
    let (found, _) =
        pages(pb::ListPaymentsRequest { customer_ids: vec![customer], ..pb::ListPaymentsRequest::default() }).await;
    assert_eq!(found, ids[1..2]);
    let other = pb::ListPaymentsRequest { page_token, ..pb::ListPaymentsRequest::default() };
    assert_violations(&book.payments().list_payments(other).await.unwrap_err(), &["page_token"]);
}

#[tokio::test]
async fn payments_are_filtered_and_followed() {
    let book = Book::start().await;
    let customer = book.customer(&[]).await;
    let invoice = book.invoice(&customer, "50.00").await;
    book.caught_up().await;
    let at = async |second: i64, payment: pb::Payment| {
        book.server.clock.set(quittance_testkit::now() + chrono::Duration::seconds(second));
        book.record(payment).await
    };
    let card = pb::Payment { method: pb::PaymentMethod::Card.into(), ..transfer("30.00", "") };
    let card = at(1, pb::Payment { external_reference: "B-7".to_owned(), ..card }).await.payment_id;
    let early = pb::Payment { received_on: "2026-02-20".to_owned(), ..transfer("20.00", "") };
    let early = at(2, early).await;
    let found = async |request: pb::ListPaymentsRequest| {
        let found = book.payments().list_payments(request).await.unwrap().into_inner().payments;
        found.into_iter().map(|payment| payment.payment_id).collect::<Vec<_>>()
    };
    let list = pb::ListPaymentsRequest::default;
    let range = |from: &str, to: &str| Some(DateRange { from_on: from.to_owned(), to_on: to.to_owned() });
    let amount = AmountRange { currency_code: "EUR".to_owned(), from_amount: "25".to_owned(), ..Default::default() };
    let methods = vec![pb::PaymentMethod::Card.into(), pb::PaymentMethod::Cash.into()];
    for request in [
        pb::ListPaymentsRequest { methods, ..list() },
        pb::ListPaymentsRequest { external_reference: "B-7".to_owned(), ..list() },
        pb::ListPaymentsRequest { amount: Some(amount), ..list() },
        pb::ListPaymentsRequest { received_on: range("2026-02-21", ""), ..list() },
    ] {
        assert_eq!(found(request.clone()).await, std::slice::from_ref(&card), "{request:?}");
    }
    let by_date = pb::ListPaymentsRequest { order_by: "received_on desc".to_owned(), ..list() };
    assert_eq!(found(by_date).await, [card.clone(), early.payment_id.clone()]);
    // A person applies the first one: it changed last.
    book.server.clock.set(quittance_testkit::now() + chrono::Duration::seconds(3));
    let chosen = pb::ChosenAllocation { item_id: invoice.invoice_id, amount: eur("30.00"), ..Default::default() };
    let request = pb::ApplyPaymentRequest {
        request_id: request_id(),
        payment_id: card.clone(),
        allocations: vec![chosen],
        ..Default::default()
    };
    let applied = book.payments().apply_payment(request).await.unwrap().into_inner();
    assert!(applied.update_time.unwrap().seconds > early.update_time.unwrap().seconds);
    let since =
        |from_time| pb::ListPaymentsRequest { update_time: Some(TimeRange { from_time, before_time: None }), ..list() };
    assert_eq!(found(since(early.update_time)).await, [early.payment_id, card.clone()]);
    assert_eq!(found(since(applied.update_time)).await, [card]);
    let nothing = pb::ListPaymentsRequest { methods: vec![0], order_by: "amount".to_owned(), ..list() };
    assert_violations(&book.payments().list_payments(nothing).await.unwrap_err(), &["order_by", "methods[0]"]);
}

/// A tenant's token sees that tenant's payments and no other's.
#[tokio::test]
async fn another_tenant_sees_nothing() {
    let book = Book::start().await;
    let payment = book.record(transfer("1", "")).await;
    let other = quittance_kernel::TenantId::at(quittance_testkit::now());
    let other = book.server.client_for(Some(other), &["*"], "*");
    let mut client = pb::payment_service_client::PaymentServiceClient::new(other.clone());
    let request = pb::GetPaymentRequest { payment_id: payment.payment_id };
    let read = client.get_payment(request.clone()).await;
    assert_fault(&read.unwrap_err(), Code::NotFound, "TENANT_NOT_FOUND");
    book.create_tenant(other).await;
    let read = client.get_payment(request).await;
    assert_fault(&read.unwrap_err(), Code::NotFound, "PAYMENT_NOT_FOUND");
}
