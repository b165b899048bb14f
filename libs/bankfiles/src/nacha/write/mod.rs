//! Writing NACHA files: PPD, CCD and CTX credits and debits.

mod check;
mod layout;

use chrono::{NaiveDate, NaiveTime};
use rust_decimal::Decimal;

pub use check::Problem;

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Routing number of the bank that takes the file; nine digits.
    pub destination: String,
    /// Its name; at most 23 characters.
    pub destination_name: String,
    /// Who sends it: a routing number or the ten characters that the bank assigned.
    pub origin: String,
    /// The sender's name; at most 23 characters.
    pub origin_name: String,
    /// The day of the file's creation.
    pub created_on: NaiveDate,
    /// The time of the file's creation.
    pub created_at: NaiveTime,
    /// Tells files of one day apart: `A` to `Z` or `0` to `9`.
    pub id_modifier: char,
    /// For the sender; at most 8 characters.
    pub reference: String,
    /// At least one.
    pub batches: Vec<Batch>,
}

/// A batch to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// What kind of payments.
    pub sec: Sec,
    /// The originator's name; at most 16 characters.
    pub company: String,
    /// The originator's id; at most 10 characters.
    pub company_id: String,
    /// For the originator; at most 20 characters.
    pub discretionary: String,
    /// What the payments are, as the receiver sees it; at most 10 characters.
    pub description: String,
    /// The originator's date, as the receiver sees it, or `SD1300` and the like, which some banks want for same-day
    /// settlement; at most 6 characters.
    pub descriptive_date: String,
    /// When the payments shall settle: for same-day settlement the day of creation.
    pub effective_on: NaiveDate,
    /// First eight digits of the originating bank's routing number; they begin the trace numbers.
    pub originating_bank: String,
    /// Our account, where the batch shall balance: an entry of the other side is added.
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

    /// How many addenda an entry has at most.
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
    /// Which kind.
    pub kind: AccountKind,
}

/// Which kind of account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountKind {
    /// Demand deposit.
    Checking,
    /// Savings.
    Savings,
}

/// Which way the money goes, seen from the receiver's account.
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

/// A payment to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The receiver's.
    pub account: Account,
    /// Which way.
    pub direction: Direction,
    /// In dollars, with at most two decimals; zero for a prenotification only.
    pub amount: Decimal,
    /// Only asks whether the account is right: the amount is zero.
    pub prenotification: bool,
    /// At most 15 characters.
    pub individual_id: String,
    /// At most 22 characters, 16 for CTX.
    pub name: String,
    /// Payment related information; at most 80 characters each.
    pub addenda: Vec<String>,
}

/// Writes a file: records of 94 columns ending in a line feed, filled up with nines to blocks of ten.
///
/// # Errors
/// Everything that keeps it from being written, with its place.
pub fn write(file: &File) -> Result<String, Vec<Problem>> {
    let problems = check::problems(file);
    if problems.is_empty() { Ok(layout::file(file)) } else { Err(problems) }
}
