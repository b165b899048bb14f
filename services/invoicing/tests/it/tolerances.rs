//! Settlements that depend on a tolerance policy: invoicing checks against the version that payments names.

use quittance_proto::{
    common::v1::{ApprovalPolicy, Tolerance, TolerancePolicy, WriteOffReason},
    invoicing::v1::{self as pb, policy::Content},
};
use quittance_testkit::{assert_fault, assert_violations, request_id};
use tonic::Code;

use crate::{
    approvals::rule,
    bad_debts::write_off,
    customer_credits,
    settling::{outcomes, settle, settlement},
    setup::{Service, create_and_issue, eur},
};

impl Service {
    /// An invoice over 119.00 EUR of February 20, with 2 % discount within 5 days.
    async fn with_discount(&self, customer: &str) -> String {
        let discounts = vec![pb::EarlyPaymentDiscount { days: 5, percent: "2".to_owned() }];
        let mut request = create_and_issue(customer);
        let invoice = request.invoice.as_mut().unwrap();
        "2026-02-20".clone_into(&mut invoice.issued_on);
        invoice.agreed_terms = Some(pb::PaymentTerms { net_days: 30, discounts, ..pb::PaymentTerms::default() });
        self.invoices().create_and_issue_invoice(request).await.unwrap().into_inner().invoice_id
    }

    async fn outcome(&self, settlement: pb::Settlement) -> String {
        let results = self.settlements().settle_items(settle(vec![settlement])).await.unwrap().into_inner().results;
        outcomes(results).remove(0)
    }
}

fn discounted(item: &str, on: &str, policy: &str) -> pb::Settlement {
    pb::Settlement {
        discount: eur("2.38"),
        effective_on: on.to_owned(),
        tolerance_policy_id: policy.to_owned(),
        ..settlement(item, "116.62")
    }
}

fn written_off(item: &str, difference: &str, paid: &str, policy: &str) -> pb::Settlement {
    pb::Settlement {
        write_off: eur(difference),
        write_off_reason: WriteOffReason::SmallDifference.into(),
        tolerance_policy_id: policy.to_owned(),
        ..settlement(item, paid)
    }
}

#[tokio::test]
async fn a_settlement_is_checked_against_the_policy_that_it_names() {
    let service = Service::start().await;
    let (customer, blocked) = (service.customer().await, service.customer().await);
    let tolerance = Tolerance { currency_code: "EUR".to_owned(), percent: "1".to_owned(), cap: eur("5") };
    let policy = TolerancePolicy {
        tolerances: vec![tolerance],
        blocked_customer_ids: vec![blocked.clone()],
        discount_grace_days: 3,
        accept_late_discount: true,
    };
    let draft = service.drafted(Content::Tolerances(policy.clone())).await;
    let active = service.activated(Content::Tolerances(policy)).await;
    let item = service.with_discount(&customer).await;
    assert_eq!(service.outcome(discounted(&item, "2026-02-28", "")).await, "DISCOUNT_NOT_ALLOWED", "three days late");
    assert_eq!(
        service.outcome(discounted(&item, "2026-03-01", &active)).await,
        "DISCOUNT_NOT_ALLOWED",
        "four days late"
    );
    for unknown in [request_id(), draft] {
        assert_eq!(service.outcome(discounted(&item, "2026-02-28", &unknown)).await, "TOLERANCE_POLICY_NOT_FOUND");
    }
    let late = discounted(&item, "2026-02-28", &active);
    assert_eq!(service.outcome(late.clone()).await, "0.00");
    assert_eq!(service.outcome(late.clone()).await, "0.00", "an allocation settles once");
    let other = pb::Settlement { tolerance_policy_id: String::new(), ..late };
    assert_eq!(service.outcome(other).await, "ALLOCATION_DIFFERS");

    // One percent of 119.00, cut to the cent.
    let item = service.with_discount(&customer).await;
    assert_eq!(service.outcome(written_off(&item, "1.20", "117.80", &active)).await, "WRITE_OFF_NOT_ALLOWED");
    let manual = pb::Settlement { actor: "ada".to_owned(), ..written_off(&item, "1.20", "117.80", &active) };
    assert_eq!(service.outcome(manual).await, "0.00", "a person decides without this limit");
    let item = service.with_discount(&customer).await;
    assert_eq!(service.outcome(written_off(&item, "1.19", "117.81", &active)).await, "0.00");
    let item = service.with_discount(&blocked).await;
    assert_eq!(service.outcome(written_off(&item, "0.01", "118.99", &active)).await, "WRITE_OFF_NOT_ALLOWED");
    assert_eq!(service.outcome(written_off(&item, "1.20", "117.80", "")).await, "0.00", "decided before policies");
    service.assert_ledger().await;
}

