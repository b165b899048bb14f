//! Accounting periods: what comes late, and what is open at the end of a closed one.

use quittance_grpc::Client;
use quittance_proto::{
    common::v1::{ApprovalPolicy, ApprovalState},
    invoicing::v1::{
        self as pb, invoicing_event::Payload, period_service_client::PeriodServiceClient, policy::Content,
    },
};
use quittance_testkit::{assert_fault, assert_violations, request_id};
use tokio::task::JoinSet;
use tonic::{Code, Status};

use crate::{
    approvals::{approve, rule},
    audit::acting_for,
    bad_debts::write_off,
    customer_credits,
    settling::{outcomes, reverse, settle, settlement},
    setup::{Service, amount, create_and_issue, eur},
};

fn close(end_on: &str) -> pb::ClosePeriodRequest {
    pb::ClosePeriodRequest { request_id: request_id(), end_on: end_on.to_owned() }
}

fn reopen(period: &pb::Period) -> pb::ReopenPeriodRequest {
    let reason = "An invoice was missing".to_owned();
    pb::ReopenPeriodRequest { request_id: request_id(), period_id: period.period_id.clone(), reason }
}

/// Items and credits of each currency.
fn balances(period: &pb::Period) -> Vec<[&str; 2]> {
    period.balances.iter().map(|balance| [amount(&balance.items), amount(&balance.credits)]).collect()
}

impl Service {
    pub(crate) fn periods(&self) -> PeriodServiceClient<Client> {
        PeriodServiceClient::new(self.portal())
    }

    pub(crate) async fn close(&self, end_on: &str) -> Result<pb::Period, Status> {
        self.periods().close_period(close(end_on)).await.map(tonic::Response::into_inner)
    }

    async fn reopen(&self, period: &pb::Period) -> Result<pb::ReopenPeriodResponse, Status> {
        self.periods().reopen_period(reopen(period)).await.map(tonic::Response::into_inner)
    }

    /// An invoice over 119.00 EUR of February 10.
    async fn of_february(&self, customer: &str) -> Result<String, Status> {
        let mut request = create_and_issue(customer);
        "2026-02-10".clone_into(&mut request.invoice.as_mut().unwrap().issued_on);
        Ok(self.invoices().create_and_issue_invoice(request).await?.into_inner().invoice_id)
    }

    /// Kind, own date (empty: the effective date) and effective date of each entry but the first, in their order.
    async fn dates(&self, item: &str) -> Vec<(pb::EntryKind, String, String)> {
        let request = pb::ListEntriesRequest { item_id: item.to_owned(), ..pb::ListEntriesRequest::default() };
        let entries = self.items().list_entries(request).await.unwrap().into_inner().entries;
        let shown = |entry: pb::Entry| (entry.kind(), entry.dated_on, entry.effective_on);
        entries.into_iter().skip(1).map(shown).collect()
    }

    async fn settle_on(&self, item: &str, money: &str, on: &str) -> (pb::Settlement, String) {
        let settlement = pb::Settlement { effective_on: on.to_owned(), ..settlement(item, money) };
        let done = self.settlements().settle_items(settle(vec![settlement.clone()])).await.unwrap().into_inner();
        (settlement, outcomes(done.results).remove(0))
    }

    fn late_entries(treatment: pb::LateEntryTreatment) -> Content {
        Content::LateEntries(pb::LateEntryPolicy { treatment: treatment.into() })
    }
}

#[tokio::test]
async fn what_comes_late_counts_from_the_first_open_day_and_keeps_its_date() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let item = service.of_february(&customer).await.unwrap();
    let request = close("2026-02-28");
    let period = service.periods().close_period(request.clone()).await.unwrap().into_inner();
    let again = service.periods().close_period(request).await.unwrap().into_inner();
    assert_eq!(again, period, "a repeated call has the same response");
    assert_eq!(
        (period.start_on.as_str(), period.end_on.as_str(), period.state()),
        ("", "2026-02-28", pb::PeriodState::Closed)
    );
    assert_eq!(balances(&period), [["119.00", "0.00"]]);

    let (settled, open) = service.settle_on(&item, "50", "2026-02-20").await;
    assert_eq!(open, "69.00");
    let done = service.settlements().reverse_settlements(reverse(&settled, "2026-03-01")).await.unwrap().into_inner();
    assert_eq!(outcomes(done.results), ["119.00"]);
    let given_up = pb::WriteOffItemRequest { effective_on: "2026-02-15".to_owned(), ..write_off(&item, Some("19")) };
    service.bad_debts().write_off_item(given_up).await.unwrap();
    let dates = |kind, dated: &str, effective: &str| (kind, dated.to_owned(), effective.to_owned());
    assert_eq!(
        service.dates(&item).await,
        [
            dates(pb::EntryKind::Settlement, "2026-02-20", "2026-03-01"),
            dates(pb::EntryKind::SettlementReversal, "", "2026-03-01"),
            dates(pb::EntryKind::BadDebt, "2026-02-15", "2026-03-01"),
        ]
    );
    let request = pb::GetStatementRequest {
        customer_id: customer.clone(),
        currency_code: "EUR".to_owned(),
        from_on: "2026-02-01".to_owned(),
        to_on: "2026-02-28".to_owned(),
        known_at: None,
    };
    let statement = service.items().get_statement(request).await.unwrap().into_inner();
    assert_eq!(amount(&statement.closing_balance), "119.00", "what was open at the end stays");
    service.assert_ledger().await;
}

