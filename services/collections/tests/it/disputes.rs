//! Disputes: their rules, and that a disputed item is not reminded.

use quittance_events::History;
use quittance_host::{Histories, Service as _};
use quittance_proto::{collections::v1 as pb, common::v1::DateRange, invoicing::v1 as inv};
use quittance_testkit::{assert_fault, assert_violations, request_id, wait_until};
use tonic::Code;

use crate::support::{Setup, brief};

/// Disputes do not come from invoicing's events: a rebuild of everything that does keeps them, and changes nothing.
#[tokio::test]
async fn a_rebuild_leaves_disputes_alone_and_changes_nothing() {
    let setup = Setup::start().await;
    let customer = setup.customer("A", vec![]).await;
    let item = setup.invoice(&customer, "100.00", "2026-02-28").await.invoice_id;
    let dispute = setup.try_dispute(&item, "2026-03-01").await.unwrap();
    let histories = Histories::default().with("invoicing", History::Outbox(setup.invoicing.db().clone()));
    let rebuilt = setup.collections.rebuild(&histories, &mut |_| {}).await.unwrap();
    assert_eq!(rebuilt.before, rebuilt.after);
    assert!(rebuilt.events > 0);
    setup.try_resolve(&dispute, "2026-03-02").await.unwrap();
    setup.verify().await;
}

#[tokio::test]
async fn a_disputed_item_is_left_out_and_comes_back_after_it_is_resolved() {
    let setup = Setup::start().await;
    let customer = setup.customer("A", vec![]).await;
    let disputed = setup.invoice(&customer, "100.00", "2026-02-10").await;
    setup.invoice(&customer, "50.00", "2026-02-10").await;
    let dispute = setup.try_dispute(&disputed.invoice_id, "2026-02-15").await.unwrap();
    assert_eq!(
        (dispute.customer_id.as_str(), dispute.opened_on.as_str(), dispute.resolved_on.as_str()),
        (customer.as_str(), "2026-02-15", "")
    );
    // It is disputed now: a run for the day before leaves it out too.
    assert_eq!(setup.due("2026-02-14").await, vec![(1, vec![(1, "50.00".to_owned())])]);
    assert_eq!(setup.due("2026-02-15").await, vec![(1, vec![(1, "50.00".to_owned())])]);
    assert_eq!(setup.run("2026-02-20").await.iter().map(brief).collect::<Vec<_>>(), [(8, vec![(8, "50.00")])]);
    let resolved = setup.try_resolve(&dispute, "2026-02-25").await.unwrap();
    assert_eq!((resolved.resolved_on.as_str(), resolved.outcome()), ("2026-02-25", pb::DisputeOutcome::Rejected));
    assert_eq!(setup.due("2026-02-24").await, []);
    assert_eq!(setup.run("2026-02-25").await.iter().map(brief).collect::<Vec<_>>(), [(8, vec![(8, "100.00")])]);
    assert_eq!(
        setup.events.kinds(9).await,
        [
            "StrategyCreated",
            "DisputeOpened",
            "RunStarted",
            "ReminderRecorded",
            "RunEnded",
            "DisputeResolved",
            "RunStarted",
            "ReminderRecorded",
            "RunEnded"
        ]
    );
    setup.verify().await;
}