#[tokio::test]
async fn a_policy_blocks_customers_that_exist() {
    let service = Service::start().await;
    let policy = TolerancePolicy { blocked_customer_ids: vec![request_id()], ..TolerancePolicy::default() };
    let unknown = service.try_draft(Content::Tolerances(policy)).await.unwrap_err();
    assert_fault(&unknown, Code::NotFound, "CUSTOMER_NOT_FOUND");
}

#[tokio::test]
async fn a_policy_is_simulated_against_what_is_open_and_against_past_calls() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let tolerance = Tolerance { currency_code: "EUR".to_owned(), percent: "1".to_owned(), cap: eur("5") };
    let grace = TolerancePolicy { discount_grace_days: 3, accept_late_discount: true, ..TolerancePolicy::default() };
    let policy = service.drafted(Content::Tolerances(TolerancePolicy { tolerances: vec![tolerance], ..grace })).await;
    let [rest, late, much] = [
        service.with_discount(&customer).await,
        service.with_discount(&customer).await,
        service.with_discount(&customer).await,
    ];
    for (item, paid, on) in
        [(&rest, "118", "2026-03-02"), (&late, "116.62", "2026-02-28"), (&much, "100", "2026-03-02")]
    {
        let settlement = pb::Settlement { effective_on: on.to_owned(), ..settlement(item, paid) };
        service.outcome(settlement).await;
    }
    let simulate = async |policy_id: &str, from_on: &str| {
        let request = pb::SimulatePolicyRequest {
            policy_id: policy_id.to_owned(),
            from_on: from_on.to_owned(),
            ..pb::SimulatePolicyRequest::default()
        };
        service.policies().simulate_policy(request).await.map(tonic::Response::into_inner)
    };
    let simulated = simulate(&policy, "").await.unwrap();
    let closed: Vec<_> = simulated.settlements.iter().map(|one| (one.item_id.as_str(), one.effect())).collect();
    assert_eq!(
        closed,
        [(rest.as_str(), pb::SimulatedEffect::WriteOff), (late.as_str(), pb::SimulatedEffect::LateDiscount)]
    );
    assert_eq!((simulated.item_count, simulated.totals), (2, vec![eur("3.38").unwrap()]));
    assert_eq!(simulate(&policy, "2026-03-01").await.unwrap().item_count, 1, "the late one was paid before");

    for (item, amount) in [(&rest, "1"), (&much, "19")] {
        let request = pb::WriteOffItemRequest { amount: eur(amount), ..write_off(item, None) };
        service.bad_debts().write_off_item(request).await.unwrap();
    }
    let paid = service.paid(&customer).await;
    let credit = service.credit_on_account(&paid, Some("20"), false).await;
    service.customer_credits().write_off_credit(customer_credits::write_off(&credit, None)).await.unwrap();
    let rules = vec![rule("WriteOffItem", Some("10")), rule("WriteOffCredit", Some("20"))];
    let approvals = ApprovalPolicy { rules, valid_days: 0 };
    let policy = service.drafted(Content::Approvals(approvals)).await;
    let simulated = simulate(&policy, "").await.unwrap().approvals;
    let counts = |method: &str| {
        let one = simulated.iter().find(|one| one.method == method).unwrap();
        (one.calls, one.needing_approval)
    };
    assert_eq!((counts("WriteOffItem"), counts("CreditInvoice"), simulated.len()), ((2, 1), (1, 0), 6));
    assert_eq!(counts("WriteOffCredit"), (1, 0));
    let unknown = simulate(&request_id(), "").await.unwrap_err();
    assert_fault(&unknown, Code::NotFound, "POLICY_NOT_FOUND");
    assert_violations(&simulate("x", "2026-03-03").await.unwrap_err(), &["policy_id", "to_on"]);
}
