//! What an import of a bank's file did.

use chrono::{DateTime, Utc};
use quittance_kernel::ImportId;

use super::bank_csv::LineProblem;

/// An import. Lines are counted once: as new, known or ignored, or they are problems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankImport {
    /// Its id.
    pub id: ImportId,
    /// As given.
    pub file_name: String,
    /// SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// Our account that the lines belong to.
    pub account: String,
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

/// A [`LineProblem`] as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedProblem {
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
