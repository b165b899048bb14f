//! What payments decides, without I/O: where a payment's money is, what matching makes of it, what a bank's file says.

pub mod allocation;
pub mod bank_csv;
pub mod bank_import;
pub mod bank_line;
mod csv_records;
pub mod matching;
pub mod method;
pub mod old_matching;
pub mod outcome;
pub mod payment;
pub mod text;

pub use allocation::{Allocation, AllocationState, Share};
pub use bank_csv::{BankCsvMap, DateFormat, DecimalSeparator, FileError, LineProblem, ReadFile};
pub use bank_import::{BankImport, NotedProblem};
pub use bank_line::{BankLine, Fingerprint};
pub use method::Method;
pub use old_matching::{Candidate, Candidates, MoneyIn, Proposal, propose};
pub use outcome::{MatchOutcome, MatchRule, UnappliedReason};
pub use payment::{NewPayment, Payment, Refusal};
