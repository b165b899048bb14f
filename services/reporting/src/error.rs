//! Errors of reports, independent of transport.

use quittance_kernel::CustomerId;
use quittance_service::{CommonError, service_error};

/// Why a report cannot be computed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The customer does not exist, or its event has not been read yet.
    #[error("customer {0} is not known here (yet)")]
    CustomerNotFound(CustomerId),
    /// An error common to all calls.
    #[error(transparent)]
    Common(#[from] CommonError),
}

service_error!(Error);
