//! Approvals as messages of the contract.

use chrono::{DateTime, Utc};
use quittance_kernel::{Actor, Bug, Money};
use quittance_proto::{common::v1 as pb, instant, money, to_struct};

use crate::{
    approval::{Approval, Decision, State, Verdict},
    policy::{ApprovalPolicy, Thresholds},
};

/// An approval as it stood at a time, as its message.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovalMessage(Box<pb::Approval>);

impl ApprovalMessage {
    /// The message.
    pub fn message(&self) -> pb::Approval {
        pb::Approval::clone(&self.0)
    }
}

/// An approval as it stands at a time, of the service of an area.
pub(crate) fn approval(area: &str, approval: &Approval, now: DateTime<Utc>) -> Result<ApprovalMessage, Bug> {
    let package = area.replace('-', "");
    let request = to_struct(&format!("quittance.{package}.v1.{}Request", approval.method), &approval.request)
        .map_err(|_| Bug("the request of an approval is not in the contract"))?;
    let (requested_by, requested_on_behalf_of) = people(Some(&approval.requested_by));
    let decision = approval.decision.as_ref();
    let (decided_by, decided_on_behalf_of) = people(decision.map(|decision| &decision.by));
    let result = match decision {
        Some(Decision { verdict: Verdict::Approved { result }, .. }) => result.clone(),
        Some(Decision { verdict: Verdict::Rejected, .. }) | None => String::new(),
    };
    Ok(ApprovalMessage(Box::new(pb::Approval {
        approval_id: approval.id.to_string(),
        method: approval.method.clone(),
        subject: approval.subject.clone(),
        customer_id: approval.customer.map(|id| id.to_string()).unwrap_or_default(),
        request: Some(request),
        amount: approval.amount.map(money),
        threshold: approval.threshold.map(money),
        policy_id: approval.policy.to_string(),
        reason: approval.reason.clone(),
        state: state(approval.state(now)).into(),
        requested_by,
        requested_on_behalf_of,
        request_id: approval.request_id.map(|id| id.to_string()).unwrap_or_default(),
        create_time: Some(instant(approval.created_at)),
        expire_time: Some(instant(approval.expires_at)),
        decided_by,
        decided_on_behalf_of,
        note: decision.map(|decision| decision.note.clone()).unwrap_or_default(),
        decide_time: decision.map(|decision| instant(decision.at)),
        result,
    })))
}

fn people(actor: Option<&Actor>) -> (String, String) {
    let text = |name: Option<&str>| name.unwrap_or_default().to_owned();
    (text(actor.map(Actor::name)), text(actor.and_then(Actor::on_behalf_of)))
}

fn state(state: State) -> pb::ApprovalState {
    match state {
        State::Pending => pb::ApprovalState::Pending,
        State::Approved => pb::ApprovalState::Approved,
        State::Rejected => pb::ApprovalState::Rejected,
        State::Expired => pb::ApprovalState::Expired,
    }
}

/// The state of a filter; `None` for all.
pub(crate) fn read_state(state: pb::ApprovalState) -> Option<State> {
    match state {
        pb::ApprovalState::Unspecified => None,
        pb::ApprovalState::Pending => Some(State::Pending),
        pb::ApprovalState::Approved => Some(State::Approved),
        pb::ApprovalState::Rejected => Some(State::Rejected),
        pb::ApprovalState::Expired => Some(State::Expired),
    }
}

/// A policy as a message.
pub fn policy(policy: &ApprovalPolicy) -> pb::ApprovalPolicy {
    let above = |thresholds: &Thresholds| {
        let amounts = thresholds.0.iter().filter_map(|(currency, amount)| Money::from_sum(*amount, *currency).ok());
        amounts.map(money).collect()
    };
    let rules = policy
        .rules
        .iter()
        .map(|(method, thresholds)| pb::ApprovalRule { method: method.clone(), above: above(thresholds) });
    pb::ApprovalPolicy { rules: rules.collect(), valid_days: policy.valid_days.into() }
}
