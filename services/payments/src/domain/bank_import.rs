//! What an import of a bank's file did.

use chrono::{DateTime, Utc};
use quittance_kernel::ImportId;
use serde::{Deserialize, Serialize};

use super::bank_csv::LineProblem;

/// An import. Lines are counted once: as new, known or ignored, or they are problems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BankImport {
    /// Its id.
    pub id: ImportId,
    /// As given.
    pub file_name: String,
    /// SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// Our account that the lines belong to; empty where the file names its accounts itself.
    pub account: String,
    /// What the file is: `csv`, `camt.053.001.08`.
    pub format: String,
    /// Its statements, where it is of a bank's own format.
    pub statements: Vec<ImportedStatement>,
    /// Entries that were recorded although something like them is known.
    pub suspicious: Vec<NotedProblem>,
    /// Lines recorded as payments by this import.
    pub new_lines: i32,
    /// Lines that an import before had recorded.
    pub known_lines: i32,
    /// Debits and zero amounts.
    pub ignored_lines: i32,
    /// Lines that could not be read or recorded, in the file's order.
    pub problems: Vec<NotedProblem>,
    /// When.
    pub imported_at: DateTime<Utc>,
}

/// A statement of a bank's file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ImportedStatement {
    /// Its own id, or empty.
    pub id: String,
    /// Our account.
    pub account: String,
    /// What was booked before it, signed.
    pub opening: Option<String>,
    /// What was booked after it, signed.
    pub closing: Option<String>,
    /// The currency of the balances; empty without them.
    pub currency: String,
    /// The two and the booked entries contradict each other.
    pub does_not_tie: bool,
    /// Entries of every kind.
    pub entries: i32,
}

/// A [`LineProblem`] as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NotedProblem {
    /// First physical line of the record.
    pub line: i64,
    /// `UPPER_SNAKE_CASE`.
    pub reason: String,
    /// In words.
    pub description: String,
}

impl From<LineProblem> for NotedProblem {
    fn from(problem: LineProblem) -> NotedProblem {
        let line = i64::try_from(problem.line).unwrap_or(i64::MAX);
        NotedProblem { line, reason: problem.reason.to_owned(), description: problem.description }
    }
}
