//! Calls that need a second person, and the policies that say which.

use chrono::Duration;
use quittance_grpc::Client;
use quittance_proto::{
    common::v1::{
        self as common, Approval, ApprovalPolicy, ApprovalRule, ApprovalState, ApproveRequest, GetApprovalRequest,
        ListApprovalsRequest, PolicyState, RejectRequest,
    },
    invoicing::v1::{
        self as pb, bad_debt_service_client::BadDebtServiceClient,
        invoicing_approval_service_client::InvoicingApprovalServiceClient, policy::Content,
        policy_service_client::PolicyServiceClient,
    },
};
use quittance_testkit::{assert_fault, assert_violations, request_id};
use tokio::task::JoinSet;
use tonic::{Code, Status};

use crate::{
    audit::acting_for,
    bad_debts::write_off,
    settling::{reverse, settle, settlement},
    setup::{Service, amount, eur},
};

/// A rule for a method, with a threshold in euros.
pub(crate) fn rule(method: &str, above: Option<&str>) -> ApprovalRule {
    ApprovalRule { method: method.to_owned(), above: above.and_then(eur).into_iter().collect() }
}

fn draft(rules: Vec<ApprovalRule>) -> pb::Policy {
    let content = Content::Approvals(ApprovalPolicy { rules, valid_days: 0 });
    pb::Policy { description: "Four eyes".to_owned(), content: Some(content), ..pb::Policy::default() }
}

fn activate(policy: &pb::Policy) -> pb::ActivatePolicyRequest {
    pb::ActivatePolicyRequest {
        request_id: request_id(),
        policy_id: policy.policy_id.clone(),
        reason: "The auditor's advice".to_owned(),
        ..pb::ActivatePolicyRequest::default()
    }
}

pub(crate) fn approve(approval: &Approval) -> ApproveRequest {
    let note = "Seen the letter.".to_owned();
    ApproveRequest { request_id: request_id(), approval_id: approval.approval_id.clone(), note }
}

fn reject(approval: &Approval) -> RejectRequest {
    let note = "Too early.".to_owned();
    RejectRequest { request_id: request_id(), approval_id: approval.approval_id.clone(), note }
}

impl Service {
    /// A caller that may act for people.
    pub(crate) fn portal(&self) -> Client {
        self.server.client_for(Some(self.server.tenant), &["*"], "* act-for")
    }

    pub(crate) fn approvals(&self) -> InvoicingApprovalServiceClient<Client> {
        InvoicingApprovalServiceClient::new(self.portal())
    }

    pub(crate) fn policies(&self) -> PolicyServiceClient<Client> {
        PolicyServiceClient::new(self.portal())
    }

    pub(crate) async fn try_draft(&self, content: Content) -> Result<pb::Policy, Status> {
        let policy = pb::Policy { content: Some(content), ..pb::Policy::default() };
        let request = pb::CreatePolicyRequest { request_id: request_id(), policy: Some(policy) };
        self.policies().create_policy(request).await.map(tonic::Response::into_inner)
    }

    /// The id of a draft.
    pub(crate) async fn drafted(&self, content: Content) -> String {
        self.try_draft(content).await.unwrap().policy_id
    }

    /// The id of a policy that is in force from today on.
    pub(crate) async fn activated(&self, content: Content) -> String {
        let draft = self.try_draft(content).await.unwrap();
        self.policies().activate_policy(activate(&draft)).await.unwrap();
        draft.policy_id
    }

    async fn draft(&self, rules: Vec<ApprovalRule>) -> pb::Policy {
        let request = pb::CreatePolicyRequest { request_id: request_id(), policy: Some(draft(rules)) };
        self.policies().create_policy(request).await.unwrap().into_inner()
    }

    /// Puts a policy with these rules in force.
    pub(crate) async fn require_approval(&self, rules: Vec<ApprovalRule>) -> pb::Policy {
        let draft = self.draft(rules).await;
        let done = self.policies().activate_policy(activate(&draft)).await.unwrap().into_inner();
        assert_eq!(done.approval, None);
        done.policy.unwrap()
    }

    async fn write_off_as(&self, person: &str, request: pb::WriteOffItemRequest) -> pb::WriteOffItemResponse {
        let mut bad_debts = BadDebtServiceClient::new(self.portal());
        bad_debts.write_off_item(acting_for(person, request)).await.unwrap().into_inner()
    }

