//! What invoicing's events do to credit.

use quittance_proto::{
    creditrisk::v1::ReservationState,
    invoicing::v1::{
        self as inv, credit_note_service_client::CreditNoteServiceClient, invoice_service_client::InvoiceServiceClient,
    },
};
use quittance_testkit::{assert_fault, request_id};
use sqlx::Connection as _;
use tonic::Code;

use crate::support::{Book, used};

/// Reads all events again from the first.
async fn read_again(book: &Book) {
    let mut conn = book.db.connect_as("quittance_owner").await;
    sqlx::query("update subscription set position = 0").execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

#[tokio::test]
async fn a_reservation_becomes_exposure_once() {
    let book = Book::start().await;
    let customer = book.customer_with_limit("100.00").await;
    let reservation = book.authorize(&customer, "A", "60.00").await;
    let invoice = book.invoice(&customer, "55.00", Some(&reservation)).await;
    let after = book.reservation(&reservation).await;
    assert_eq!((after.state(), after.invoice_id.as_str()), (ReservationState::Invoiced, invoice.invoice_id.as_str()));
    assert_eq!(used(&book.profile(&customer).await), ["55.00", "0.00", "45.00"]);
    // Every event once more, and another after them.
    read_again(&book).await;
    book.invoice(&customer, "5.00", None).await;
    assert_eq!(used(&book.profile(&customer).await), ["60.00", "0.00", "40.00"]);
    assert_fault(
        &book.try_release(&reservation).await.unwrap_err(),
        Code::FailedPrecondition,
        "RESERVATION_NOT_ACTIVE",
    );
    assert_eq!(book.events.kinds(3).await, ["ProfileCreated", "CreditReserved", "ReservationInvoiced"]);
    book.verify().await;
}

#[tokio::test]
async fn a_confirmed_and_a_released_reservation_are_invoiced_too() {
    let book = Book::start().await;
    let customer = book.customer_with_limit("100.00").await;
    let confirmed = book.authorize(&customer, "A", "30.00").await;
    book.try_confirm(&confirmed).await.unwrap();
    let released = book.authorize(&customer, "B", "20.00").await;
    book.try_release(&released).await.unwrap();
    let kept = book.authorize(&customer, "C", "10.00").await;
    book.invoice(&customer, "30.00", Some(&confirmed)).await;
    assert_eq!(used(&book.profile(&customer).await), ["30.00", "10.00", "60.00"]);
    // What was released before has nothing to give back.
    book.invoice(&customer, "20.00", Some(&released)).await;
    assert_eq!(used(&book.profile(&customer).await), ["50.00", "10.00", "40.00"]);
    for reservation in [&confirmed, &released] {
        assert_eq!(book.reservation(reservation).await.state(), ReservationState::Invoiced);
    }
    assert_eq!(book.reservation(&kept).await.state(), ReservationState::Active);
    book.verify().await;
}

#[tokio::test]
async fn a_second_invoice_on_a_reservation_and_an_unknown_one_are_exposure_only() {
    let book = Book::start().await;
    let customer = book.customer_with_limit("100.00").await;
    let reservation = book.authorize(&customer, "A", "30.00").await;
    book.authorize(&customer, "B", "5.00").await;
    // Both in one read or one after the other.
    let first = book.issue(&customer, "10.00", Some(&reservation)).await;
    book.invoice(&customer, "20.00", Some(&reservation)).await;
    let stranger = quittance_proto::creditrisk::v1::Reservation {
        reservation_id: "01890000-0000-7000-8000-000000000000".to_owned(),
        ..reservation.clone()
    };
    book.invoice(&customer, "1.00", Some(&stranger)).await;
    assert_eq!(used(&book.profile(&customer).await), ["31.00", "5.00", "64.00"]);
    assert_eq!(book.reservation(&reservation).await.invoice_id, first.invoice_id);
    book.verify().await;
}

#[tokio::test]
async fn settling_lowers_exposure_and_reversing_raises_it() {
    let book = Book::start().await;
    let customer = book.customer_with_limit("100.00").await;
    let invoice = book.invoice(&customer, "80.00", None).await;
    assert_fault(
        &book.try_authorize(&customer, "A", "50.00").await.unwrap_err(),
        Code::FailedPrecondition,
        "CREDIT_LIMIT_EXCEEDED",
    );
    let allocation_id = book.settle(&invoice.invoice_id, "50.00").await;
    assert_eq!(used(&book.profile(&customer).await), ["30.00", "0.00", "70.00"]);
    book.authorize(&customer, "A", "50.00").await;
    let reversal =
        inv::SettlementReversal { allocation_id, effective_on: "2026-03-02".to_owned(), reason: "returned".to_owned() };
    let request = inv::ReverseSettlementsRequest { request_id: request_id(), reversals: vec![reversal] };
    book.items().reverse_settlements(request).await.unwrap();
    book.caught_up().await;
    // More is used than the limit allows: nothing is taken back, nothing new is given.
    assert_eq!(used(&book.profile(&customer).await), ["80.00", "50.00", "-30.00"]);
    assert_fault(
        &book.try_authorize(&customer, "B", "0.01").await.unwrap_err(),
        Code::FailedPrecondition,
        "CREDIT_LIMIT_EXCEEDED",
    );
    book.verify().await;
}

#[tokio::test]
async fn written_off_differences_are_no_exposure_until_they_are_taken_back() {
    let book = Book::start().await;
    let customer = book.customer_with_limit("100.00").await;
    let short = book.invoice(&customer, "50.00", None).await;
    let over = book.invoice(&customer, "30.00", None).await;
    let mut reversals = Vec::new();
    for (invoice, amount, write_off) in [(short, "49.60", "0.40"), (over, "30.25", "-0.25")] {
        let allocation_id = book.settle_and_write_off(&invoice.invoice_id, amount, Some(write_off)).await;
        reversals.push(inv::SettlementReversal {
            allocation_id,
            effective_on: "2026-03-02".to_owned(),
            reason: "returned".to_owned(),
        });
    }
    assert_eq!(used(&book.profile(&customer).await), ["0.00", "0.00", "100.00"]);
    book.verify().await;
    let request = inv::ReverseSettlementsRequest { request_id: request_id(), reversals };
    book.items().reverse_settlements(request).await.unwrap();
    book.caught_up().await;
    assert_eq!(used(&book.profile(&customer).await), ["80.00", "0.00", "20.00"]);
    book.verify().await;
}

#[tokio::test]
async fn voided_and_credited_invoices_are_no_exposure() {
    let book = Book::start().await;
    let customer = book.customer_with_limit("100.00").await;
    let voided = book.invoice(&customer, "10.00", None).await;
    let credited = book.invoice(&customer, "20.00", None).await;
    book.invoice(&customer, "40.00", None).await;
    let request = inv::VoidInvoiceRequest {
        request_id: request_id(),
        invoice_id: voided.invoice_id,
        reason: "wrong".to_owned(),
        ..inv::VoidInvoiceRequest::default()
    };
    InvoiceServiceClient::new(book.server.client()).void_invoice(request).await.unwrap();
    let request = inv::CreditInvoiceRequest {
        request_id: request_id(),
        invoice_id: credited.invoice_id,
        reason: inv::CreditReason::Goodwill.into(),
        ..inv::CreditInvoiceRequest::default()
    };
    CreditNoteServiceClient::new(book.server.client()).credit_invoice(request).await.unwrap();
    book.caught_up().await;
    assert_eq!(used(&book.profile(&customer).await), ["40.00", "0.00", "60.00"]);
    book.verify().await;
}

#[tokio::test]
async fn a_profile_that_comes_late_starts_with_what_is_owed() {
    let book = Book::start().await;
    let customer = book.customer().await;
    let invoice = book.invoice(&customer, "80.00", None).await;
    book.invoice(&customer, "5.00", None).await;
    book.settle(&invoice.invoice_id, "30.00").await;
    let profile = book.try_profile(&customer, "100.00").await.unwrap();
    assert_eq!(used(&profile), ["55.00", "0.00", "45.00"]);
    book.settle(&invoice.invoice_id, "50.00").await;
    assert_eq!(used(&book.profile(&customer).await), ["5.00", "0.00", "95.00"]);
    book.verify().await;
}

#[tokio::test]
async fn profiles_that_are_created_while_invoices_come_miss_none() {
    let book = Book::start().await;
    let mut customers = Vec::new();
    for _ in 0..6 {
        customers.push(book.customer().await);
    }
    for customer in &customers {
        for _ in 0..4 {
            book.issue(customer, "10.00", None).await;
        }
        book.try_profile(customer, "100.00").await.unwrap();
        book.issue(customer, "1.00", None).await;
    }
    book.caught_up().await;
    for customer in &customers {
        assert_eq!(used(&book.profile(customer).await), ["41.00", "0.00", "59.00"]);
    }
    book.verify().await;
}

#[tokio::test]
async fn orders_and_invoices_at_once_keep_the_books_straight() {
    let book = Book::start().await;
    let customer = book.customer_with_limit("1000.00").await;
    let mut orders = Vec::new();
    for n in 0..8 {
        orders.push(book.authorize(&customer, &format!("O-{n}"), "10.00").await);
    }
    let sent: Vec<_> = (0..16)
        .map(|n| {
            let (mut client, order) =
                (book.reservations(), crate::support::order(&customer, &format!("N-{n}"), "5.00"));
            tokio::spawn(async move { client.authorize(order).await.unwrap() })
        })
        .collect();
    for reservation in &orders {
        book.issue(&customer, "10.00", Some(reservation)).await;
    }
    for one in sent {
        one.await.unwrap();
    }
    book.caught_up().await;
    assert_eq!(used(&book.profile(&customer).await), ["80.00", "80.00", "840.00"]);
    book.verify().await;
}
