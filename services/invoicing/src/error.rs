//! Why a call fails. Knows no transport.

use quittance_kernel::{ContactId, CreditNoteId, CustomerId, InvoiceId, ItemId, SeriesId, TenantId, TermsId};
use quittance_service::{CommonError, service_error};

use crate::domain::Refusal;

/// Why a call fails.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The tenant exists already.
    #[error("tenant {0} exists")]
    TenantExists(TenantId),
    /// The series' code is taken.
    #[error("there is a series {0:?}")]
    SeriesExists(String),
    /// There is no such series.
    #[error("series {0} does not exist")]
    SeriesNotFound(SeriesId),
    /// The terms' code is taken.
    #[error("there are terms {0:?}")]
    TermsCodeTaken(String),
    /// There are no such terms.
    #[error("terms {0} do not exist")]
    TermsNotFound(TermsId),
    /// There is no such customer.
    #[error("customer {0} does not exist")]
    CustomerNotFound(CustomerId),
    /// The customer has no such contact.
    #[error("the customer has no contact {0}")]
    ContactNotFound(ContactId),
    /// Another customer has this number.
    #[error("another customer has the number {0:?}")]
    CustomerNumberTaken(String),
    /// There is no such invoice.
    #[error("invoice {0} does not exist")]
    InvoiceNotFound(InvoiceId),
    /// Another document has this external number.
    #[error("another document has the external number {0:?}")]
    ExternalNumberTaken(String),
    /// One of the tenant's own series will give this number to a document of its own.
    #[error("the external number {number:?} is one that the series {series:?} will give")]
    ExternalNumberInSeries {
        /// The number.
        number: String,
        /// The series' code.
        series: String,
    },
    /// The number a series would give, or the reference made of it, stands on another document.
    #[error(
        "the next number of the series, or the payment reference made of it, stands on another document: use another series"
    )]
    NumberTaken,
    /// The series would give numbers or references that another series gives.
    #[error(
        "with the prefix {prefix:?} the series would give numbers or payment references that the series {series:?} gives"
    )]
    SeriesPrefixTaken {
        /// The prefix.
        prefix: String,
        /// The other's code.
        series: String,
    },
    /// There is no such credit note.
    #[error("credit note {0} does not exist")]
    CreditNoteNotFound(CreditNoteId),
    /// There is no such item.
    #[error("item {0} does not exist")]
    ItemNotFound(ItemId),
    /// The rules refuse it.
    #[error("{subject}: {refusal}")]
    Refused {
        /// What was to be changed.
        subject: String,
        /// Why.
        refusal: Refusal,
    },
    /// A document could not be rendered.
    #[error("the document cannot be rendered")]
    Document(#[from] crate::domain::DocumentError),
    /// What can go wrong in every call.
    #[error(transparent)]
    Common(#[from] CommonError),
}

service_error!(Error);

impl Error {
    /// The rules refuse what was requested of `subject`.
    pub fn refused(subject: impl std::fmt::Display, refusal: impl Into<Refusal>) -> Self {
        Self::Refused { subject: subject.to_string(), refusal: refusal.into() }
    }

    /// What a broken constraint on documents' numbers means for a document with this external number, or with a number of a series.
    pub(crate) fn number_taken(constraint: &str, external: Option<&str>) -> Option<Self> {
        let is_number = matches!(
            constraint,
            "invoice_external_number_key"
                | "invoice_printed_number_key"
                | "invoice_payment_reference_key"
                | "credit_note_printed_number_key"
        );
        let taken = || external.map_or(Self::NumberTaken, |number| Self::ExternalNumberTaken(number.to_owned()));
        is_number.then(taken)
    }
}
