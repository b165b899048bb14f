//! Refusals of policies.

use chrono::NaiveDate;
use quittance_grpc::Fault;
use quittance_kernel::PolicyId;
use quittance_service::CommonError;
use tonic::Code;

/// Why a call about policies fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// It does not exist.
    #[error("policy {0} does not exist")]
    NotFound(PolicyId),
    /// It is active, and never changes.
    #[error("policy {0} is active, and never changes")]
    NotDraft(PolicyId),
    /// It would have been in force before it was activated.
    #[error("a policy is in force from today or later: {effective_on} lies before {today}")]
    EffectiveInPast {
        /// The date from which it would be in force.
        effective_on: NaiveDate,
        /// The tenant's day.
        today: NaiveDate,
    },
}

impl From<PolicyError> for CommonError {
    fn from(error: PolicyError) -> Self {
        let text = error.to_string();
        CommonError::Library(Box::new(match error {
            PolicyError::NotFound(id) => Fault::new(Code::NotFound, "POLICY_NOT_FOUND", text).with("policy_id", id),
            PolicyError::NotDraft(id) => Fault::new(Code::FailedPrecondition, "POLICY_NOT_DRAFT", text.clone())
                .precondition("POLICY_NOT_DRAFT", format!("policy {id}"), text)
                .with("policy_id", id),
            PolicyError::EffectiveInPast { .. } => Fault::new(
                Code::FailedPrecondition,
                "EFFECTIVE_IN_PAST",
                text.clone(),
            )
            .precondition("EFFECTIVE_IN_PAST", "effective_on", text),
        }))
    }
}
