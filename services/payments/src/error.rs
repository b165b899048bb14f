//! Why a call fails. Knows no transport.

use quittance_kernel::{CustomerId, ImportId, ItemId, PaymentId};
use quittance_service::{CommonError, service_error};

use crate::domain::{FileError, Refusal};

/// Why a call fails.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// There is no such customer, or invoicing has not published it yet.
    #[error("customer {0} does not exist")]
    CustomerNotFound(CustomerId),
    /// There is no such item, or invoicing has not published it yet.
    #[error("item {0} does not exist")]
    ItemNotFound(ItemId),
    /// There is no such payment.
    #[error("payment {0} does not exist")]
    PaymentNotFound(PaymentId),
    /// There is no such import.
    #[error("import {0} does not exist")]
    ImportNotFound(ImportId),
    /// Another payment has this reference.
    #[error("another payment has the external reference {0:?}")]
    ExternalReferenceTaken(String),
    /// Nothing waits for a person's choice, or not so many explanations.
    #[error("payment {0} has no explanation {1} to choose")]
    ReviewNotFound(PaymentId, usize),
    /// The explanation does not say what to apply.
    #[error("explanation {1} of payment {0} does not say what to apply")]
    AlternativeEmpty(PaymentId, usize),
    /// The rules refuse it.
    #[error("{subject}: {refusal}")]
    Refused {
        /// What was to be changed.
        subject: String,
        /// Why.
        refusal: Refusal,
    },
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file's format is not known, or it has no statement.
    #[error("the file cannot be read: {0}")]
    FileUnreadable(String),
    /// The file has more lines than an import takes.
    #[error("the file has more than {0} lines")]
    FileTooLong(usize),
    /// What can go wrong in every call.
    #[error(transparent)]
    Common(#[from] CommonError),
}

service_error!(Error);

impl Error {
    /// The rules refuse what was requested of `subject`.
    pub fn refused(subject: impl std::fmt::Display, refusal: Refusal) -> Self {
        Self::Refused { subject: subject.to_string(), refusal }
    }
}
