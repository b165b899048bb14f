//! Policies as messages of the contract.

use quittance_approvals::policy_message;
use quittance_policies::State;
use quittance_proto::{common::v1::PolicyState, instant, invoicing::v1 as pb, tolerance_policy};

use super::optional;
use crate::domain::{Policy, PolicyContent};

/// A policy.
pub(crate) fn policy(policy: &Policy) -> pb::Policy {
    let (state, activation) = match &policy.state {
        State::Draft => (PolicyState::Draft, None),
        State::Active(activation) => (PolicyState::Active, Some(activation)),
    };
    let content = match &policy.content {
        PolicyContent::Approvals(policy) => pb::policy::Content::Approvals(policy_message(policy)),
        PolicyContent::Tolerances(policy) => pb::policy::Content::Tolerances(tolerance_policy(policy)),
    };
    pb::Policy {
        policy_id: policy.id.to_string(),
        description: policy.description.clone(),
        content: Some(content),
        state: state.into(),
        number: activation.and_then(|activation| i32::try_from(activation.number).ok()).unwrap_or_default(),
        effective_on: optional(activation.map(|activation| activation.effective_on)),
        create_time: Some(instant(policy.created_at)),
        activate_time: activation.map(|activation| instant(activation.at)),
        etag: policy.etag().to_string(),
    }
}
