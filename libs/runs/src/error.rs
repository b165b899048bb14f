//! Refusals of runs.

use quittance_grpc::Fault;
use quittance_kernel::RunId;
use quittance_service::CommonError;
use tonic::Code;

/// Why a call about a run fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RunError {
    /// It does not exist.
    #[error("run {0} does not exist")]
    NotFound(RunId),
    /// It is finished or cancelled.
    #[error("run {0} has ended")]
    Ended(RunId),
}

impl From<RunError> for CommonError {
    fn from(error: RunError) -> Self {
        let text = error.to_string();
        CommonError::Library(Box::new(match error {
            RunError::NotFound(id) => Fault::new(Code::NotFound, "RUN_NOT_FOUND", text).with("run_id", id),
            RunError::Ended(id) => Fault::new(Code::FailedPrecondition, "RUN_ENDED", text.clone())
                .precondition("RUN_ENDED", format!("run {id}"), text)
                .with("run_id", id),
        }))
    }
}