    pub(crate) async fn approve_as(&self, person: &str, request: ApproveRequest) -> Result<Approval, Status> {
        self.approvals().approve(acting_for(person, request)).await.map(tonic::Response::into_inner)
    }

    async fn approval(&self, approval: &Approval) -> Approval {
        let request = GetApprovalRequest { approval_id: approval.approval_id.clone() };
        self.approvals().get_approval(request).await.unwrap().into_inner()
    }

    async fn listed(&self, request: ListApprovalsRequest) -> Vec<Approval> {
        self.approvals().list_approvals(request).await.unwrap().into_inner().approvals
    }
}

#[tokio::test]
async fn a_write_off_above_its_threshold_waits_for_another_person_and_is_the_requesters() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let item = service.issued(&customer).await.invoice_id;
    let policy = service.require_approval(vec![rule("WriteOffItem", Some("50"))]).await;

    let small = service.write_off_as("ada", write_off(&item, Some("50"))).await;
    assert_eq!((small.approval, small.bad_debt.is_some()), (None, true));
    let request = write_off(&item, None);
    let waiting = service.write_off_as("ada", request.clone()).await;
    assert_eq!(waiting, service.write_off_as("ada", request.clone()).await, "a repeated call has the same answer");
    assert_eq!(waiting.bad_debt, None);
    assert_eq!(amount(&waiting.item.unwrap().open_amount), "69.00");
    let pending = waiting.approval.unwrap();
    assert_eq!(pending.state(), ApprovalState::Pending);
    assert_eq!(
        [&pending.method, &pending.policy_id, &pending.customer_id],
        ["WriteOffItem", &policy.policy_id, &customer]
    );
    assert_eq!((amount(&pending.amount), amount(&pending.threshold)), ("69.00", "50.00"));
    assert_eq!(
        [&pending.requested_by, &pending.requested_on_behalf_of, &pending.request_id],
        ["test", "ada", &request.request_id]
    );
    assert_eq!([&pending.subject, &pending.reason], [&format!("items/{item}"), &request.note]);
    let kept = &pending.request.as_ref().unwrap().fields;
    assert_eq!(kept.keys().collect::<Vec<_>>(), ["itemId", "note", "reason"]);
    let all_pending = ListApprovalsRequest { state: ApprovalState::Pending.into(), ..ListApprovalsRequest::default() };
    assert_eq!(service.listed(all_pending.clone()).await, std::slice::from_ref(&pending));
    service.assert_ledger().await;

    let same = service.approve_as("ada", approve(&pending)).await.unwrap_err();
    assert_fault(&same, Code::FailedPrecondition, "APPROVER_IS_REQUESTER");
    let decision = approve(&pending);
    let approved = service.approve_as("grace", decision.clone()).await.unwrap();
    assert_eq!(service.approve_as("grace", decision).await.unwrap(), approved, "a repeated call has the same answer");
    assert_eq!(approved.state(), ApprovalState::Approved);
    assert_eq!([&approved.decided_on_behalf_of, &approved.note], ["grace", "Seen the letter."]);
    assert_eq!(service.approval(&pending).await, approved);
    let again = service.approve_as("eve", approve(&pending)).await.unwrap_err();
    assert_fault(&again, Code::FailedPrecondition, "APPROVAL_DECIDED");
    let late = service.approvals().reject(reject(&pending)).await.unwrap_err();
    assert_fault(&late, Code::FailedPrecondition, "APPROVAL_DECIDED");
    assert_eq!(service.listed(all_pending).await, []);
    let of_item = ListApprovalsRequest { subject: pending.subject.clone(), ..ListApprovalsRequest::default() };
    assert_eq!(service.listed(of_item).await, std::slice::from_ref(&approved));

    // What was done is the requester's, through the call that requested it.
    let debt = approved.result.strip_prefix("badDebts/").unwrap();
    let entries = pb::ListEntriesRequest { item_id: item.clone(), ..pb::ListEntriesRequest::default() };
    let entries = service.items().list_entries(entries).await.unwrap().into_inner().entries;
    let written_off = entries.iter().find(|entry| entry.source == Some(pb::entry::Source::BadDebtId(debt.to_owned())));
    let written_off = written_off.unwrap();
    assert_eq!(amount(&written_off.amount), "-69.00");
    assert_eq!([&written_off.on_behalf_of, &written_off.request_id], ["ada", &request.request_id]);
    let audit =
        service.audit(common::ListAuditEntriesRequest { person: "grace".to_owned(), ..Default::default() }).await;
    let by_grace: Vec<&str> = audit.iter().map(|entry| entry.event_type.as_str()).collect();
    assert_eq!(by_grace, ["quittance.invoicing.v1.ApprovalGranted"]);
    let audit = service.audit(common::ListAuditEntriesRequest { person: "ada".to_owned(), ..Default::default() }).await;
    // All of one instant, which has no order.
    let mut by_ada: Vec<[&str; 2]> =
        audit.iter().map(|entry| [entry.method.as_str(), &entry.event_type[23..]]).collect();
    by_ada.sort_unstable();
    let done = ["WriteOffItem", "ItemWrittenOff"];
    assert_eq!(by_ada, [["WriteOffItem", "ApprovalRequested"], done, done]);
    service.assert_ledger().await;
}

