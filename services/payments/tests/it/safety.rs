//! No cent is lost or doubled: repetitions, crowds, crashes between the halves of a settlement.

use quittance_events::Relay;
use quittance_host::{Service as _, Sources};
use quittance_kernel::TenantId;
use quittance_proto::{
    common::v1 as common,
    invoicing::v1 as inv,
    payments::v1::{self as pb, payment_service_client::PaymentServiceClient},
};
use quittance_testkit::{assert_fault, now, peer, request_id, wait_until};
use tonic::Code;

use crate::support::{Book, parts, reason, transfer};
use crate::tolerances::within;

fn all_settled(payment: &pb::Payment) -> bool {
    parts(payment)[1] == "0.00" && !payment.allocations.iter().any(|a| a.state() == pb::AllocationState::Reversing)
}

#[tokio::test]
async fn one_request_sent_twice_at_once_is_one_payment() {
    let book = Book::start().await;
    let invoice = book.invoice(&book.customer(&[]).await, "100").await;
    let request =
        pb::RecordPaymentRequest { request_id: request_id(), payment: Some(transfer("100", &invoice.number)) };
    let (mut left, mut right) = (book.payments(), book.payments());
    let (left, right) = tokio::join!(left.record_payment(request.clone()), right.record_payment(request.clone()));
    let (left, right) = (left.unwrap().into_inner(), right.unwrap().into_inner());
    assert_eq!(left.payment_id, right.payment_id);
    let again = book.payments().record_payment(request.clone()).await.unwrap().into_inner();
    assert_eq!(again, book.get(&left.payment_id).await);
    assert_eq!(parts(&again), ["100.00", "0.00", "0.00"]);
    let other = pb::RecordPaymentRequest { payment: Some(transfer("101", &invoice.number)), ..request };
    assert_fault(&book.payments().record_payment(other).await.unwrap_err(), Code::InvalidArgument, "REQUEST_ID_REUSED");
    let all = book.payments().list_payments(pb::ListPaymentsRequest::default()).await.unwrap().into_inner();
    assert_eq!(all.payments.len(), 1);
    assert_eq!(book.events.kinds(2).await, ["PaymentReceived", "PaymentApplied"]);
    book.verify().await;
}

#[tokio::test]
async fn an_external_reference_is_taken_once() {
    let book = Book::start().await;
    let payment = pb::Payment { external_reference: "BANK-1".to_owned(), ..transfer("10", "") };
    book.record(payment.clone()).await;
    let error = book.try_record(payment.clone()).await.unwrap_err();
    assert_fault(&error, Code::AlreadyExists, "EXTERNAL_REFERENCE_TAKEN");
    assert_eq!(quittance_grpc::error_info(&error).unwrap().metadata["external_reference"], "BANK-1");
    // At the same moment, and within one batch: one of them has it, and the others of the batch are not hurt.
    let entry = |reference: &str| pb::RecordPaymentRequest {
        request_id: request_id(),
        payment: Some(pb::Payment { external_reference: reference.to_owned(), ..payment.clone() }),
    };
    let batch = || pb::BatchRecordPaymentsRequest {
        requests: vec![entry("BANK-2"), entry("BANK-2"), entry("")],
        ..Default::default()
    };
    let (mut left, mut right) = (book.payments(), book.payments());
    let (left, right) = tokio::join!(left.batch_record_payments(batch()), right.batch_record_payments(batch()));
    let results = [left, right].into_iter().flat_map(|answer| answer.unwrap().into_inner().results);
    let recorded = results.filter(|r| matches!(r.result, Some(pb::payment_result::Result::Payment(_)))).count();
    assert_eq!(recorded, 3);
    book.verify().await;
}

