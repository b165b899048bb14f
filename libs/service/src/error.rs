//! Errors common to all services.

use quittance_db::{DbError, RequestIdReused};
use quittance_grpc::{Fault, db_fault, internal};
use quittance_kernel::{Bug, TenantId};
use tonic::{Code, Status};

/// An error that any call of any service can return. A service's own error has it as one of its variants.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommonError {
    /// The tenant does not exist in this service.
    #[error("tenant {0} does not exist")]
    TenantNotFound(TenantId),
    /// The resource has changed since the caller read it.
    #[error("{0} has changed since it was read")]
    Stale(String),
    /// The request id was used for another command.
    #[error(transparent)]
    RequestIdReused(#[from] RequestIdReused),
    /// The batch of the call was cancelled. A retry with the same request id returns the result.
    #[error("the batch of the call was interrupted")]
    Interrupted,
    /// The response of a batch would be larger than clients take. Nothing was written.
    #[error("the response would have {bytes} bytes, and {room} are left of what clients take; ask for the basic view")]
    ResponseTooLarge {
        /// What the response would add.
        bytes: usize,
        /// What may still be added.
        room: usize,
    },
    /// A refusal of what a library offers in every service.
    #[error("{}", .0.message())]
    Library(Box<Fault>),
    /// The database failed.
    #[error("the store failed")]
    Db(#[from] DbError),
    /// An internal invariant was violated.
    #[error(transparent)]
    Bug(#[from] Bug),
}

impl From<CommonError> for Status {
    fn from(error: CommonError) -> Self {
        let text = error.to_string();
        match error {
            CommonError::TenantNotFound(id) => {
                Fault::new(Code::NotFound, "TENANT_NOT_FOUND", text).with("tenant_id", id)
            }
            CommonError::Stale(resource) => Fault::new(Code::Aborted, "ETAG_MISMATCH", text).with("resource", resource),
            CommonError::RequestIdReused(reused) => {
                Fault::new(Code::InvalidArgument, "REQUEST_ID_REUSED", text).with("request_id", reused.0)
            }
            CommonError::Interrupted => Fault::new(Code::Unavailable, "INTERRUPTED", text),
            CommonError::Library(fault) => *fault,
            CommonError::ResponseTooLarge { .. } => Fault::new(Code::ResourceExhausted, "RESPONSE_TOO_LARGE", text),
            CommonError::Db(error) => return db_fault(&error),
            CommonError::Bug(bug) => return internal(&bug),
        }
        .into()
    }
}

/// A service's error, as the runner uses it.
pub trait ServiceError:
    From<CommonError> + From<DbError> + From<Bug> + Into<Status> + Clone + Send + Sync + 'static
{
    /// The common error, if it is one.
    fn common(&self) -> Option<&CommonError>;

    /// The database error, if it is one.
    fn store(&self) -> Option<&DbError> {
        match self.common()? {
            CommonError::Db(error) => Some(error),
            CommonError::TenantNotFound(_)
            | CommonError::Stale(_)
            | CommonError::RequestIdReused(_)
            | CommonError::Interrupted
            | CommonError::Library(_)
            | CommonError::ResponseTooLarge { .. }
            | CommonError::Bug(_) => None,
        }
    }

    /// Whether it concerns the whole batch: its response, a database error or a bug.
    fn is_of_batch(&self) -> bool {
        matches!(self.common(), Some(CommonError::ResponseTooLarge { .. } | CommonError::Db(_) | CommonError::Bug(_)))
    }
}

/// Makes an error with a variant `Common(CommonError)` the error of a service.
#[macro_export]
macro_rules! service_error {
    ($error:ty) => {
        impl $crate::ServiceError for $error {
            fn common(&self) -> Option<&$crate::CommonError> {
                if let Self::Common(error) = self { Some(error) } else { None }
            }
        }

        impl From<quittance_db::DbError> for $error {
            fn from(error: quittance_db::DbError) -> Self {
                Self::Common(error.into())
            }
        }

        impl From<quittance_db::SqlxError> for $error {
            fn from(error: quittance_db::SqlxError) -> Self {
                Self::Common(quittance_db::DbError::from(error).into())
            }
        }

        impl From<quittance_kernel::Bug> for $error {
            fn from(bug: quittance_kernel::Bug) -> Self {
                Self::Common(bug.into())
            }
        }
    };
}