#[tokio::test]
async fn what_has_changed_is_refused_and_stays_pending_until_it_is_rejected_or_expires() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let item = service.issued(&customer).await.invoice_id;
    service.require_approval(vec![rule("WriteOffItem", Some("0"))]).await;
    let paid = settlement(&item, "19");
    service.settlements().settle_items(settle(vec![paid.clone()])).await.unwrap();
    let pending = service.write_off_as("ada", write_off(&item, None)).await.approval.unwrap();
    service.settlements().reverse_settlements(reverse(&paid, "2026-03-02")).await.unwrap();
    let more = service.approve_as("grace", approve(&pending)).await.unwrap_err();
    assert_fault(&more, Code::FailedPrecondition, "APPROVED_AMOUNT_EXCEEDED");
    service.settlements().settle_items(settle(vec![settlement(&item, "119")])).await.unwrap();
    let nothing = service.approve_as("grace", approve(&pending)).await.unwrap_err();
    assert_fault(&nothing, Code::FailedPrecondition, "NOTHING_OPEN");
    assert_eq!(service.approval(&pending).await, pending);

    let withdrawn = service.approvals().reject(acting_for("ada", reject(&pending))).await.unwrap().into_inner();
    assert_eq!((withdrawn.state(), withdrawn.result.as_str()), (ApprovalState::Rejected, ""));
    let rejected = service.approve_as("grace", approve(&pending)).await.unwrap_err();
    assert_fault(&rejected, Code::FailedPrecondition, "APPROVAL_DECIDED");

    let item = service.issued(&customer).await.invoice_id;
    let pending = service.write_off_as("ada", write_off(&item, None)).await.approval.unwrap();
    service.clock.advance(Duration::days(14));
    assert_eq!(service.approval(&pending).await.state(), ApprovalState::Expired);
    for refused in [
        service.approve_as("grace", approve(&pending)).await.unwrap_err(),
        service.approvals().reject(reject(&pending)).await.unwrap_err(),
    ] {
        assert_fault(&refused, Code::FailedPrecondition, "APPROVAL_EXPIRED");
    }
    let in_state = |state: ApprovalState| ListApprovalsRequest { state: state.into(), ..Default::default() };
    assert_eq!(service.listed(in_state(ApprovalState::Expired)).await.len(), 1);
    assert_eq!(service.listed(in_state(ApprovalState::Rejected)).await, [withdrawn]);
    assert_eq!(service.listed(in_state(ApprovalState::Approved)).await, []);
    service.assert_ledger().await;
}

