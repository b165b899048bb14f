//! Errors of invoicing, independent of transport.

use quittance_kernel::{
    BadDebtId, ContactId, CreditId, CreditNoteId, CustomerId, DeliveryId, EntryId, InvoiceId, ItemId, PeriodId,
    PolicyId, SeriesId, TenantId, TermsId,
};
use quittance_service::{CommonError, service_error};

use crate::domain::Refusal;

/// Why a call fails.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The tenant exists already.
    #[error("tenant {0} exists")]
    TenantExists(TenantId),
    /// A series with this code exists.
    #[error("a series {0:?} exists")]
    SeriesExists(String),
    /// The series does not exist.
    #[error("series {0} does not exist")]
    SeriesNotFound(SeriesId),
    /// Terms with this code exist.
    #[error("terms {0:?} exist")]
    TermsCodeTaken(String),
    /// The terms do not exist.
    #[error("terms {0} do not exist")]
    TermsNotFound(TermsId),
    /// Something names the terms.
    #[error("terms {0} are named by a customer or a draft")]
    TermsInUse(TermsId),
    /// The customer does not exist.
    #[error("customer {0} does not exist")]
    CustomerNotFound(CustomerId),
    /// The customer has no such contact.
    #[error("the customer has no contact {0}")]
    ContactNotFound(ContactId),
    /// Another customer has this number.
    #[error("another customer has the number {0:?}")]
    CustomerNumberTaken(String),
    /// The invoice does not exist.
    #[error("invoice {0} does not exist")]
    InvoiceNotFound(InvoiceId),
    /// Another document has this external number.
    #[error("another document has the external number {0:?}")]
    ExternalNumberTaken(String),
    /// One of the tenant's own series will give this number to another document.
    #[error("the external number {number:?} is one that the series {series:?} will give")]
    ExternalNumberInSeries {
        /// The number.
        number: String,
        /// The series' code.
        series: String,
    },
    /// The next number of a series, or its payment reference, is another document's.
    #[error("the next number of the series, or its payment reference, is another document's: use another series")]
    NumberTaken,
    /// The series would produce numbers or references of another series.
    #[error(
        "with the prefix {prefix:?} the series would give numbers or payment references that the series {series:?} gives"
    )]
    SeriesPrefixTaken {
        /// The prefix.
        prefix: String,
        /// The code of the other series.
        series: String,
    },
    /// The credit note does not exist.
    #[error("credit note {0} does not exist")]
    CreditNoteNotFound(CreditNoteId),
    /// The delivery does not exist.
    #[error("delivery {0} does not exist")]
    DeliveryNotFound(DeliveryId),
    /// The bad debt does not exist.
    #[error("bad debt {0} does not exist")]
    BadDebtNotFound(BadDebtId),
    /// The accounting period does not exist.
    #[error("period {0} does not exist")]
    PeriodNotFound(PeriodId),
    /// The credit does not exist.
    #[error("credit {0} does not exist")]
    CreditNotFound(CreditId),
    /// The credit has no such entry.
    #[error("the credit has no entry {0}")]
    CreditEntryNotFound(EntryId),
    /// There is no such active tolerance policy.
    #[error("there is no active tolerance policy {0}")]
    TolerancePolicyNotFound(PolicyId),
    /// The period has more than a policy is simulated against.
    #[error("the period has more calls or items than a policy is simulated against, 100,000: take a shorter one")]
    SimulationTooLarge,
    /// The item does not exist.
    #[error("item {0} does not exist")]
    ItemNotFound(ItemId),
    /// A rule refuses the change.
    #[error("{subject}: {refusal}")]
    Refused {
        /// The resource to change.
        subject: String,
        /// The refusal.
        refusal: Refusal,
    },
    /// A document could not be rendered.
    #[error("the document cannot be rendered")]
    Document(#[from] crate::domain::DocumentError),
    /// An error common to all calls.
    #[error(transparent)]
    Common(#[from] CommonError),
}

service_error!(Error);

impl Error {
    /// A refusal of a change of `subject`.
    pub fn refused(subject: impl std::fmt::Display, refusal: impl Into<Refusal>) -> Self {
        Self::Refused { subject: subject.to_string(), refusal: refusal.into() }
    }

    /// The error for a violated constraint on numbers, for a document with this external number, or with a number of a series.
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