#[tokio::test]
async fn disputes_have_rules() {
    let setup = Setup::start().await;
    let customer = setup.customer("A", vec![]).await;
    let invoice = setup.invoice(&customer, "100.00", "2026-02-10").await;
    let unknown = "01890000-0000-7000-8000-000000000000";
    assert_fault(&setup.try_dispute(unknown, "").await.unwrap_err(), Code::NotFound, "ITEM_NOT_FOUND");
    let early = setup.try_dispute(&invoice.invoice_id, "2026-03-03").await.unwrap_err();
    assert_fault(&early, Code::FailedPrecondition, "DATE_IN_FUTURE");
    let dispute = setup.try_dispute(&invoice.invoice_id, "2026-02-20").await.unwrap();
    let second = setup.try_dispute(&invoice.invoice_id, "").await.unwrap_err();
    assert_fault(&second, Code::FailedPrecondition, "DISPUTE_OPEN");
    let early = setup.try_resolve(&dispute, "2026-02-19").await.unwrap_err();
    assert_fault(&early, Code::FailedPrecondition, "RESOLVED_BEFORE_OPENED");
    let late = setup.try_resolve(&dispute, "2026-03-03").await.unwrap_err();
    assert_fault(&late, Code::FailedPrecondition, "DATE_IN_FUTURE");
    let unknown_dispute = pb::Dispute { dispute_id: unknown.to_owned(), ..pb::Dispute::default() };
    assert_fault(&setup.try_resolve(&unknown_dispute, "").await.unwrap_err(), Code::NotFound, "DISPUTE_NOT_FOUND");
    let resolved = setup.try_resolve(&dispute, "").await.unwrap();
    assert_eq!(resolved.resolved_on, "2026-03-02");
    assert_fault(&setup.try_resolve(&dispute, "").await.unwrap_err(), Code::FailedPrecondition, "DISPUTE_RESOLVED");
    let request = pb::GetDisputeRequest { dispute_id: dispute.dispute_id };
    assert_eq!(setup.disputes().get_dispute(request).await.unwrap().into_inner(), resolved);
    // It may be disputed again.
    let again = setup.try_dispute(&invoice.invoice_id, "").await.unwrap();
    let listed = |open_only| pb::ListDisputesRequest {
        open_only,
        customer_ids: vec![customer.clone()],
        ..pb::ListDisputesRequest::default()
    };
    let open = setup.disputes().list_disputes(listed(true)).await.unwrap().into_inner().disputes;
    let all = setup.disputes().list_disputes(listed(false)).await.unwrap().into_inner().disputes;
    assert_eq!((open, all), (vec![again.clone()], vec![resolved.clone(), again.clone()]));
    let found = async |request: pb::ListDisputesRequest| {
        setup.disputes().list_disputes(request).await.unwrap().into_inner().disputes
    };
    let list = pb::ListDisputesRequest::default;
    let of_item = |item_id: &str| pb::ListDisputesRequest { item_id: item_id.to_owned(), ..list() };
    assert_eq!(found(of_item(&invoice.invoice_id)).await.len(), 2);
    assert!(found(of_item(unknown)).await.is_empty());
    let for_reason = |reason: pb::DisputeReason| pb::ListDisputesRequest { reasons: vec![reason.into()], ..list() };
    assert_eq!(found(for_reason(pb::DisputeReason::Pricing)).await.len(), 2);
    assert!(found(for_reason(pb::DisputeReason::Unspecified)).await.is_empty(), "those without a reason");
    let opened_on = Some(DateRange { to_on: "2026-02-28".to_owned(), ..DateRange::default() });
    assert_eq!(found(pb::ListDisputesRequest { opened_on, ..list() }).await, std::slice::from_ref(&resolved));
    let latest = pb::ListDisputesRequest { order_by: "opened_on desc".to_owned(), page_size: 1, ..list() };
    assert_eq!(found(latest).await, [again]);
}

#[tokio::test]
async fn an_item_disputed_eight_times_at_once_has_one_dispute() {
    let setup = Setup::start().await;
    let customer = setup.customer("A", vec![]).await;
    let invoice = setup.invoice(&customer, "100.00", "2026-02-10").await;
    let opened: Vec<_> = (0..8)
        .map(|_| {
            let mut client = setup.disputes();
            let request = pb::OpenDisputeRequest {
                request_id: request_id(),
                item_id: invoice.invoice_id.clone(),
                ..pb::OpenDisputeRequest::default()
            };
            tokio::spawn(async move { client.open_dispute(request).await })
        })
        .collect();
    let mut count = 0;
    for one in opened {
        match one.await.unwrap() {
            Ok(_) => count += 1,
            Err(status) => assert_fault(&status, Code::FailedPrecondition, "DISPUTE_OPEN"),
        }
    }
    assert_eq!(count, 1);
}

#[tokio::test]
async fn invoicing_reads_of_a_dispute() {
    let setup = Setup::start().await;
    let customer = setup.customer("A", vec![]).await;
    let invoice = setup.invoice(&customer, "100.00", "2026-02-10").await;
    setup.publish_to_invoicing();
    let disputed = || async {
        let request = inv::GetOpenItemRequest { item_id: invoice.invoice_id.clone() };
        setup.items().get_open_item(request).await.unwrap().into_inner().disputed
    };
    let dispute = setup.try_dispute(&invoice.invoice_id, "").await.unwrap();
    wait_until("invoicing shows the item as disputed", disputed).await;
    setup.try_resolve(&dispute, "").await.unwrap();
    wait_until("invoicing shows the item as not disputed", || async { !disputed().await }).await;
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_dispute_is_named() {
    let setup = Setup::start().await;
    let request = pb::OpenDisputeRequest {
        request_id: "x".to_owned(),
        item_id: String::new(),
        reason: 99,
        note: "\u{7}".to_owned(),
        opened_on: "2026-02-30".to_owned(),
    };
    let wrong = setup.disputes().open_dispute(request).await.unwrap_err();
    assert_violations(&wrong, &["reason", "request_id", "item_id", "note", "opened_on"]);
    let wrong = setup.disputes().resolve_dispute(pb::ResolveDisputeRequest::default()).await.unwrap_err();
    assert_violations(&wrong, &["request_id", "dispute_id", "outcome"]);
    let wrong = setup
        .dunning()
        .start_dunning(pb::StartDunningRequest { strategy_id: "x".to_owned(), ..pb::StartDunningRequest::default() })
        .await
        .unwrap_err();
    assert_violations(&wrong, &["request_id", "as_of", "strategy_id"]);
}