#[tokio::test]
async fn documents_and_extensions_of_closed_days_are_refused_until_the_period_is_reopened() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let item = service.of_february(&customer).await.unwrap();
    let period = service.close("2026-02-28").await.unwrap();
    let credit = |request_id| pb::CreditInvoiceRequest {
        request_id,
        invoice_id: item.clone(),
        reason: pb::CreditReason::Return.into(),
        issued_on: "2026-02-20".to_owned(),
        amount: eur("10"),
        ..Default::default()
    };
    let extend = |request_id| pb::ExtendDueDateRequest {
        request_id,
        item_id: item.clone(),
        due_on: "2026-05-31".to_owned(),
        effective_on: "2026-02-20".to_owned(),
        reason: "Agreed".to_owned(),
    };
    for error in [
        service.of_february(&customer).await.unwrap_err(),
        service.credit_notes().credit_invoice(credit(request_id())).await.unwrap_err(),
        service.items().extend_due_date(extend(request_id())).await.unwrap_err(),
    ] {
        assert_fault(&error, Code::FailedPrecondition, "PERIOD_CLOSED");
    }
    let reopened = service.reopen(&period).await.unwrap().period.unwrap();
    assert_eq!(
        (reopened.state(), reopened.reopen_reason.as_str()),
        (pb::PeriodState::Reopened, "An invoice was missing")
    );
    assert_eq!(reopened.balances, period.balances);
    service.of_february(&customer).await.unwrap();
    service.credit_notes().credit_invoice(credit(request_id())).await.unwrap();
    service.items().extend_due_date(extend(request_id())).await.unwrap();
    let again = service.close("2026-02-28").await.unwrap();
    assert_eq!(balances(&again), [["228.00", "0.00"]]);
    service.assert_ledger().await;
}

#[tokio::test]
async fn late_entries_are_refused_where_the_policy_says_so() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let item = service.of_february(&customer).await.unwrap();
    let credit = service.credit_on_account(&item, Some("30"), true).await;
    service.close("2026-02-28").await.unwrap();
    assert_eq!(service.settle_on(&item, "10", "2026-02-20").await.1, "109.00", "carried forward without a policy");
    let refuse = Service::late_entries(pb::LateEntryTreatment::Refuse);
    let policy = service.activated(refuse).await;
    let (_, late) = service.settle_on(&item, "10", "2026-02-28").await;
    assert_eq!(late, "PERIOD_CLOSED");
    let given_up = pb::WriteOffItemRequest { effective_on: "2026-02-15".to_owned(), ..write_off(&item, Some("19")) };
    let error = service.bad_debts().write_off_item(given_up).await.unwrap_err();
    assert_fault(&error, Code::FailedPrecondition, "PERIOD_CLOSED");
    assert_eq!(service.settle_on(&item, "10", "2026-03-01").await.1, "99.00");
    service.customer_credits().write_off_credit(customer_credits::write_off(&credit, Some("1"))).await.unwrap();

    let simulate =
        |policy_id: &str| pb::SimulatePolicyRequest { policy_id: policy_id.to_owned(), ..Default::default() };
    let simulated = service.policies().simulate_policy(simulate(&policy)).await.unwrap().into_inner();
    assert_eq!(simulated.late_entries, Some(pb::SimulatedLateEntries { entries: 1, refused: 1 }));
    let carry = Service::late_entries(pb::LateEntryTreatment::CarryForward);
    let carry = service.activated(carry).await;
    let simulated = service.policies().simulate_policy(simulate(&carry)).await.unwrap().into_inner();
    assert_eq!(simulated.late_entries, Some(pb::SimulatedLateEntries { entries: 1, refused: 0 }));
    assert_eq!(service.settle_on(&item, "10", "2026-02-20").await.1, "89.00", "of two policies of one day the later");
    let unspecified = Service::late_entries(pb::LateEntryTreatment::Unspecified);
    assert_violations(&service.try_draft(unspecified).await.unwrap_err(), &["policy.late_entries.treatment"]);
    service.assert_ledger().await;
}

