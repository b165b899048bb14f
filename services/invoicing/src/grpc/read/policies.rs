//! Commands about policies and approvals, and calls that may need approval as the messages that they came in.

use quittance_approvals::{Approvable, ApproveRequest, read_policy};
use quittance_grpc::{Violations, id, message, optional_date, optional_text, required, tolerance_policy};
use quittance_kernel::PolicyId;
use quittance_proto::{common::v1 as common, invoicing::v1 as pb, money};
use quittance_service::Etag;

use crate::{
    domain::{CreditScope, LateEntries, LineCredit, PolicyContent, invoice_content::MAX_REASON},
    ops::{
        ActivatePolicy, Approve, CreatePolicy, CreditInvoice, DeletePolicy, ExtendDueDate, WriteOffCredit, WriteOffItem,
    },
    wire,
};

/// The longest description of a policy, in characters.
const MAX_DESCRIPTION: usize = 500;

impl TryFrom<pb::CreatePolicyRequest> for CreatePolicy {
    type Error = Violations;

    fn try_from(request: pb::CreatePolicyRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let policy = bad.check("policy", message(request.policy)).map(policy);
        let policy = policy.and_then(|policy| bad.within("policy", policy));
        bad.into_result(policy.map(|(content, description)| Self { content, description }))
    }
}

fn policy(policy: pb::Policy) -> Result<(PolicyContent, String), Violations> {
    let mut bad = Violations::default();
    let description = bad.check("description", optional_text(&policy.description, MAX_DESCRIPTION));
    let content = match bad.check("content", message(policy.content)) {
        Some(pb::policy::Content::Approvals(policy)) => {
            bad.within("approvals", read_policy(policy, &Approve::METHODS)).map(PolicyContent::Approvals)
        }
        Some(pb::policy::Content::Tolerances(policy)) => {
            bad.within("tolerances", tolerance_policy(policy)).map(PolicyContent::Tolerances)
        }
        Some(pb::policy::Content::LateEntries(policy)) => {
            bad.within("late_entries", late_entries(policy)).map(PolicyContent::LateEntries)
        }
        None => None,
    };
    bad.into_result(content.zip(description))
}

fn late_entries(policy: pb::LateEntryPolicy) -> Result<LateEntries, Violations> {
    let mut bad = Violations::default();
    let treatment = match policy.treatment() {
        pb::LateEntryTreatment::Unspecified => required(),
        pb::LateEntryTreatment::CarryForward => Ok(LateEntries::CarryForward),
        pb::LateEntryTreatment::Refuse => Ok(LateEntries::Refuse),
    };
    let treatment = bad.check("treatment", treatment);
    bad.into_result(treatment)
}

impl TryFrom<pb::DeletePolicyRequest> for DeletePolicy {
    type Error = Violations;

    fn try_from(request: pb::DeletePolicyRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let id = bad.check("policy_id", id(&request.policy_id, PolicyId::parse));
        let etag = Etag::new(request.etag);
        bad.into_result(id.map(|policy| Self { policy, etag }))
    }
}

impl TryFrom<pb::ActivatePolicyRequest> for ActivatePolicy {
    type Error = Violations;

    fn try_from(request: pb::ActivatePolicyRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let id = bad.check("policy_id", id(&request.policy_id, PolicyId::parse));
        let effective_on = bad.check("effective_on", optional_date(&request.effective_on));
        let reason = bad.check("reason", optional_text(&request.reason, MAX_REASON));
        let etag = Etag::new(request.etag);
        let command = id.zip(effective_on).zip(reason);
        bad.into_result(command.map(|((policy, effective_on), reason)| Self { policy, effective_on, etag, reason }))
    }
}

impl Approvable for ActivatePolicy {
    type Request = pb::ActivatePolicyRequest;

    fn request(&self) -> pb::ActivatePolicyRequest {
        pb::ActivatePolicyRequest {
            request_id: String::new(),
            policy_id: self.policy.to_string(),
            effective_on: wire::optional(self.effective_on),
            etag: self.etag.to_string(),
            reason: self.reason.clone(),
        }
    }
}

impl Approvable for CreditInvoice {
    type Request = pb::CreditInvoiceRequest;

    fn request(&self) -> pb::CreditInvoiceRequest {
        let (amount, lines) = match &self.scope.0 {
            None => (None, Vec::new()),
            Some(CreditScope::Amount(amount)) => (Some(money(*amount)), Vec::new()),
            Some(CreditScope::Lines(lines)) => {
                let line = |credit: &LineCredit| pb::LineCredit {
                    line: credit.line.into(),
                    quantity: wire::optional(credit.quantity),
                };
                (None, lines.iter().map(line).collect())
            }
        };
        pb::CreditInvoiceRequest {
            request_id: String::new(),
            invoice_id: self.invoice.to_string(),
            reason: wire::credit_reason(self.reason).into(),
            issued_on: wire::optional(self.issued_on),
            metadata: self.metadata.entries().clone(),
            amount,
            lines,
            series_id: wire::optional(self.series.0),
            keep_on_account: self.keep_on_account.0.unwrap_or_default(),
        }
    }
}

impl Approvable for ExtendDueDate {
    type Request = pb::ExtendDueDateRequest;

    fn request(&self) -> pb::ExtendDueDateRequest {
        pb::ExtendDueDateRequest {
            request_id: String::new(),
            item_id: self.item.to_string(),
            due_on: self.due_on.to_string(),
            effective_on: wire::optional(self.effective_on),
            reason: self.reason.clone(),
        }
    }
}

impl Approvable for WriteOffCredit {
    type Request = pb::WriteOffCreditRequest;

    fn request(&self) -> pb::WriteOffCreditRequest {
        pb::WriteOffCreditRequest {
            request_id: String::new(),
            credit_id: self.credit.to_string(),
            amount: self.amount.map(money),
            effective_on: wire::optional(self.effective_on),
            reason: self.reason.clone(),
        }
    }
}

impl Approvable for WriteOffItem {
    type Request = pb::WriteOffItemRequest;

    fn request(&self) -> pb::WriteOffItemRequest {
        pb::WriteOffItemRequest {
            request_id: String::new(),
            item_id: self.item.to_string(),
            amount: self.amount.map(money),
            reason: wire::bad_debt_reason(self.reason).into(),
            note: self.note.clone(),
            effective_on: wire::optional(self.effective_on),
        }
    }
}

impl TryFrom<common::ApproveRequest> for Approve {
    type Error = Violations;

    fn try_from(request: common::ApproveRequest) -> Result<Self, Violations> {
        ApproveRequest::try_from(request).map(|request| Self { request })
    }
}
