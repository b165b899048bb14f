//! Policies as messages of the contract.

use std::collections::BTreeMap;

use quittance_approvals::policy_message;
use quittance_policies::State;
use quittance_proto::{common::v1::PolicyState, instant, invoicing::v1 as pb, money, tolerance_policy};

use super::optional;
use crate::domain::{Effect, LateEntries, Policy, PolicyContent, SimulatedCalls, SimulatedTolerances};

/// A policy.
pub(crate) fn policy(policy: &Policy) -> pb::Policy {
    let (state, activation) = match &policy.state {
        State::Draft => (PolicyState::Draft, None),
        State::Active(activation) => (PolicyState::Active, Some(activation)),
    };
    let content = match &policy.content {
        PolicyContent::Approvals(policy) => pb::policy::Content::Approvals(policy_message(policy)),
        PolicyContent::Tolerances(policy) => pb::policy::Content::Tolerances(tolerance_policy(policy)),
        PolicyContent::LateEntries(late) => {
            let treatment = match late {
                LateEntries::CarryForward => pb::LateEntryTreatment::CarryForward,
                LateEntries::Refuse => pb::LateEntryTreatment::Refuse,
            };
            pb::policy::Content::LateEntries(pb::LateEntryPolicy { treatment: treatment.into() })
        }
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

/// What an approval policy would require.
pub(crate) fn simulated_approvals(simulated: &BTreeMap<&str, SimulatedCalls>) -> pb::SimulatePolicyResponse {
    let approvals = simulated.iter().map(|(method, counts)| pb::SimulatedApprovals {
        method: (*method).to_owned(),
        calls: counts.calls,
        needing_approval: counts.needing_approval,
    });
    pb::SimulatePolicyResponse { approvals: approvals.collect(), ..pb::SimulatePolicyResponse::default() }
}

/// What a late-entry policy would refuse.
pub(crate) fn simulated_late_entries(entries: i32, refused: i32) -> pb::SimulatePolicyResponse {
    let late_entries = Some(pb::SimulatedLateEntries { entries, refused });
    pb::SimulatePolicyResponse { late_entries, ..pb::SimulatePolicyResponse::default() }
}

/// The most items of a response.
const MAX_SETTLEMENTS: usize = 1_000;

/// What a tolerance policy would close.
pub(crate) fn simulated_tolerances(simulated: &SimulatedTolerances) -> pb::SimulatePolicyResponse {
    let settlements = simulated.closed.iter().take(MAX_SETTLEMENTS).map(|(item, effect)| pb::SimulatedSettlement {
        item_id: item.id.to_string(),
        customer_id: item.customer.to_string(),
        number: item.number.clone(),
        open_amount: Some(money(item.open())),
        effect: match effect {
            Effect::WriteOff => pb::SimulatedEffect::WriteOff,
            Effect::LateDiscount => pb::SimulatedEffect::LateDiscount,
        }
        .into(),
    });
    pb::SimulatePolicyResponse {
        settlements: settlements.collect(),
        item_count: i32::try_from(simulated.closed.len()).unwrap_or(i32::MAX),
        totals: simulated.totals.values().copied().map(money).collect(),
        ..pb::SimulatePolicyResponse::default()
    }
}
