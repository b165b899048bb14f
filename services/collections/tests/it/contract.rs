//! What is true of every call: requests are repeatable, tenants are isolated, events are applied once.

use quittance_proto::{collections::v1 as pb, common::v1 as common};
use quittance_testkit::{assert_fault, request_id};
use sqlx::Connection as _;
use tonic::Code;

use crate::support::{Setup, step};

#[tokio::test]
async fn a_request_sent_eight_times_at_once_has_one_effect() {
    let setup = Setup::start().await;
    let customer = setup.customer("A", vec![]).await;
    let invoice = setup.invoice(&customer, "100.00", "2026-02-10").await;
    let request = pb::OpenDisputeRequest {
        request_id: request_id(),
        item_id: invoice.invoice_id,
        ..pb::OpenDisputeRequest::default()
    };
    let sent: Vec<_> = (0..8)
        .map(|_| {
            let (mut client, request) = (setup.disputes(), request.clone());
            tokio::spawn(async move { client.open_dispute(request).await.unwrap().into_inner() })
        })
        .collect();
    let mut answers = Vec::new();
    for one in sent {
        answers.push(one.await.unwrap());
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let other = pb::OpenDisputeRequest { note: "another".to_owned(), ..request };
    let reused = setup.disputes().open_dispute(other).await.unwrap_err();
    assert_fault(&reused, Code::InvalidArgument, "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn events_read_again_change_nothing() {
    let setup = Setup::start().await;
    let customer = setup.customer("A", vec![]).await;
    let invoice = setup.invoice(&customer, "100.00", "2026-02-10").await;
    setup.settle(&invoice.invoice_id, "40.00", None, "2026-02-20").await;
    let mut conn = setup.db.connect_as("quittance_owner").await;
    sqlx::query("update subscription set position = 0").execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    setup.invoice(&customer, "10.00", "2026-02-10").await;
    assert_eq!(setup.due("2026-03-02").await, [(8, vec![(8, "60.00".to_owned()), (8, "10.00".to_owned())])]);
    setup.verify().await;
}

#[tokio::test]
async fn another_tenant_sees_nothing() {
    let setup = Setup::start().await;
    let customer = setup.customer("A", vec![]).await;
    let invoice = setup.invoice(&customer, "100.00", "2026-02-10").await;
    setup.run("2026-03-02").await;
    let other = quittance_kernel::TenantId::at(quittance_testkit::now());
    let client = setup.server.client_for(Some(other), &["*"], "*");
    let mut dunning = pb::dunning_service_client::DunningServiceClient::new(client.clone());
    let listed = dunning.list_reminders(pb::ListRemindersRequest::default()).await;
    assert_fault(&listed.unwrap_err(), Code::NotFound, "TENANT_NOT_FOUND");
    let run = pb::StartDunningRequest {
        request_id: request_id(),
        as_of: "2026-03-02".to_owned(),
        strategy_id: String::new(),
    };
    assert_fault(&dunning.start_dunning(run).await.unwrap_err(), Code::NotFound, "TENANT_NOT_FOUND");
    let mut disputes = pb::dispute_service_client::DisputeServiceClient::new(client);
    let request = pb::OpenDisputeRequest {
        request_id: request_id(),
        item_id: invoice.invoice_id,
        ..pb::OpenDisputeRequest::default()
    };
    assert_fault(&disputes.open_dispute(request).await.unwrap_err(), Code::NotFound, "TENANT_NOT_FOUND");
    assert_eq!(
        setup
            .strategies()
            .list_strategies(pb::ListStrategiesRequest::default())
            .await
            .unwrap()
            .into_inner()
            .strategies
            .len(),
        1
    );
}

#[tokio::test]
async fn without_a_tenant_no_row_is_seen() {
    let setup = Setup::start().await;
    let customer = setup.customer("A", vec![]).await;
    setup.invoice(&customer, "100.00", "2026-02-10").await;
    setup.run("2026-03-02").await;
    let mut conn = setup.db.connect_as("quittance_app").await;
    for table in [
        "tenant",
        "customer",
        "item",
        "item_entry",
        "strategy",
        "strategy_step",
        "dunning_run",
        "run",
        "run_item",
        "reminder",
        "reminder_item",
        "dispute",
    ] {
        let statement = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        let count: i64 = sqlx::query_scalar(statement).fetch_one(&mut conn).await.unwrap();
        assert_eq!(count, 0, "{table}");
    }
    conn.close().await.unwrap();
}

#[tokio::test]
async fn verify_ledger_finds_what_does_not_add_up() {
    let setup = Setup::start_without_strategy().await;
    setup.create_strategy("standard", vec![step(1, "friendly")]).await;
    let customer = setup.customer("A", vec![]).await;
    setup.invoice(&customer, "100.00", "2026-02-10").await;
    let mut tx = setup.db.db.begin(setup.server.tenant).await.unwrap();
    sqlx::query("update item set open = 99").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let found = setup.dunning().verify_ledger(common::VerifyLedgerRequest {}).await.unwrap().into_inner();
    assert_eq!((found.invariants[0].violations, found.invariants[0].examples.len()), (1, 1));
}

/// Damages of a run, and of its items.
#[tokio::test]
async fn verify_ledger_finds_runs_whose_counts_are_not_those_of_their_items() {
    let setup = Setup::start().await;
    let customer = setup.customer("A", vec![]).await;
    setup.invoice(&customer, "100.00", "2026-02-10").await;
    setup.run("2026-03-02").await;
    setup.verify().await;
    for (damage, repair) in [
        ("update run set done = 0, skipped = 1", "update run set done = 1, skipped = 0"),
        (
            "update run_item set state = 'pending', ended_at = null",
            "update run_item set state = 'done', ended_at = now()",
        ),
        ("update run set total = 2, done = 2", "update run set total = 1, done = 1"),
    ] {
        for (statement, violations) in [(damage, 1), (repair, 0)] {
            let mut tx = setup.db.db.begin(setup.server.tenant).await.unwrap();
            sqlx::query(statement).execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
            let found = setup.dunning().verify_ledger(common::VerifyLedgerRequest {}).await.unwrap().into_inner();
            let runs = found.invariants.iter().find(|invariant| invariant.rule.starts_with("a run's counts")).unwrap();
            assert_eq!(runs.violations, violations, "{statement}");
        }
    }
}