#[tokio::test]
async fn periods_are_closed_one_after_the_other_and_the_latest_is_reopened() {
    let service = Service::start().await;
    let refused = |error: Status, reason| assert_fault(&error, Code::FailedPrecondition, reason);
    refused(service.close("2026-03-02").await.unwrap_err(), "PERIOD_NOT_OVER");
    let january = service.close("2026-01-31").await.unwrap();
    assert!(january.balances.is_empty());
    refused(service.close("2026-01-31").await.unwrap_err(), "PERIOD_CLOSED");
    let february = service.close("2026-02-28").await.unwrap();
    assert_eq!(february.start_on, "2026-02-01");
    refused(service.reopen(&january).await.unwrap_err(), "PERIOD_NOT_LATEST");
    let unknown = pb::Period { period_id: request_id(), ..Default::default() };
    assert_fault(&service.reopen(&unknown).await.unwrap_err(), Code::NotFound, "PERIOD_NOT_FOUND");
    let bad = pb::ReopenPeriodRequest { request_id: request_id(), period_id: "x".to_owned(), reason: String::new() };
    assert_violations(&service.periods().reopen_period(bad).await.unwrap_err(), &["period_id", "reason"]);
    assert_violations(&service.close("2026-02-30").await.unwrap_err(), &["end_on"]);

    // A second person.
    let rules = vec![rule("ReopenPeriod", None)];
    service.activated(Content::Approvals(ApprovalPolicy { rules, valid_days: 0 })).await;
    let waiting = service.reopen(&february).await.unwrap();
    assert_eq!(waiting.period.unwrap().state(), pb::PeriodState::Closed);
    let approval = waiting.approval.unwrap();
    let request = acting_for("grace", approve(&approval));
    let approved = service.approvals().approve(request).await.unwrap().into_inner();
    assert_eq!(approved.state(), ApprovalState::Approved);
    refused(service.reopen(&february).await.unwrap_err(), "PERIOD_NOT_LATEST");

    let get = pb::GetPeriodRequest { period_id: february.period_id.clone() };
    let found = service.periods().get_period(get).await.unwrap().into_inner();
    assert_eq!(found.state(), pb::PeriodState::Reopened);
    let get = pb::GetPeriodRequest { period_id: request_id() };
    assert_fault(&service.periods().get_period(get).await.unwrap_err(), Code::NotFound, "PERIOD_NOT_FOUND");
    for (state, expected) in [
        (pb::PeriodState::Unspecified, vec![&january.period_id, &february.period_id]),
        (pb::PeriodState::Closed, vec![&january.period_id]),
        (pb::PeriodState::Reopened, vec![&february.period_id]),
    ] {
        let list = pb::ListPeriodsRequest { state: state.into(), ..Default::default() };
        let periods = service.periods().list_periods(list).await.unwrap().into_inner().periods;
        assert_eq!(periods.iter().map(|period| &period.period_id).collect::<Vec<_>>(), expected);
    }
    let events: Vec<pb::InvoicingEvent> = service.events.all(8).await;
    let published = events.into_iter().filter_map(|event| match event.payload {
        Some(Payload::PeriodClosed(closed)) => closed.period.map(|period| (period.end_on.clone(), period.state())),
        Some(Payload::PeriodReopened(reopened)) => {
            reopened.period.map(|period| (period.end_on.clone(), period.state()))
        }
        _ => None,
    });
    let (january, february) = ("2026-01-31".to_owned(), "2026-02-28".to_owned());
    assert_eq!(
        published.collect::<Vec<_>>(),
        [
            (january, pb::PeriodState::Closed),
            (february.clone(), pb::PeriodState::Closed),
            (february, pb::PeriodState::Reopened)
        ]
    );
    service.assert_ledger().await;
}

/// Whether an entry counts in the period or after it, its balance is what is open at its end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_period_is_closed_while_money_is_settled() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let mut items = Vec::new();
    for _ in 0..8 {
        items.push(service.of_february(&customer).await.unwrap());
    }
    let mut calls = JoinSet::new();
    for item in items {
        let mut settlements = service.settlements();
        calls.spawn(async move {
            for _ in 0..10 {
                let late = pb::Settlement { effective_on: "2026-02-20".to_owned(), ..settlement(&item, "1") };
                let done = settlements.settle_items(settle(vec![late])).await.unwrap().into_inner();
                assert!(!outcomes(done.results)[0].starts_with('P'));
            }
        });
    }
    for end_on in ["2026-02-19", "2026-02-28"] {
        service.close(end_on).await.unwrap();
    }
    calls.join_all().await;
    service.assert_ledger().await;
}