#[tokio::test]
async fn a_crowd_of_payments_never_settles_more_than_is_owed() {
    let book = Book::start().await;
    let invoice = book.invoice(&book.customer(&[]).await, "100").await;
    let crowd: Vec<_> = (0..32)
        .map(|_| {
            let (mut client, number) = (book.payments(), invoice.number.clone());
            tokio::spawn(async move {
                let request =
                    pb::RecordPaymentRequest { request_id: request_id(), payment: Some(transfer("10", &number)) };
                client.record_payment(request).await.unwrap().into_inner().payment_id
            })
        })
        .collect();
    let mut ids = Vec::new();
    for one in crowd {
        ids.push(one.await.unwrap());
    }
    // Those that were refused because they saw too much open look again, later each time.
    let everything_applied = || async {
        book.server.clock.advance(chrono::Duration::seconds(70));
        book.open(&invoice).await == "0.00"
    };
    wait_until("the invoice is paid", everything_applied).await;
    let mut applied = 0;
    for id in &ids {
        wait_until("the payment ends", || async { all_settled(&book.get(id).await) }).await;
        let payment = book.get(id).await;
        match parts(&payment) {
            ["10.00", "0.00", "0.00"] => applied += 1,
            ["0.00", "0.00", "10.00"] => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(applied, 10);
    wait_until("nothing is unfinished", || async {
        book.server.clock.advance(chrono::Duration::seconds(70));
        book.payments().get_stream_status(common::GetStreamStatusRequest {}).await.unwrap().into_inner().unfinished == 0
    })
    .await;
    book.verify().await;
}

/// Killed after its own half was committed: the other half is requested by a reconciler, in two replicas at once.
#[tokio::test]
async fn a_payment_whose_service_died_between_the_halves_is_finished() {
    let book = Book::start().await;
    let invoice = book.invoice(&book.customer(&[]).await, "100").await;
    let dying = book.cut_off().await;
    let request =
        pb::RecordPaymentRequest { request_id: request_id(), payment: Some(transfer("100", &invoice.number)) };
    let payment = book.client_of(&dying).record_payment(request.clone()).await.unwrap().into_inner();
    assert_eq!(parts(&payment), ["0.00", "100.00", "0.00"]);
    assert_eq!(payment.allocations[0].state(), pb::AllocationState::Pending);
    let status = book.payments().get_stream_status(common::GetStreamStatusRequest {}).await.unwrap().into_inner();
    assert_eq!(status.unfinished, 1);
    let mut stranger = PaymentServiceClient::new(book.server.client_for(Some(TenantId::at(now())), &["*"], "*"));
    let other = stranger.get_stream_status(common::GetStreamStatusRequest {}).await.unwrap().into_inner();
    assert_eq!(
        (other.unfinished, other.head_position),
        (0, status.head_position),
        "another tenant's work is not counted"
    );
    book.verify().await;
    replica(&book);
    book.server.clock.advance(chrono::Duration::seconds(3));
    wait_until("the payment is finished", || async { parts(&book.get(&payment.payment_id).await)[0] == "100.00" })
        .await;
    assert_eq!(book.open(&invoice).await, "0.00");
    // The answer to the first request is how the payment stands now.
    let again = book.client_of(&dying).record_payment(request).await.unwrap().into_inner();
    assert_eq!(parts(&again), ["100.00", "0.00", "0.00"]);
    // Taking it back dies between the halves too.
    let unapply = pb::UnapplyPaymentRequest {
        request_id: request_id(),
        payment_id: payment.payment_id.clone(),
        reason: "wrong".to_owned(),
        ..pb::UnapplyPaymentRequest::default()
    };
    let reversing = book.client_of(&dying).unapply_payment(unapply).await.unwrap().into_inner();
    assert_eq!(reversing.allocations[0].state(), pb::AllocationState::Reversing);
    assert_eq!(parts(&reversing), ["100.00", "0.00", "0.00"]);
    book.verify().await;
    book.server.clock.advance(chrono::Duration::seconds(3));
    wait_until("it is reversed", || async { parts(&book.get(&payment.payment_id).await)[2] == "100.00" }).await;
    assert_eq!(book.open(&invoice).await, "100.00");
    assert_eq!(book.events.kinds(3).await, ["PaymentReceived", "PaymentApplied", "PaymentUnapplied"]);
    book.verify().await;
}

/// A second payments process on the same database, with all of its loops.
fn replica(book: &Book) {
    let clock = &book.server.clock;
    let peer = peer(&book.server.address, quittance_payments::AREA, clock);
    let app = quittance_payments::App::new(book.db.db.clone(), Relay::default(), clock.clone(), peer);
    app.spawn(&Sources::none().with(book.published.source()), &book.server.shutdown).unwrap();
}

/// Killed after invoicing settled and before the answer was written: sent again, the request has the same answer.
#[tokio::test]
async fn a_settlement_whose_answer_was_lost_is_not_made_twice() {
    let book = Book::start().await;
    let invoice = book.invoice(&book.customer(&[]).await, "100").await;
    let dying = book.cut_off().await;
    let request = pb::RecordPaymentRequest { request_id: request_id(), payment: Some(transfer("40", &invoice.number)) };
    let payment = book.client_of(&dying).record_payment(request).await.unwrap().into_inner();
    let allocation = payment.allocations[0].clone();
    let settlement = inv::Settlement {
        allocation_id: allocation.allocation_id,
        item_id: allocation.item_id,
        payment_id: payment.payment_id.clone(),
        amount: allocation.amount,
        discount: allocation.discount,
        effective_on: allocation.effective_on,
        ..inv::Settlement::default()
    };
    let settle = inv::SettleItemsRequest { request_id: request_id(), settlements: vec![settlement] };
    book.settlements().settle_items(settle).await.unwrap();
    book.caught_up().await;
    // What invoicing published and what is pending here is the same money: another payment sees the rest open.
    let rest = book.record(transfer("60", &invoice.number)).await;
    assert_eq!(parts(&rest), ["60.00", "0.00", "0.00"]);
    book.server.clock.advance(chrono::Duration::seconds(3));
    wait_until("the payment is finished", || async { parts(&book.get(&payment.payment_id).await)[0] == "40.00" }).await;
    assert_eq!(book.open(&invoice).await, "0.00");
    book.verify().await;
}

/// What one payment has pending on an item, another does not see as open, although invoicing has not heard of it.
#[tokio::test]
async fn what_is_pending_is_not_open_to_others() {
    let book = Book::start().await;
    let invoice = book.invoice(&book.customer(&[]).await, "100").await;
    let dying = book.cut_off().await;
    let record = async || {
        let payment = Some(transfer("60", &invoice.number));
        let request = pb::RecordPaymentRequest { request_id: request_id(), payment };
        book.client_of(&dying).record_payment(request).await.unwrap().into_inner()
    };
    assert_eq!(parts(&record().await), ["0.00", "60.00", "0.00"]);
    let second = record().await;
    // Perhaps the same payment again: a person decides.
    assert_eq!((parts(&second), reason(&second)), (["0.00", "0.00", "60.00"], "AMOUNT_EXCEEDS_ITEMS"));
    book.server.clock.advance(chrono::Duration::seconds(3));
    wait_until("invoicing agrees", || async { book.open(&invoice).await == "40.00" }).await;
    book.verify().await;
}

/// Invoicing knows better: what it refuses is unapplied, and the next look finds what is true.
#[tokio::test]
async fn a_refusal_of_invoicing_leaves_the_money_unapplied() {
    let book = Book::start().await;
    let invoice = book.invoice(&book.customer(&[]).await, "100").await;
    // Settled behind the back of payments.
    let settlement = inv::Settlement {
        allocation_id: request_id(),
        item_id: invoice.invoice_id.clone(),
        payment_id: request_id(),
        amount: crate::support::eur("30"),
        discount: None,
        effective_on: "2026-03-02".to_owned(),
        ..inv::Settlement::default()
    };
    let dying = book.cut_off().await;
    let request =
        pb::RecordPaymentRequest { request_id: request_id(), payment: Some(transfer("100", &invoice.number)) };
    let payment = book.client_of(&dying).record_payment(request).await.unwrap().into_inner();
    assert_eq!(parts(&payment), ["0.00", "100.00", "0.00"]);
    let refused = refused_after(&book, settlement, &payment).await;
    assert_eq!(refused.allocations[0].rejection_reason, "SETTLEMENT_EXCEEDS_OPEN");
    assert_eq!((parts(&refused), reason(&refused)), (["0.00", "0.00", "100.00"], "REFUSED_BY_INVOICING"));
    book.verify().await;
    book.server.clock.advance(chrono::Duration::seconds(3));
    wait_until("the next look", || async { reason(&book.get(&payment.payment_id).await) == "AMOUNT_EXCEEDS_ITEMS" })
        .await;
    // More came than is open, and part of it was paid before: a person decides.
    let review = book.reviews().await.remove(0);
    assert_eq!(review.payment.unwrap().payment_id, payment.payment_id);
    assert_eq!(review.alternatives[0].allocations[0].amount, crate::support::eur("70.00"));
    assert_eq!(review.alternatives[0].left_over, crate::support::eur("30.00"));
    book.verify().await;
}

/// The payment once invoicing has refused what it pays, because something else was settled behind the back of payments.
async fn refused_after(book: &Book, settlement: inv::Settlement, payment: &pb::Payment) -> pb::Payment {
    book.settlements()
        .settle_items(inv::SettleItemsRequest { request_id: request_id(), settlements: vec![settlement] })
        .await
        .unwrap();
    book.caught_up().await;
    book.server.clock.advance(chrono::Duration::seconds(3));
    wait_until("invoicing refuses", || async { parts(&book.get(&payment.payment_id).await)[1] == "0.00" }).await;
    book.get(&payment.payment_id).await
}

/// A write-off closes an item exactly: when the item has moved meanwhile, invoicing refuses it, and the next look writes off what is true then.
#[tokio::test]
async fn a_write_off_on_an_item_that_moved_is_looked_at_again() {
    let book = Book::start().await;
    book.tolerate(within("2", "5"), "").await;
    let invoice = book.invoice(&book.customer(&[]).await, "100").await;
    let dying = book.cut_off().await;
    let request = pb::RecordPaymentRequest { request_id: request_id(), payment: Some(transfer("99", &invoice.number)) };
    let payment = book.client_of(&dying).record_payment(request).await.unwrap().into_inner();
    assert_eq!(parts(&payment), ["0.00", "99.00", "0.00"]);
    assert_eq!(payment.allocations[0].write_off, crate::support::eur("1.00"));
    // Settled behind the back of payments.
    let settlement = inv::Settlement {
        allocation_id: request_id(),
        item_id: invoice.invoice_id.clone(),
        payment_id: request_id(),
        amount: crate::support::eur("0.50"),
        effective_on: "2026-03-02".to_owned(),
        ..inv::Settlement::default()
    };
    let refused = refused_after(&book, settlement, &payment).await;
    assert_eq!(refused.allocations[0].rejection_reason, "WRITE_OFF_NOT_ALLOWED");
    book.server.clock.advance(chrono::Duration::seconds(3));
    wait_until("the next look", || async { parts(&book.get(&payment.payment_id).await)[0] == "99.00" }).await;
    let settled = book.get(&payment.payment_id).await;
    assert_eq!(settled.allocations[1].write_off, crate::support::eur("0.50"));
    assert_eq!(book.open(&invoice).await, "0.00");
    book.verify().await;
}
