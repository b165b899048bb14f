//! What is true of every call: requests are repeatable, tenants are isolated.

use quittance_proto::{common::v1 as common, creditrisk::v1 as pb};
use quittance_testkit::assert_fault;
use sqlx::Connection as _;
use tonic::Code;

use crate::support::{Setup, order, used};

#[tokio::test]
async fn a_request_sent_eight_times_at_once_reserves_once() {
    let setup = Setup::start().await;
    let customer = setup.customer_with_limit("100.00").await;
    let order = order(&customer, "A", "20.00");
    let sent: Vec<_> = (0..8)
        .map(|_| {
            let (mut client, order) = (setup.reservations(), order.clone());
            tokio::spawn(async move { client.authorize_order(order).await.unwrap().into_inner() })
        })
        .collect();
    let mut answers = Vec::new();
    for one in sent {
        answers.push(one.await.unwrap());
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(used(&setup.profile(&customer).await), ["0.00", "20.00", "80.00"]);
    let other = pb::AuthorizeOrderRequest { order_reference: "B".to_owned(), ..order };
    let reused = setup.reservations().authorize_order(other).await.unwrap_err();
    assert_fault(&reused, Code::InvalidArgument, "REQUEST_ID_REUSED");
    setup.verify().await;
}

#[tokio::test]
async fn another_tenant_sees_nothing() {
    let setup = Setup::start().await;
    let customer = setup.customer_with_limit("100.00").await;
    let reservation = setup.authorize(&customer, "A", "20.00").await;
    let other = quittance_kernel::TenantId::at(quittance_testkit::now());
    let client = setup.server.client_for(Some(other), &["*"], "*");
    let mut reservations = pb::reservation_service_client::ReservationServiceClient::new(client.clone());
    let request = pb::GetReservationRequest { reservation_id: reservation.reservation_id };
    let status = reservations.get_reservation(request).await.unwrap_err();
    assert_fault(&status, Code::NotFound, "TENANT_NOT_FOUND");
    let status = reservations.authorize_order(order(&customer, "A", "1.00")).await.unwrap_err();
    assert_fault(&status, Code::NotFound, "TENANT_NOT_FOUND");
    let mut credit = pb::credit_service_client::CreditServiceClient::new(client);
    let status = credit.list_profiles(pb::ListProfilesRequest::default()).await.unwrap_err();
    assert_fault(&status, Code::NotFound, "TENANT_NOT_FOUND");
}

#[tokio::test]
async fn without_a_tenant_no_row_is_seen() {
    let setup = Setup::start().await;
    let customer = setup.customer_with_limit("100.00").await;
    setup.authorize(&customer, "A", "20.00").await;
    setup.invoice(&customer, "5.00", None).await;
    let mut conn = setup.db.connect_as("quittance_app").await;
    for table in ["customer", "item", "profile", "reservation"] {
        let statement = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        let count: i64 = sqlx::query_scalar(statement).fetch_one(&mut conn).await.unwrap();
        assert_eq!(count, 0, "{table}");
    }
    conn.close().await.unwrap();
}

#[tokio::test]
async fn verify_ledger_finds_what_does_not_add_up() {
    let setup = Setup::start().await;
    let customer = setup.customer_with_limit("100.00").await;
    setup.authorize(&customer, "A", "20.00").await;
    let mut tx = setup.db.db.begin(setup.server.tenant).await.unwrap();
    sqlx::query("update profile set exposure = 1, reserved = 19").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let found = setup.credit().verify_ledger(common::VerifyLedgerRequest {}).await.unwrap().into_inner();
    let violations: Vec<(i64, usize)> = found.invariants.iter().map(|i| (i.violations, i.examples.len())).collect();
    assert_eq!(violations, [(1, 1), (1, 1)]);
}
