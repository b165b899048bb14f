//! Refusals of webhooks.

use quittance_grpc::Fault;
use quittance_kernel::WebhookId;
use quittance_service::CommonError;
use tonic::Code;

use crate::webhook::MAX_WEBHOOKS;

/// Why a call about webhooks fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WebhookError {
    /// It does not exist.
    #[error("webhook {0} does not exist")]
    NotFound(WebhookId),
    /// The tenant has as many as it may have.
    #[error("the tenant has {MAX_WEBHOOKS} webhooks in this service, the most it may have")]
    TooMany,
    /// There is no such position yet.
    #[error("the newest position is {head}")]
    PositionOutOfRange {
        /// The newest position.
        head: i64,
    },
}

impl From<WebhookError> for CommonError {
    fn from(error: WebhookError) -> Self {
        let text = error.to_string();
        CommonError::Library(Box::new(match error {
            WebhookError::NotFound(id) => Fault::new(Code::NotFound, "WEBHOOK_NOT_FOUND", text).with("webhook_id", id),
            WebhookError::TooMany => {
                let subject = "webhooks";
                Fault::new(Code::FailedPrecondition, "TOO_MANY_WEBHOOKS", text.clone()).precondition(
                    "TOO_MANY_WEBHOOKS",
                    subject,
                    text,
                )
            }
            WebhookError::PositionOutOfRange { head } => {
                Fault::new(Code::OutOfRange, "POSITION_OUT_OF_RANGE", text).with("head_position", head)
            }
        }))
    }
}
