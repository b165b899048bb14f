//! Writing NACHA files: PPD, CCD and CTX credits and debits.

mod check;
mod layout;

use chrono::{NaiveDate, NaiveTime};
use rust_decimal::Decimal;

pub use check::Problem;

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Routing number of the receiving bank; nine digits.
    pub destination: String,
    /// Its name; at most 23 characters.
    pub destination_name: String,
    /// The sender: a routing number or the ten characters assigned by the bank.
    pub origin: String,
    /// The sender's name; at most 23 characters.
    pub origin_name: String,
    /// The day of the file's creation.
    pub created_on: NaiveDate,
    /// The time of the file's creation.
    pub created_at: NaiveTime,
    /// Distinguishes files of one day: `A` to `Z` or `0` to `9`.
    pub id_modifier: char,
    /// For the sender; at most 8 characters.
    pub reference: String,
    /// At least one.
    pub batches: Vec<Batch>,
}

/// A batch to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The class of payments.
    pub sec: Sec,
    /// The originator's name; at most 16 characters.
    pub company: String,
    /// The originator's id; at most 10 characters.
    pub company_id: String,
    /// For the originator; at most 20 characters.
    pub discretionary: String,
    /// The description of the payments for the receiver; at most 10 characters.
    pub description: String,
    /// The originator's date for the receiver, or `SD1300` and the like, which some banks require for same-day
    /// settlement; at most 6 characters.
    pub descriptive_date: String,
    /// The settlement date: for same-day settlement the day of creation.
    pub effective_on: NaiveDate,
    /// First eight digits of the originating bank's routing number; the prefix of trace numbers.
    pub originating_bank: String,
    /// Our account, for a balanced batch: an entry of the other side is added.
    pub offset: Option<Account>,
    /// At least one.
    pub payments: Vec<Payment>,
}

/// Standard entry class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sec {
    /// Prearranged payment and deposit: with people. At most one addenda.
    Ppd,
    /// Corporate credit or debit. At most one addenda.
    Ccd,
    /// Corporate trade exchange. At most 9,999 addenda.
    Ctx,
}

impl Sec {
    /// `PPD`, `CCD`, `CTX`.
    pub const fn label(self) -> &'static str {
        match self {
            Sec::Ppd => "PPD",
            Sec::Ccd => "CCD",
            Sec::Ctx => "CTX",
        }
    }

    /// The most addenda of an entry.
    pub const fn max_addenda(self) -> usize {
        match self {
            Sec::Ppd | Sec::Ccd => 1,
            Sec::Ctx => 9_999,
        }
    }
}

/// An account at a bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Nine digits.
    pub routing: String,
    /// At most 17 characters.
    pub number: String,
    /// The kind of account.
    pub kind: AccountKind,
}

/// The kind of account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountKind {
    /// Demand deposit.
    Checking,
    /// Savings.
    Savings,
}

/// The direction of a payment, from the receiver's point of view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// We pay.
    Credit,
    /// We collect.
    Debit,
}

impl Direction {
    const fn other(self) -> Direction {
        match self {
            Direction::Credit => Direction::Debit,
            Direction::Debit => Direction::Credit,
        }
    }
}

/// A payment to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The receiver's.
    pub account: Account,
    /// The direction.
    pub direction: Direction,
    /// In dollars, with at most two decimals; zero for a prenotification only.
    pub amount: Decimal,
    /// A prenotification, which only verifies the account: the amount is zero.
    pub prenotification: bool,
    /// At most 15 characters.
    pub individual_id: String,
    /// At most 22 characters, 16 for CTX.
    pub name: String,
    /// Payment related information; at most 80 characters each.
    pub addenda: Vec<String>,
}

/// Writes a file: records of 94 columns ending in a line feed, padded with nines to blocks of ten.
///
/// # Errors
/// All violations, with their paths.
pub fn write(file: &File) -> Result<String, Vec<Problem>> {
    let problems = check::problems(file);
    if problems.is_empty() { Ok(layout::file(file)) } else { Err(problems) }
}
