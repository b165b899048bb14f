//! The model of statements, common to all formats.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::{Amount, CurrencyCode, Place, Warning};

/// The output of a reader, in the file's order: each statement begins, has its entries, and ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A statement begins.
    Begin(StatementHead),
    /// An entry of the statement that began last.
    Entry(Box<Entry>),
    /// The statement that began last ends.
    End(StatementTail),
    /// A mistake in the file; reading goes on.
    Warning(Warning),
}

/// The head of a statement, before its entries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StatementHead {
    /// The statement's id; empty if it has none.
    pub id: String,
    /// Our account: IBAN, or the bank's own number; empty if the file names none.
    pub account: String,
    /// The account's currency, if given.
    pub currency: Option<CurrencyCode>,
    /// The account owner's name as the bank has it; empty if not given.
    pub owner: String,
    /// Whether the statement only announces entries, and does not book them: CAMT.052, CAMT.054, MT942.
    pub advice_only: bool,
}

/// The tail of a statement, after its entries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StatementTail {
    /// The opening balance; signed.
    pub opening: Option<Balance>,
    /// The closing balance; signed.
    pub closing: Option<Balance>,
    /// All balances in the file, including the two above, in its order.
    pub balances: Vec<Balance>,
}

/// A balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// The kind.
    pub kind: BalanceKind,
    /// The code of the kind in the file: `OPBD`, `60F`, `010`.
    pub code: String,
    /// The balance, signed: positive in our favour.
    pub amount: Amount,
    /// The date; `None` if not given.
    pub on: Option<NaiveDate>,
}

/// The kind of a balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BalanceKind {
    /// Booked, before the first entry.
    Opening,
    /// Booked, after the last entry.
    Closing,
    /// Any other: available, forward, interim.
    Other,
}

/// The booking status of an entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryStatus {
    /// Booked.
    #[default]
    Booked,
    /// Pending.
    Pending,
    /// For information only.
    Information,
}

/// An entry: money received or paid.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its place in the file.
    pub at: Option<Place>,
    /// The booking date.
    pub booked_on: Option<NaiveDate>,
    /// The value date.
    pub value_on: Option<NaiveDate>,
    /// Signed: credits of our account are positive.
    pub amount: Amount,
    /// Its booking status.
    pub status: EntryStatus,
    /// Whether it reverses an earlier one. The sign of the amount is that of the reversal.
    pub reversal: bool,
    /// The bank's own reference (`AcctSvcrRef`, the part of :61: after `//`, BAI2's bank reference, OFX's FITID); empty
    /// where it has none.
    pub bank_reference: String,
    /// The account owner's reference (`NtryRef`, the reference of :61:, BAI2's customer reference, OFX's CHECKNUM or
    /// REFNUM); empty if it has none.
    pub customer_reference: String,
    /// The bank's code of the kind of transaction: `PMNT-RCDT-ESCT`, `NTRF`, `142`, `CREDIT`.
    pub code: String,
    /// The bank's description; empty if it has none.
    pub information: String,
    /// Its charges.
    pub charges: Vec<Charge>,
    /// Its parts: one for a single payment, many for a batch, none if the file has only the entry.
    pub details: Vec<Detail>,
}

impl Default for Amount {
    fn default() -> Amount {
        Amount { value: Decimal::ZERO, currency: CurrencyCode::NONE }
    }
}

/// One payment of an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// The amount, signed as the entry; `None` if not given.
    pub amount: Option<Amount>,
    /// The instructed amount, if different: another currency, or before charges. Unsigned.
    pub instructed: Option<Amount>,
    /// The counterparty: the payer of a credit, the payee of a debit.
    pub counterparty: Party,
    /// The ultimate party of the counterparty, if given.
    pub ultimate_counterparty: Party,
    /// The payer's id (`EndToEndId`, `EREF`); empty if none or `NOTPROVIDED`.
    pub end_to_end_id: String,
    /// The bank's reference of this part; empty if it has none.
    pub bank_reference: String,
    /// The direct debit's mandate; empty if it has none.
    pub mandate_id: String,
    /// Structured creditor references, as written.
    pub creditor_references: Vec<String>,
    /// The payer's text, lines joined by a line break.
    pub remittance: String,
    /// Documents named by the payer, with the amounts paid on them.
    pub advice: Vec<Advice>,
    /// The reason of its return (`AC04`, `R01`), if it is one.
    pub return_reason: Option<String>,
    /// Its charges.
    pub charges: Vec<Charge>,
}

/// A party with an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Party {
    /// Empty if unknown.
    pub name: String,
    /// IBAN or local number; empty if unknown.
    pub account: String,
    /// BIC or national code of its bank; empty if unknown.
    pub bank: String,
}

/// A document in structured remittance information.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// The document's number as the payer writes it.
    pub number: String,
    /// Code of the kind of document (`CINV`, `CREN`, `IV`); empty if none.
    pub kind: String,
    /// The amount paid on it; `None` if not stated. Negative for a credit note.
    pub paid: Option<Amount>,
    /// Its original amount.
    pub due: Option<Amount>,
    /// The discount taken by the payer.
    pub discount: Option<Amount>,
}

/// A charge of a bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Charge {
    /// The amount; positive if charged to us.
    pub amount: Amount,
    /// Whether the entry's amount includes it.
    pub included: bool,
}
