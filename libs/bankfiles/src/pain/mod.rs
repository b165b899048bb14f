//! ISO 20022 payment initiation: direct debits (pain.008) and credit transfers (pain.001) written, the bank's answer
//! (pain.002) read.
//!
//! Values that have a form of their own are types that cannot hold a wrong one ([`Iban`], [`Bic`], [`CreditorId`],
//! [`PaymentAmount`]); everything else is checked when a message is written, which says all that is wrong at once.

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

/// Someone with an account, as a payment names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountHolder {
    /// The name: written in SEPA's characters, and at most 70 of them.
    pub name: String,
    /// The account.
    pub iban: Iban,
    /// Its bank; inside SEPA the IBAN is enough.
    pub bic: Option<Bic>,
}

/// What a payment is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemittanceInformation {
    /// Words: written in SEPA's characters, at most 140 of them.
    Text(String),
    /// An ISO 11649 creditor reference (`RF18...`).
    Reference(String),
}

#[cfg(test)]
#[path = "pain_tests.rs"]
mod tests;
