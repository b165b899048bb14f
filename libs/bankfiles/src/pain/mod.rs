//! ISO 20022 payment initiation: writes direct debits (pain.008) and credit transfers (pain.001), and reads the bank's
//! status reports (pain.002).
//!
//! Values with a fixed form have validated types ([`Iban`], [`Bic`], [`CreditorId`],
//! [`PaymentAmount`]); everything else is checked when a message is written, which reports all violations at once.

mod check;
mod credit_transfer;
mod direct_debit;
mod identifiers;
mod sepa_text;
mod status;
mod write;

pub use self::{
    check::Wrong,
    credit_transfer::{CreditTransfer, CreditTransferVersion, CreditTransfers, TransferKind, Transfers},
    direct_debit::{
        Amendment, Collection, Creditor, DirectDebit, DirectDebitVersion, DirectDebits, Mandate, Scheme, SequenceType,
    },
    identifiers::{BadIdentifier, Bic, CreditorId, Iban, PaymentAmount},
    sepa_text::to_sepa_text,
    status::{BatchStatus, PaymentStatus, StatusReport, read_status},
};

/// A party with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountHolder {
    /// The name: written in SEPA's characters, and at most 70 of them.
    pub name: String,
    /// The account.
    pub iban: Iban,
    /// Its bank; inside SEPA the IBAN is enough.
    pub bic: Option<Bic>,
}

/// The remittance information of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemittanceInformation {
    /// Unstructured: written in SEPA's characters, at most 140 of them.
    Text(String),
    /// An ISO 11649 creditor reference (`RF18...`).
    Reference(String),
}

#[cfg(test)]
#[path = "pain_tests.rs"]
mod tests;