#[tokio::test]
async fn a_large_credit_waits_without_a_number_and_is_issued_as_it_was_requested() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let invoice = service.issued(&customer).await;
    service.require_approval(vec![rule("CreditInvoice", Some("20"))]).await;
    let credit = |amount: Option<&str>, lines: Vec<pb::LineCredit>| pb::CreditInvoiceRequest {
        request_id: request_id(),
        invoice_id: invoice.invoice_id.clone(),
        reason: pb::CreditReason::Goodwill.into(),
        metadata: [("case".to_owned(), "17".to_owned())].into(),
        amount: amount.and_then(eur),
        lines,
        ..pb::CreditInvoiceRequest::default()
    };
    let call = async |request| service.credit_notes().credit_invoice(request).await.unwrap().into_inner();
    let half = vec![pb::LineCredit { line: 1, quantity: "0.5".to_owned() }];
    let large = call(credit(None, half)).await;
    assert_eq!(large.credit_note, None);
    let pending = large.approval.unwrap();
    assert_eq!(
        (amount(&pending.amount), pending.subject.as_str()),
        ("59.50", &*format!("invoices/{}", invoice.invoice_id))
    );
    let small = call(credit(Some("20"), vec![])).await;
    assert_eq!((small.approval, small.credit_note.unwrap().number.as_str()), (None, "CN-000001"));

    let approved = service.approve_as("grace", approve(&pending)).await.unwrap();
    let id = approved.result.strip_prefix("creditNotes/").unwrap().to_owned();
    let note = service.credit_notes().get_credit_note(pb::GetCreditNoteRequest { credit_note_id: id }).await;
    let note = note.unwrap().into_inner();
    assert_eq!((note.number.as_str(), amount(&note.total)), ("CN-000002", "59.50"));
    assert_eq!((note.lines[0].quantity.as_str(), note.metadata["case"].as_str()), ("0.5", "17"));
    assert_eq!(amount(&service.item(&invoice.invoice_id).await.open_amount), "39.50");
    service.assert_ledger().await;
}

#[tokio::test]
async fn two_people_who_approve_at_once_run_the_call_once() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let item = service.issued(&customer).await.invoice_id;
    service.require_approval(vec![rule("WriteOffItem", None)]).await;
    let pending = service.write_off_as("ada", write_off(&item, Some("60"))).await.approval.unwrap();
    assert_eq!(pending.threshold, None, "every amount needs approval");
    let mut calls = JoinSet::new();
    for person in ["grace", "eve", "joan", "mary"] {
        let (mut approvals, request) = (service.approvals(), acting_for(person, approve(&pending)));
        calls.spawn(async move { approvals.approve(request).await });
    }
    let mut approved = 0;
    for result in calls.join_all().await {
        match result {
            Ok(_) => approved += 1,
            Err(refused) => assert_fault(&refused, Code::FailedPrecondition, "APPROVAL_DECIDED"),
        }
    }
    assert_eq!((approved, amount(&service.item(&item).await.open_amount)), (1, "59.00"));
    service.assert_ledger().await;
}

#[tokio::test]
async fn a_policy_is_drafted_activated_and_never_changed() {
    let service = Service::start().await;
    let list = async |kind: &str, state: PolicyState| {
        let request = pb::ListPoliciesRequest { kind: kind.to_owned(), state: state.into(), ..Default::default() };
        service.policies().list_policies(request).await.unwrap().into_inner().policies
    };
    let first = service.draft(vec![rule("ActivatePolicy", None), rule("WriteOffItem", Some("500"))]).await;
    assert_eq!((first.state(), first.number, first.effective_on.as_str()), (PolicyState::Draft, 0, ""));
    let today = service.policies().activate_policy(activate(&first)).await.unwrap().into_inner();
    assert_eq!(today.approval, None, "no policy in force says otherwise");
    let first = today.policy.unwrap();
    assert_eq!((first.state(), first.number, first.effective_on.as_str()), (PolicyState::Active, 1, "2026-03-02"));

    // Under it, another one needs a second person.
    let second = service.draft(vec![]).await;
    let later = pb::ActivatePolicyRequest { effective_on: "2026-03-10".to_owned(), ..activate(&second) };
    let waiting = service.policies().activate_policy(acting_for("ada", later)).await.unwrap().into_inner();
    assert_eq!(waiting.policy.as_ref(), Some(&second));
    let pending = waiting.approval.unwrap();
    assert_eq!((pending.amount.as_ref(), pending.threshold.as_ref()), (None, None));
    assert_eq!(pending.subject, format!("policies/{}", second.policy_id));
    let approved = service.approve_as("grace", approve(&pending)).await.unwrap();
    assert_eq!(approved.result, pending.subject);
    let get = pb::GetPolicyRequest { policy_id: second.policy_id.clone() };
    let second = service.policies().get_policy(get).await.unwrap().into_inner();
    assert_eq!((second.number, second.effective_on.as_str()), (2, "2026-03-10"));
    assert_eq!(list("approvals", PolicyState::Active).await, [first.clone(), second.clone()]);
    // Until it is in force the first one is.
    let third = service.draft(vec![]).await;
    assert!(service.policies().activate_policy(activate(&third)).await.unwrap().into_inner().approval.is_some());
    service.clock.advance(Duration::days(8));
    let done = service.policies().activate_policy(activate(&third)).await.unwrap().into_inner();
    assert_eq!((done.approval, done.policy.unwrap().number), (None, 3));

    let refused = async |request| service.policies().activate_policy(request).await.unwrap_err();
    assert_fault(&refused(activate(&first)).await, Code::FailedPrecondition, "POLICY_NOT_DRAFT");
    let fourth = service.draft(vec![]).await;
    let past = pb::ActivatePolicyRequest { effective_on: "2026-03-09".to_owned(), ..activate(&fourth) };
    assert_fault(&refused(past).await, Code::FailedPrecondition, "EFFECTIVE_IN_PAST");
    let stale = pb::ActivatePolicyRequest { etag: "2".to_owned(), ..activate(&fourth) };
    assert_fault(&refused(stale).await, Code::Aborted, "ETAG_MISMATCH");
    let delete = |policy: &pb::Policy| pb::DeletePolicyRequest {
        request_id: request_id(),
        policy_id: policy.policy_id.clone(),
        etag: String::new(),
    };
    let kept = service.policies().delete_policy(delete(&first)).await.unwrap_err();
    assert_fault(&kept, Code::FailedPrecondition, "POLICY_NOT_DRAFT");
    service.policies().delete_policy(delete(&fourth)).await.unwrap();
    let gone = service.policies().delete_policy(delete(&fourth)).await.unwrap_err();
    assert_fault(&gone, Code::NotFound, "POLICY_NOT_FOUND");
    assert_eq!(list("", PolicyState::Draft).await, []);
}

