//! NACHA files: records of 94 columns in batches, as US banks exchange ACH payments, returns and notifications of
//! change (Nacha Operating Rules, appendix three).

mod addenda;
mod batch;
mod reader;
mod record;
mod remittance;
mod write;

use std::io::BufRead;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

pub use write::{
    Account, AccountKind, Batch as NewBatch, Direction, File as NewFile, Payment as NewPayment, Problem, Sec, write,
};

use crate::{Advice, Refusal, Warning};

/// The content of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct File {
    /// The batches in the file's order.
    pub batches: Vec<Batch>,
    /// Returned, dishonored and contested payments (addenda 99).
    pub returns: Vec<Return>,
    /// Notifications of change (addenda 98).
    pub changes: Vec<Change>,
    /// The mistakes in the file.
    pub warnings: Vec<Warning>,
}

/// A batch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Batch {
    /// Standard entry class: `CCD`, `CTX`, `IAT`.
    pub sec: String,
    /// How many entry detail records it has.
    pub entries: u64,
    /// Sum of the credits, in dollars.
    pub credits: Decimal,
    /// Sum of the debits, in dollars; positive.
    pub debits: Decimal,
    /// The originator; empty for IAT.
    pub company: String,
    /// The originator's id.
    pub company_id: String,
    /// The originator's description of the payments: `PAYROLL`.
    pub description: String,
    /// The requested settlement date.
    pub effective_on: Option<NaiveDate>,
    /// The batch's number as written.
    pub number: String,
    /// The entries in the file's order.
    pub items: Vec<Item>,
}

/// An entry of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Transaction code: `22` credits a checking account, `27` debits one.
    pub code: String,
    /// In dollars; signed, credits of the receiver's account are positive.
    pub amount: Decimal,
    /// Routing number of the receiver's bank, nine digits.
    pub routing: String,
    /// The receiver's account.
    pub account: String,
    /// The originator's reference of the receiver: an id, an invoice, a check number.
    pub individual_id: String,
    /// The receiver's name.
    pub name: String,
    /// Trace number, fifteen digits.
    pub trace: String,
    /// Payment related information (addenda 05 and others) in the file's order, lines joined by a line break.
    pub addenda: String,
    /// The documents named in the information.
    pub advice: Vec<Advice>,
}

/// A returned payment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Return {
    /// `R01` to `R99`.
    pub code: String,
    /// The kind of return by the code.
    pub kind: ReturnKind,
    /// In dollars, signed as the return entry.
    pub amount: Decimal,
    /// Trace number of the returned entry.
    pub original_trace: String,
    /// Bank of its receiver, eight digits.
    pub original_bank: String,
    /// Free text of the bank.
    pub information: String,
    /// The receiver's date of death, for R14 and R15.
    pub died_on: Option<NaiveDate>,
    /// Trace number of the return that is dishonored or contested; empty for a first return.
    pub return_trace: String,
    /// Reason of the return that is dishonored or contested: `R01`; empty for a first return.
    pub return_reason: String,
    /// Trace number of the dishonoring that is contested; else empty.
    pub dishonored_trace: String,
    /// The receiver's account, as in the entry.
    pub account: String,
    /// As in the entry.
    pub individual_id: String,
    /// As in the entry.
    pub name: String,
    /// Trace number of its own entry.
    pub trace: String,
}

/// The kind of a return.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnKind {
    /// By the receiver's bank.
    #[default]
    Return,
    /// The originator's bank dishonors the return: R61, R62, R67 to R70, R77.
    Dishonored,
    /// The receiver's bank contests the dishonor: R71 to R76.
    Contested,
}

/// A notification of change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Change {
    /// `C01` to `C14`; `C61` to `C69` if the originator's bank refuses one.
    pub code: String,
    /// Trace number of the entry it is about.
    pub original_trace: String,
    /// Bank of its receiver, eight digits.
    pub original_bank: String,
    /// The corrected data, as written.
    pub corrected: String,
    /// The corrected routing number, by C02, C03, C07.
    pub routing: Option<String>,
    /// The corrected account, by C01, C03, C06, C07.
    pub account: Option<String>,
    /// The corrected name, by C04.
    pub name: Option<String>,
    /// The corrected transaction code, by C05, C06, C07.
    pub transaction_code: Option<String>,
    /// The corrected individual id, by C09.
    pub individual_id: Option<String>,
    /// The account as in the entry.
    pub wrong_account: String,
    /// Trace number of its own entry.
    pub trace: String,
}

/// Reads a file.
///
/// # Errors
/// [`Refusal`] if it has no file or batch header, or cannot be read.
pub fn read(input: &mut dyn BufRead) -> Result<File, Refusal> {
    reader::read(input)
}

#[cfg(test)]
#[path = "nacha_tests.rs"]
mod tests;
