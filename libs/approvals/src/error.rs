//! Refusals of approvals.

use quittance_grpc::Fault;
use quittance_kernel::{ApprovalId, Money};
use quittance_service::CommonError;
use tonic::Code;

/// Why an approval fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ApprovalError {
    /// It does not exist.
    #[error("approval {0} does not exist")]
    NotFound(ApprovalId),
    /// It is approved or rejected already.
    #[error("approval {0} is decided")]
    Decided(ApprovalId),
    /// It was not decided in time.
    #[error("approval {0} has expired")]
    Expired(ApprovalId),
    /// The person who requested it cannot approve it.
    #[error("approval {0} needs another person than the one who requested it")]
    ApproverIsRequester(ApprovalId),
    /// The call would now move more than was requested.
    #[error("the call would now be about {now}, and {requested} was requested: request it again")]
    Exceeded {
        /// The amount that was requested.
        requested: Money,
        /// The amount that it would be now.
        now: Money,
    },
}

impl From<ApprovalError> for CommonError {
    fn from(error: ApprovalError) -> Self {
        let text = error.to_string();
        let refused = |reason, subject: String| {
            Fault::new(Code::FailedPrecondition, reason, text.clone()).precondition(reason, subject, text.clone())
        };
        let refused_id = |reason, id: ApprovalId| refused(reason, format!("approval {id}")).with("approval_id", id);
        CommonError::Library(Box::new(match error {
            ApprovalError::NotFound(id) => {
                Fault::new(Code::NotFound, "APPROVAL_NOT_FOUND", text.clone()).with("approval_id", id)
            }
            ApprovalError::Decided(id) => refused_id("APPROVAL_DECIDED", id),
            ApprovalError::Expired(id) => refused_id("APPROVAL_EXPIRED", id),
            ApprovalError::ApproverIsRequester(id) => refused_id("APPROVER_IS_REQUESTER", id),
            ApprovalError::Exceeded { .. } => refused("APPROVED_AMOUNT_EXCEEDED", "amount".to_owned()),
        }))
    }
}
