//! The settings of a service that is none of ours, for the operations of libraries.

use quittance_db::{DbError, Tx};
use quittance_service::{CommonError, Settings, service_error};
use tonic::Status;

/// The settings of some service.
#[derive(Debug)]
pub struct SomeService;

/// Its errors: those of all services.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SomeError {
    /// An error common to all calls.
    #[error(transparent)]
    Common(#[from] CommonError),
}

service_error!(SomeError);

impl From<SomeError> for Status {
    fn from(SomeError::Common(error): SomeError) -> Self {
        error.into()
    }
}

impl Settings for SomeService {
    const AREA: &'static str = "invoicing";
    type Error = SomeError;

    async fn load(_tx: &mut Tx) -> Result<Option<Self>, DbError> {
        Ok(Some(Self))
    }

    fn time_zone(&self) -> chrono_tz::Tz {
        chrono_tz::UTC
    }
}
