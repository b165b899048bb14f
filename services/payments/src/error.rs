//! Why a call fails. Knows no transport.

use quittance_db::{DbError, RequestIdReused};
use quittance_kernel::{CustomerId, ImportId, ItemId, PaymentId, TenantId};

use crate::domain::{FileError, Refusal};

/// Why a call fails.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such book, or invoicing has not told of it yet.
    #[error("tenant {0} does not exist")]
    TenantNotFound(TenantId),
    /// There is no such customer, or invoicing has not told of it yet.
    #[error("customer {0} does not exist")]
    CustomerNotFound(CustomerId),
    /// There is no such item, or invoicing has not told of it yet.
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
    /// It changed since it was read.
    #[error("payment {0} has changed since it was read")]
    Stale(PaymentId),
    /// Nothing waits for a person's choice, or not so many explanations.
    #[error("payment {0} has no explanation {1} to choose")]
    ReviewNotFound(PaymentId, usize),
    /// The explanation does not say what to apply.
    #[error("explanation {1} of payment {0} does not say what to apply")]
    AlternativeEmpty(PaymentId, usize),
    /// The policy changed since it was read.
    #[error("the matching policy has changed since it was read")]
    PolicyStale,
    /// The rules refuse it.
    #[error("{subject}: {refusal}")]
    Refused {
        /// What it was asked of.
        subject: String,
        /// Why.
        refusal: Refusal,
    },
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is of no format that is known, or holds no statement.
    #[error("the file cannot be read: {0}")]
    FileUnreadable(String),
    /// The file has more lines than an import takes.
    #[error("the file has more than {0} lines")]
    FileTooLong(usize),
    /// The request id was used for something else.
    #[error(transparent)]
    RequestIdReused(#[from] RequestIdReused),
    /// The store.
    #[error("the store failed")]
    Db(DbError),
}

impl Error {
    /// A refusal of something asked of `subject`.
    pub fn refused(subject: impl std::fmt::Display, refusal: Refusal) -> Self {
        Self::Refused { subject: subject.to_string(), refusal }
    }
}

impl From<DbError> for Error {
    /// A broken constraint is a rule of the domain: here it gets its word. What was asked is in the command, so the value stays empty.
    fn from(error: DbError) -> Self {
        match error.constraint() {
            Some("payment_external_reference_key") => Self::ExternalReferenceTaken(String::new()),
            _ => Self::Db(error),
        }
    }
}