#[tokio::test]
async fn policies_and_decisions_with_wrong_fields_are_refused() {
    let service = Service::start().await;
    let create = async |policy: Option<pb::Policy>| {
        let request = pb::CreatePolicyRequest { request_id: request_id(), policy };
        service.policies().create_policy(request).await.unwrap_err()
    };
    assert_violations(&create(None).await, &["policy"]);
    assert_violations(&create(Some(pb::Policy::default())).await, &["policy.content"]);
    let twice = ApprovalRule { above: vec![eur("1").unwrap(), eur("2").unwrap()], ..rule("WriteOffItem", None) };
    let rules = vec![rule("VoidInvoice", None), twice, rule("WriteOffItem", Some("-1"))];
    let content = Content::Approvals(ApprovalPolicy { rules, valid_days: 91 });
    let wrong = pb::Policy { description: "\u{7}".to_owned(), content: Some(content), ..pb::Policy::default() };
    let fields = [
        "policy.description",
        "policy.approvals.rules[0].method",
        "policy.approvals.rules[1].above[1]",
        "policy.approvals.rules[2].above[0]",
        "policy.approvals.rules[2].method",
        "policy.approvals.valid_days",
    ];
    assert_violations(&create(Some(wrong)).await, &fields);
    let activate = service.policies().activate_policy(pb::ActivatePolicyRequest::default()).await.unwrap_err();
    assert_violations(&activate, &["request_id", "policy_id"]);
    let delete = service.policies().delete_policy(pb::DeletePolicyRequest::default()).await.unwrap_err();
    assert_violations(&delete, &["request_id", "policy_id"]);
    let list = pb::ListPoliciesRequest { kind: "other".to_owned(), ..pb::ListPoliciesRequest::default() };
    assert_violations(&service.policies().list_policies(list).await.unwrap_err(), &["kind"]);
    let unknown = pb::GetPolicyRequest { policy_id: request_id() };
    let unknown = service.policies().get_policy(unknown).await.unwrap_err();
    assert_fault(&unknown, Code::NotFound, "POLICY_NOT_FOUND");

    let approve = service.approvals().approve(ApproveRequest::default()).await.unwrap_err();
    assert_violations(&approve, &["request_id", "approval_id"]);
    let reject = service.approvals().reject(RejectRequest::default()).await.unwrap_err();
    assert_violations(&reject, &["request_id", "approval_id", "note"]);
    let unknown = Approval { approval_id: request_id(), ..Approval::default() };
    let refused = service.approve_as("ada", self::approve(&unknown)).await.unwrap_err();
    assert_fault(&refused, Code::NotFound, "APPROVAL_NOT_FOUND");
    let get = GetApprovalRequest { approval_id: unknown.approval_id };
    let get = service.approvals().get_approval(get).await.unwrap_err();
    assert_fault(&get, Code::NotFound, "APPROVAL_NOT_FOUND");
}
