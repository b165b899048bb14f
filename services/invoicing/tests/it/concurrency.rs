//! Many at once: numbers without gap, items never oversettled, one effect and one answer for a repeated request.

use quittance_proto::invoicing::v1 as pb;
use quittance_testkit::assert_fault;
use tokio::task::JoinSet;
use tonic::Code;
use uuid::Uuid;

use crate::{
    settling::{outcomes, settle, settlement},
    setup::{Service, amount, create, create_and_issue, issue},
};

const CALLERS: usize = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_two_callers_leave_no_gap_and_no_duplicate_also_when_some_fail() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let mut calls = JoinSet::new();
    for caller in 0..CALLERS {
        let (mut invoices, customer) = (service.invoices(), customer.clone());
        calls.spawn(async move {
            let mut numbers = Vec::new();
            for round in 0..5 {
                let mut request = create_and_issue(&customer);
                let fails = (caller + round) % 4 == 0;
                if fails {
                    // Refused after the counter was reached for: the due date lies before the issue date.
                    request.invoice.as_mut().unwrap().due_on = "2026-03-01".to_owned();
                }
                match invoices.create_and_issue_invoice(request).await {
                    Ok(invoice) => numbers.push(invoice.into_inner().number),
                    Err(error) => {
                        assert!(fails);
                        assert_fault(&error, Code::FailedPrecondition, "DUE_BEFORE_ISSUED");
                    }
                }
            }
            numbers
        });
    }
    let mut numbers: Vec<String> = calls.join_all().await.into_iter().flatten().collect();
    numbers.sort();
    let expected: Vec<String> = (1..=numbers.len()).map(|n| format!("INV-{n:06}")).collect();
    assert_eq!(numbers, expected);
    assert_eq!(numbers.len(), CALLERS * 5 * 3 / 4);
    service.assert_ledger().await;
}

/// Calls of one moment are written together; the events of each stay in the trace that its caller gave.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_calls_that_are_written_together_keep_their_callers_traces() {
    let service = Service::start().await;
    let mut calls = JoinSet::new();
    let mut expected = Vec::new();
    for caller in 1..=8 {
        let (customer, trace) = (service.customer().await, format!("{caller:032x}"));
        for _ in 0..4 {
            let mut request = tonic::Request::new(create_and_issue(&customer));
            request.metadata_mut().insert("traceparent", format!("00-{trace}-00f067aa0ba902b7-01").parse().unwrap());
            let mut invoices = service.invoices();
            calls.spawn(async move { invoices.create_and_issue_invoice(request).await.unwrap() });
            expected.push((customer.clone(), trace.clone()));
        }
    }
    calls.join_all().await;
    let published: Vec<(Uuid, String)> = sqlx::query_as(
        "select ordering_key, split_part(traceparent, '-', 2) from outbox where kind like '%.InvoiceIssued'",
    )
    .fetch_all(service.db.db.system())
    .await
    .unwrap();
    let mut published: Vec<(String, String)> =
        published.into_iter().map(|(key, trace)| (key.to_string(), trace)).collect();
    published.sort();
    expected.sort();
    assert_eq!(published, expected);
    let transactions: i64 =
        sqlx::query_scalar("select count(distinct xmin::text) from outbox where kind like '%.InvoiceIssued'")
            .fetch_one(service.db.db.system())
            .await
            .unwrap();
    assert!(transactions < 32, "none of the calls were written together");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_two_callers_never_settle_more_than_an_item_holds() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let item = service.issued(&customer).await.invoice_id;
    let mut calls = JoinSet::new();
    for _ in 0..CALLERS {
        let (mut settlements, item) = (service.settlements(), item.clone());
        calls.spawn(async move {
            settlements.settle_items(settle(vec![settlement(&item, "7")])).await.unwrap().into_inner().results
        });
    }
    let all: Vec<String> = calls.join_all().await.into_iter().flat_map(outcomes).collect();
    let refused = all.iter().filter(|outcome| *outcome == "SETTLEMENT_EXCEEDS_OPEN").count();
    assert_eq!(all.len() - refused, 17, "119 / 7 = 17");
    assert_eq!(amount(&service.item(&item).await.settled), "119.00");
    service.assert_ledger().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_repeated_at_the_same_moment_has_one_effect_and_one_answer() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let draft = service.invoices().create_invoice(create(&customer)).await.unwrap().into_inner();
    let (issuing, creating) = (issue(&draft.invoice_id), create_and_issue(&customer));
    let mut calls = JoinSet::new();
    for caller in 0..16 {
        let (mut invoices, issuing, creating) = (service.invoices(), issuing.clone(), creating.clone());
        calls.spawn(async move {
            if caller % 2 == 0 {
                invoices.issue_invoice(issuing).await
            } else {
                invoices.create_and_issue_invoice(creating).await
            }
        });
    }
    let mut answers: Vec<pb::Invoice> =
        calls.join_all().await.into_iter().map(|answer| answer.unwrap().into_inner()).collect();
    answers.sort_by(|a, b| a.number.cmp(&b.number));
    answers.dedup();
    assert_eq!(answers.len(), 2);
    let kinds = service.events.kinds(5).await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "InvoiceIssued").count(), 2);
    service.assert_ledger().await;
}

#[tokio::test]
async fn a_request_id_serves_one_command_only_and_a_refusal_leaves_no_claim() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let first = create_and_issue(&customer);
    let made = service.invoices().create_and_issue_invoice(first.clone()).await.unwrap().into_inner();
    assert_eq!(service.invoices().create_and_issue_invoice(first.clone()).await.unwrap().into_inner(), made);
    let mut other = first.clone();
    other.invoice.as_mut().unwrap().note = "another".to_owned();
    assert_fault(
        &service.invoices().create_and_issue_invoice(other).await.unwrap_err(),
        Code::InvalidArgument,
        "REQUEST_ID_REUSED",
    );
    let method = pb::CreateInvoiceRequest { request_id: first.request_id.clone(), invoice: first.invoice.clone() };
    assert_fault(
        &service.invoices().create_invoice(method).await.unwrap_err(),
        Code::InvalidArgument,
        "REQUEST_ID_REUSED",
    );

    let mut refused = create_and_issue(&customer);
    refused.invoice.as_mut().unwrap().issued_on = "2026-03-03".to_owned();
    assert!(service.invoices().create_and_issue_invoice(refused.clone()).await.is_err());
    service.server.clock.advance(chrono::Duration::days(1));
    assert!(
        service.invoices().create_and_issue_invoice(refused).await.is_ok(),
        "the same request works once it is allowed"
    );

    // Twice in one batch is one command.
    let twice = create_and_issue(&customer);
    let request = pb::BatchCreateAndIssueInvoicesRequest { requests: vec![twice.clone(), twice], ..Default::default() };
    let answer = service.invoices().batch_create_and_issue_invoices(request).await.unwrap().into_inner();
    assert_eq!(answer.results[0], answer.results[1]);
    service.assert_ledger().await;
}
