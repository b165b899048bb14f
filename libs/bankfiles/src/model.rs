//! What every statement says, whatever format it came in.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::{Amount, CurrencyCode, Place, Warning};

/// What a reader hands on, in the file's order: each statement begins, has its entries, and ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A statement begins.
    Begin(StatementHead),
    /// An entry of the statement that began last.
    Entry(Box<Entry>),
    /// The statement that began last ends.
    End(StatementTail),
    /// Something is wrong; reading goes on.
    Warning(Warning),
}

/// What is known of a statement before its entries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StatementHead {
    /// The statement's own id; empty where it has none.
    pub id: String,
    /// Our account: IBAN, or the bank's own number; empty where the file names none.
    pub account: String,
    /// The account's currency, where the file says.
    pub currency: Option<CurrencyCode>,
    /// Whose account it is, as the bank names it; empty where it does not.
    pub owner: String,
    /// Says that the statement only tells of entries, and does not book them: CAMT.052, CAMT.054, MT942.
    pub advice_only: bool,
}

/// What is known of a statement after its entries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StatementTail {
    /// What was there before the entries; signed.
    pub opening: Option<Balance>,
    /// What was there after them; signed.
    pub closing: Option<Balance>,
    /// Every balance the file gives, also the two above, in its order.
    pub balances: Vec<Balance>,
}

/// A balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// Which.
    pub kind: BalanceKind,
    /// As the file names the kind: `OPBD`, `60F`, `010`.
    pub code: String,
    /// Signed: what the bank owes us is positive.
    pub amount: Amount,
    /// Of which day.
    pub on: Option<NaiveDate>,
}

/// Which balance.
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

/// Whether the bank has booked an entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryStatus {
    /// It has.
    #[default]
    Booked,
    /// It may yet.
    Pending,
    /// It never will: for information.
    Information,
}

/// Money that came or went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Where it stands in the file.
    pub at: Option<Place>,
    /// When the bank booked it.
    pub booked_on: Option<NaiveDate>,
    /// When the money counts.
    pub value_on: Option<NaiveDate>,
    /// Signed: credits of our account are positive.
    pub amount: Amount,
    /// Whether the bank has booked it.
    pub status: EntryStatus,
    /// It reverses an earlier one. The sign of the amount says which way the money goes now.
    pub reversal: bool,
    /// The bank's own reference (`AcctSvcrRef`, the part of :61: after `//`, BAI2's bank reference, OFX's FITID); empty
    /// where it has none.
    pub bank_reference: String,
    /// The account owner's reference (`NtryRef`, the reference of :61:, BAI2's customer reference, OFX's CHECKNUM or
    /// REFNUM); empty where it has none.
    pub customer_reference: String,
    /// What kind of transaction the bank calls it: `PMNT-RCDT-ESCT`, `NTRF`, `142`, `CREDIT`.
    pub code: String,
    /// In the bank's words; empty where it has none.
    pub information: String,
    /// What was charged for it.
    pub charges: Vec<Charge>,
    /// Its parts: one for a single payment, many for a batch, none where the file gives nothing beyond the entry.
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
    /// Signed as the entry; `None` where the file gives none of its own.
    pub amount: Option<Amount>,
    /// What was instructed, where it differs: another currency, or before charges. Unsigned.
    pub instructed: Option<Amount>,
    /// Who is on the other side: the payer of a credit, the payee of a debit.
    pub counterparty: Party,
    /// For whom the other side acts, where it says.
    pub ultimate_counterparty: Party,
    /// The id the payer gave (`EndToEndId`, `EREF`); empty where none or `NOTPROVIDED`.
    pub end_to_end_id: String,
    /// The bank's reference of this part; empty where it has none.
    pub bank_reference: String,
    /// The direct debit's mandate; empty where it has none.
    pub mandate_id: String,
    /// Structured creditor references, as written.
    pub creditor_references: Vec<String>,
    /// What the payer wrote, lines joined by a line break.
    pub remittance: String,
    /// Documents the payer names with what it pays on them.
    pub advice: Vec<Advice>,
    /// Why it came back (`AC04`, `R01`), where it did.
    pub return_reason: Option<String>,
    /// What was charged for it.
    pub charges: Vec<Charge>,
}

/// Someone with an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Party {
    /// Empty where unknown.
    pub name: String,
    /// IBAN or local number; empty where unknown.
    pub account: String,
    /// BIC or national code of its bank; empty where unknown.
    pub bank: String,
}

/// A document in structured remittance information.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// The document's number as the payer writes it.
    pub number: String,
    /// Code of the kind of document (`CINV`, `CREN`, `IV`); empty where none.
    pub kind: String,
    /// What is paid on it; `None` where the payer does not say. Negative for a credit note.
    pub paid: Option<Amount>,
    /// What it was for at first.
    pub due: Option<Amount>,
    /// What the payer took off as discount.
    pub discount: Option<Amount>,
}

/// A charge of a bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Charge {
    /// Positive: taken from us.
    pub amount: Amount,
    /// Says that the entry's amount has it in already.
    pub included: bool,
}
