//! The effect of invoicing's events on credit.

use quittance_proto::{
    creditrisk::v1::ReservationState,
    invoicing::v1::{
        self as inv, credit_note_service_client::CreditNoteServiceClient, invoice_service_client::InvoiceServiceClient,
    },
};
use quittance_testkit::{assert_fault, request_id};
use sqlx::Connection as _;
use tonic::Code;

use crate::support::{Setup, used};

/// Makes credit-risk read all events again from the first.
async fn read_again(setup: &Setup) {
    let mut conn = setup.db.connect_as("quittance_owner").await;
    sqlx::query("update subscription set position = 0").execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

#[tokio::test]
async fn a_reservation_becomes_exposure_once() {
    let setup = Setup::start().await;
    let customer = setup.customer_with_limit("100.00").await;
    let reservation = setup.authorize(&customer, "A", "60.00").await;
    let invoice = setup.invoice(&customer, "55.00", Some(&reservation)).await;
    let after = setup.reservation(&reservation).await;
    assert_eq!((after.state(), after.invoice_id.as_str()), (ReservationState::Invoiced, invoice.invoice_id.as_str()));
    assert_eq!(used(&setup.profile(&customer).await), ["55.00", "0.00", "45.00"]);
    // Every event is applied once more, and another after them.
    read_again(&setup).await;
    setup.invoice(&customer, "5.00", None).await;
    assert_eq!(used(&setup.profile(&customer).await), ["60.00", "0.00", "40.00"]);
    assert_fault(
        &setup.try_release(&reservation).await.unwrap_err(),
        Code::FailedPrecondition,
        "RESERVATION_NOT_ACTIVE",
    );
    assert_eq!(setup.events.kinds(3).await, ["ProfileCreated", "CreditReserved", "ReservationInvoiced"]);
    setup.verify().await;
}

#[tokio::test]
async fn a_confirmed_and_a_released_reservation_are_invoiced_too() {
    let setup = Setup::start().await;
    let customer = setup.customer_with_limit("100.00").await;
    let confirmed = setup.authorize(&customer, "A", "30.00").await;
    setup.try_confirm(&confirmed).await.unwrap();
    let released = setup.authorize(&customer, "B", "20.00").await;
    setup.try_release(&released).await.unwrap();
    let kept = setup.authorize(&customer, "C", "10.00").await;
    setup.invoice(&customer, "30.00", Some(&confirmed)).await;
    assert_eq!(used(&setup.profile(&customer).await), ["30.00", "10.00", "60.00"]);
    // What was released before is free already.
    setup.invoice(&customer, "20.00", Some(&released)).await;
    assert_eq!(used(&setup.profile(&customer).await), ["50.00", "10.00", "40.00"]);
    for reservation in [&confirmed, &released] {
        assert_eq!(setup.reservation(reservation).await.state(), ReservationState::Invoiced);
    }
    assert_eq!(setup.reservation(&kept).await.state(), ReservationState::Active);
    setup.verify().await;
}

#[tokio::test]
async fn a_second_invoice_on_a_reservation_and_an_unknown_one_are_exposure_only() {
    let setup = Setup::start().await;
    let customer = setup.customer_with_limit("100.00").await;
    let reservation = setup.authorize(&customer, "A", "30.00").await;
    setup.authorize(&customer, "B", "5.00").await;
    // Both in one read or one after the other.
    let first = setup.issue(&customer, "10.00", Some(&reservation)).await;
    setup.invoice(&customer, "20.00", Some(&reservation)).await;
    let stranger = quittance_proto::creditrisk::v1::Reservation {
        reservation_id: "01890000-0000-7000-8000-000000000000".to_owned(),
        ..reservation.clone()
    };
    setup.invoice(&customer, "1.00", Some(&stranger)).await;
    assert_eq!(used(&setup.profile(&customer).await), ["31.00", "5.00", "64.00"]);
    assert_eq!(setup.reservation(&reservation).await.invoice_id, first.invoice_id);
    setup.verify().await;
}

#[tokio::test]
async fn settling_lowers_exposure_and_reversing_raises_it() {
    let setup = Setup::start().await;
    let customer = setup.customer_with_limit("100.00").await;
    let invoice = setup.invoice(&customer, "80.00", None).await;
    assert_fault(
        &setup.try_authorize(&customer, "A", "50.00").await.unwrap_err(),
        Code::FailedPrecondition,
        "CREDIT_LIMIT_EXCEEDED",
    );
    let allocation_id = setup.settle(&invoice.invoice_id, "50.00").await;
    assert_eq!(used(&setup.profile(&customer).await), ["30.00", "0.00", "70.00"]);
    setup.authorize(&customer, "A", "50.00").await;
    let reversal = inv::SettlementReversal {
        allocation_id,
        effective_on: "2026-03-02".to_owned(),
        reason: "returned".to_owned(),
        ..inv::SettlementReversal::default()
    };
    let request = inv::ReverseSettlementsRequest { request_id: request_id(), reversals: vec![reversal] };
    setup.settlements().reverse_settlements(request).await.unwrap();
    setup.caught_up().await;
    // More is used than the limit allows: no reservation ends, and nothing new is reserved.
    assert_eq!(used(&setup.profile(&customer).await), ["80.00", "50.00", "-30.00"]);
    assert_fault(
        &setup.try_authorize(&customer, "B", "0.01").await.unwrap_err(),
        Code::FailedPrecondition,
        "CREDIT_LIMIT_EXCEEDED",
    );
    setup.verify().await;
}

#[tokio::test]
async fn written_off_differences_are_no_exposure_until_they_are_reversed() {
    let setup = Setup::start().await;
    let customer = setup.customer_with_limit("100.00").await;
    let short = setup.invoice(&customer, "50.00", None).await;
    let over = setup.invoice(&customer, "30.00", None).await;
    let mut reversals = Vec::new();
    for (invoice, amount, write_off) in [(short, "49.60", "0.40"), (over, "30.25", "-0.25")] {
        let allocation_id = setup.settle_and_write_off(&invoice.invoice_id, amount, Some(write_off)).await;
        reversals.push(inv::SettlementReversal {
            allocation_id,
            effective_on: "2026-03-02".to_owned(),
            reason: "returned".to_owned(),
            ..inv::SettlementReversal::default()
        });
    }
    assert_eq!(used(&setup.profile(&customer).await), ["0.00", "0.00", "100.00"]);
    setup.verify().await;
    let request = inv::ReverseSettlementsRequest { request_id: request_id(), reversals };
    setup.settlements().reverse_settlements(request).await.unwrap();
    setup.caught_up().await;
    assert_eq!(used(&setup.profile(&customer).await), ["80.00", "0.00", "20.00"]);
    setup.verify().await;
}

#[tokio::test]
async fn voided_and_credited_invoices_are_no_exposure() {
    let setup = Setup::start().await;
    let customer = setup.customer_with_limit("100.00").await;
    let voided = setup.invoice(&customer, "10.00", None).await;
    let credited = setup.invoice(&customer, "20.00", None).await;
    setup.invoice(&customer, "40.00", None).await;
    let request = inv::VoidInvoiceRequest {
        request_id: request_id(),
        invoice_id: voided.invoice_id,
        reason: "wrong".to_owned(),
        ..inv::VoidInvoiceRequest::default()
    };
    InvoiceServiceClient::new(setup.server.client()).void_invoice(request).await.unwrap();
    let request = inv::CreditInvoiceRequest {
        request_id: request_id(),
        invoice_id: credited.invoice_id,
        reason: inv::CreditReason::Goodwill.into(),
        ..inv::CreditInvoiceRequest::default()
    };
    CreditNoteServiceClient::new(setup.server.client()).credit_invoice(request).await.unwrap();
    setup.caught_up().await;
    assert_eq!(used(&setup.profile(&customer).await), ["40.00", "0.00", "60.00"]);
    setup.verify().await;
}

#[tokio::test]
async fn a_profile_that_comes_late_starts_with_what_is_owed() {
    let setup = Setup::start().await;
    let customer = setup.customer().await;
    let invoice = setup.invoice(&customer, "80.00", None).await;
    setup.invoice(&customer, "5.00", None).await;
    setup.settle(&invoice.invoice_id, "30.00").await;
    let profile = setup.try_profile(&customer, "100.00").await.unwrap();
    assert_eq!(used(&profile), ["55.00", "0.00", "45.00"]);
    setup.settle(&invoice.invoice_id, "50.00").await;
    assert_eq!(used(&setup.profile(&customer).await), ["5.00", "0.00", "95.00"]);
    setup.verify().await;
}

#[tokio::test]
async fn profiles_that_are_created_while_invoices_come_miss_none() {
    let setup = Setup::start().await;
    let mut customers = Vec::new();
    for _ in 0..6 {
        customers.push(setup.customer().await);
    }
    for customer in &customers {
        for _ in 0..4 {
            setup.issue(customer, "10.00", None).await;
        }
        setup.try_profile(customer, "100.00").await.unwrap();
        setup.issue(customer, "1.00", None).await;
    }
    setup.caught_up().await;
    for customer in &customers {
        assert_eq!(used(&setup.profile(customer).await), ["41.00", "0.00", "59.00"]);
    }
    setup.verify().await;
}

#[tokio::test]
async fn concurrent_orders_and_invoices_break_no_invariant() {
    let setup = Setup::start().await;
    let customer = setup.customer_with_limit("1000.00").await;
    let mut orders = Vec::new();
    for n in 0..8 {
        orders.push(setup.authorize(&customer, &format!("O-{n}"), "10.00").await);
    }
    let sent: Vec<_> = (0..16)
        .map(|n| {
            let (mut client, order) =
                (setup.reservations(), crate::support::order(&customer, &format!("N-{n}"), "5.00"));
            tokio::spawn(async move { client.authorize_order(order).await.unwrap() })
        })
        .collect();
    for reservation in &orders {
        setup.issue(&customer, "10.00", Some(reservation)).await;
    }
    for one in sent {
        one.await.unwrap();
    }
    setup.caught_up().await;
    assert_eq!(used(&setup.profile(&customer).await), ["80.00", "80.00", "840.00"]);
    setup.verify().await;
}
