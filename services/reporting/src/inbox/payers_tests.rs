//! A payer that becomes known while money of its payment is applied: whichever transaction is first, what moved has its payer.

use std::time::Duration;

use quittance_db::{Db, Tx};
use quittance_events::{Handler as _, Message};
use quittance_kernel::{AllocationId, CustomerId, EventId, ItemId, PaymentId, TenantId};
use quittance_proto::{
    common::v1::Money,
    payments::v1::{self as pb, payments_event::Payload},
};
use quittance_testkit::{TestDb, now, wait_until};
use uuid::Uuid;

use super::PaymentsHandler;

async fn apply(tx: &mut Tx, payload: Payload) {
    let message = Message {
        event_id: EventId::at(now()),
        position: 1,
        recorded_at: now(),
        known_at: now(),
        event: pb::PaymentsEvent { payload: Some(payload) },
    };
    PaymentsHandler.apply(tx, vec![message]).await.unwrap();
}

fn received(payment: PaymentId) -> Payload {
    Payload::PaymentReceived(pb::PaymentReceived {
        payment_id: payment.to_string(),
        amount: eur("100.00"),
        received_on: "2025-01-10".to_owned(),
        ..pb::PaymentReceived::default()
    })
}

fn applied(payment: PaymentId, customer: CustomerId) -> Payload {
    let allocation = pb::Allocation {
        allocation_id: AllocationId::at(now()).to_string(),
        item_id: ItemId::at(now()).to_string(),
        amount: eur("60.00"),
        effective_on: "2025-01-11".to_owned(),
        ..pb::Allocation::default()
    };
    Payload::PaymentApplied(pb::PaymentApplied {
        payment_id: payment.to_string(),
        customer_id: customer.to_string(),
        allocation: Some(allocation),
    })
}

fn attributed(payment: PaymentId, customer: CustomerId) -> Payload {
    let (payment_id, customer_id) = (payment.to_string(), customer.to_string());
    Payload::PaymentAttributed(pb::PaymentAttributed { payment_id, customer_id })
}

fn eur(amount: &str) -> Option<Money> {
    Some(Money { currency_code: "EUR".to_owned(), amount: amount.to_owned() })
}

/// Whether a transaction waits for another in this test's database.
async fn one_waits(db: &Db) -> bool {
    let mut tx = db.begin_untenanted().await.unwrap();
    sqlx::query_scalar(
        "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')",
    )
    .fetch_one(&mut *tx)
    .await
    .unwrap()
}

/// Applies one event in a transaction that is open while the other event is applied in another; returns the payers of what moved.
async fn payers(db: &Db, payment: PaymentId, first: Payload, second: Payload) -> Vec<Option<Uuid>> {
    let tenant = TenantId::at(now());
    let mut tx = db.begin(tenant).await.unwrap();
    apply(&mut tx, received(payment)).await;
    tx.commit().await.unwrap();

    let mut tx = db.begin(tenant).await.unwrap();
    apply(&mut tx, first).await;
    let other = tokio::spawn({
        let db = db.clone();
        async move {
            let mut tx = db.begin(tenant).await.unwrap();
            apply(&mut tx, second).await;
            tx.commit().await.unwrap();
        }
    });
    wait_until("the other transaction waits or has ended", async || other.is_finished() || one_waits(db).await).await;
    tx.commit().await.unwrap();
    tokio::time::timeout(Duration::from_secs(30), other).await.unwrap().unwrap();

    let mut tx = db.begin(tenant).await.unwrap();
    sqlx::query_scalar("select customer_id from cash_entry order by effective_on").fetch_all(&mut *tx).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_moved_has_the_payer_whichever_transaction_is_first() {
    let db = TestDb::new("reporting", &<crate::App as quittance_host::Service>::migrator()).await.db;
    let customer = CustomerId::at(now());
    let payment = PaymentId::at(now());
    let found = payers(&db, payment, applied(payment, customer), attributed(payment, customer)).await;
    assert_eq!(found, [Some(customer.uuid()); 2], "applied first");
    let payment = PaymentId::at(now());
    let found = payers(&db, payment, attributed(payment, customer), applied(payment, customer)).await;
    assert_eq!(found, [Some(customer.uuid()); 2], "attributed first");
}
