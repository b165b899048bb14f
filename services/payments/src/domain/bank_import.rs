//! Imports of bank files.

use chrono::{DateTime, Utc};
use quittance_kernel::ImportId;
use serde::{Deserialize, Serialize};

use super::bank_csv::LineProblem;

/// An import. Each line is counted once: as new, known, ignored, or a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BankImport {
    /// The import's id.
    pub id: ImportId,
    /// The file name as given.
    pub file_name: String,
    /// SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// Our account of the lines; empty if the file names its accounts itself.
    pub account: String,
    /// The format: `csv`, `camt.053.001.08`.
    pub format: String,
    /// Its statements; empty for csv.
    pub statements: Vec<ImportedStatement>,
    /// Entries recorded although a similar one is known.
    pub suspicious: Vec<SuspiciousEntry>,
    /// Lines recorded as payments by this import.
    pub new_lines: i32,
    /// Lines recorded by an earlier import.
    pub known_lines: i32,
    /// Debits and zero amounts.
    pub ignored_lines: i32,
    /// Lines that could not be read or recorded, in the file's order.
    pub problems: Vec<NotedProblem>,
    /// When it was imported.
    pub imported_at: DateTime<Utc>,
}

/// A statement of a bank's file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ImportedStatement {
    /// Its own id, or empty.
    pub id: String,
    /// Our account.
    pub account: String,
    /// The booked opening balance, signed.
    pub opening: Option<String>,
    /// The booked closing balance, signed.
    pub closing: Option<String>,
    /// The currency of the balances; empty without them.
    pub currency: String,
    /// Whether the balances and the booked entries contradict each other.
    pub does_not_tie: bool,
    /// The number of all entries.
    pub entries: i32,
}

/// A stored [`LineProblem`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NotedProblem {
    /// First physical line of the record.
    pub line: i64,
    /// `UPPER_SNAKE_CASE`.
    pub reason: String,
    /// The problem, in words.
    pub description: String,
}

/// A stored entry that is like a known one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SuspiciousEntry {
    /// First physical line of the record.
    pub line: i64,
    /// What makes it suspicious.
    pub reason: Suspicion,
    /// The same, in words.
    pub description: String,
}

/// What makes an entry suspicious. The names are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Suspicion {
    /// Account, day, amount and bank reference are those of a known entry of a file of this kind; the rest differs.
    SameBankReference,
}

impl SuspiciousEntry {
    pub(crate) fn new(line: u64, reason: Suspicion) -> Self {
        let description = match reason {
            Suspicion::SameBankReference => {
                "an entry with the same account, day, amount and bank reference is known, but differs otherwise"
            }
        };
        Self { line: i64::try_from(line).unwrap_or(i64::MAX), reason, description: description.to_owned() }
    }
}

impl From<LineProblem> for NotedProblem {
    fn from(problem: LineProblem) -> NotedProblem {
        let line = i64::try_from(problem.line).unwrap_or(i64::MAX);
        NotedProblem { line, reason: problem.reason.to_owned(), description: problem.description }
    }
}
