//! Messages as commands and policies, with all violations.

use std::collections::BTreeMap;

use quittance_grpc::{Violations, id, money, optional_text, text};
use quittance_kernel::ApprovalId;
use quittance_proto::common::v1 as pb;
use quittance_service::Settings;

use crate::{
    ops::{ApproveRequest, In, Reject},
    policy::{ApprovalPolicy, DEFAULT_VALID_DAYS, MAX_VALID_DAYS, Thresholds},
};

/// The longest note of a decision, in characters.
const MAX_NOTE: usize = 500;

impl TryFrom<pb::ApproveRequest> for ApproveRequest {
    type Error = Violations;

    fn try_from(request: pb::ApproveRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let approval = bad.check("approval_id", id(&request.approval_id, ApprovalId::parse));
        let note = bad.check("note", optional_text(&request.note, MAX_NOTE));
        bad.into_result(approval.zip(note).map(|(approval, note)| Self { approval, note }))
    }
}

impl<S: Settings> TryFrom<pb::RejectRequest> for In<S, Reject> {
    type Error = Violations;

    fn try_from(request: pb::RejectRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let approval = bad.check("approval_id", id(&request.approval_id, ApprovalId::parse));
        let note = bad.check("note", text(&request.note, MAX_NOTE));
        bad.into_result(approval.zip(note).map(|(approval, note)| Self::new(Reject { approval, note })))
    }
}

/// The policy in a message, for a service in which these methods can need approval.
///
/// # Errors
/// The violations of all fields.
pub fn policy(message: pb::ApprovalPolicy, methods: &[&str]) -> Result<ApprovalPolicy, Violations> {
    let mut bad = Violations::default();
    let mut rules = BTreeMap::new();
    for (place, rule) in message.rules.into_iter().enumerate() {
        let field = format!("rules[{place}]");
        let thresholds = bad.within(&field, thresholds(&rule.above));
        if !methods.contains(&rule.method.as_str()) {
            let why = format!("is not one of {}", methods.join(", "));
            bad.add(format!("{field}.method"), "APPROVAL_METHOD_UNKNOWN", why);
        } else if rules.insert(rule.method, thresholds.unwrap_or_default()).is_some() {
            bad.add(format!("{field}.method"), "LIST_DUPLICATE", "is listed twice");
        }
    }
    let valid_days = match u8::try_from(message.valid_days) {
        Ok(0) => Ok(DEFAULT_VALID_DAYS),
        Ok(days) if days <= MAX_VALID_DAYS => Ok(days),
        _ => Err(("DAYS_OUT_OF_RANGE", format!("is not 0 to {MAX_VALID_DAYS}"))),
    };
    let valid_days = bad.check("valid_days", valid_days);
    bad.into_result(valid_days.map(|valid_days| ApprovalPolicy { rules, valid_days }))
}

fn thresholds(above: &[pb::Money]) -> Result<Thresholds, Violations> {
    let mut bad = Violations::default();
    let mut thresholds = BTreeMap::new();
    for (place, threshold) in above.iter().enumerate() {
        let field = format!("above[{place}]");
        let Some(threshold) = bad.check(&field, money(Some(threshold))) else { continue };
        if threshold.is_negative() {
            bad.add(field, "NEGATIVE", "must not be negative");
        } else if thresholds.insert(threshold.currency(), threshold.amount()).is_some() {
            bad.add(field, "CURRENCY_TWICE", "its currency is listed twice");
        }
    }
    bad.into_result(Some(Thresholds(thresholds)))
}
