//! Why a report cannot be given. Knows no transport.

use quittance_db::DbError;
use quittance_kernel::{CustomerId, TenantId};

/// Why a report cannot be given.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such book, or its first event has not been read.
    #[error("tenant {0} is not known here (yet)")]
    TenantNotFound(TenantId),
    /// There is no such customer, or its event has not been read.
    #[error("customer {0} is not known here (yet)")]
    CustomerNotFound(CustomerId),
    /// The store.
    #[error("the store failed")]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}
