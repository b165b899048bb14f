//! Why a report cannot be given. Knows no transport.

use quittance_kernel::CustomerId;
use quittance_service::{CommonError, service_error};

/// Why a report cannot be given.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// There is no such customer, or its event has not been read.
    #[error("customer {0} is not known here (yet)")]
    CustomerNotFound(CustomerId),
    /// What can go wrong in every call.
    #[error(transparent)]
    Common(#[from] CommonError),
}

service_error!(Error);
