//! Errors of payments, independent of transport.

use quittance_kernel::{CustomerId, ImportId, ItemId, PaymentId};
use quittance_service::{CommonError, service_error};

use crate::domain::{FileError, Refusal};

/// Why a call fails.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The customer does not exist, or invoicing has not published it yet.
    #[error("customer {0} does not exist")]
    CustomerNotFound(CustomerId),
    /// The item does not exist, or invoicing has not published it yet.
    #[error("item {0} does not exist")]
    ItemNotFound(ItemId),
    /// The payment does not exist.
    #[error("payment {0} does not exist")]
    PaymentNotFound(PaymentId),
    /// The import does not exist.
    #[error("import {0} does not exist")]
    ImportNotFound(ImportId),
    /// Another payment has this reference.
    #[error("another payment has the external reference {0:?}")]
    ExternalReferenceTaken(String),
    /// The payment has no alternative with this index.
    #[error("payment {0} has no explanation {1} to choose")]
    ReviewNotFound(PaymentId, usize),
    /// The alternative has no shares to apply.
    #[error("explanation {1} of payment {0} does not say what to apply")]
    AlternativeEmpty(PaymentId, usize),
    /// A rule refuses the change.
    #[error("{subject}: {refusal}")]
    Refused {
        /// The resource to change.
        subject: String,
        /// The refusal.
        refusal: Refusal,
    },
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file's format is unknown, or it has no statement.
    #[error("the file cannot be read: {0}")]
    FileUnreadable(String),
    /// The file has more lines than allowed in an import.
    #[error("the file has more than {0} lines")]
    FileTooLong(usize),
    /// An error common to all calls.
    #[error(transparent)]
    Common(#[from] CommonError),
}

service_error!(Error);

impl Error {
    /// A refusal of a change of `subject`.
    pub fn refused(subject: impl std::fmt::Display, refusal: Refusal) -> Self {
        Self::Refused { subject: subject.to_string(), refusal }
    }
}
