//! What payments decides, without I/O: where a payment's money is, what matching makes of it, what a bank's file says.

pub mod allocation;
pub mod bank_csv;
pub mod bank_file;
pub mod bank_import;
pub mod bank_line;
pub mod candidate;
pub mod match_rule;
pub mod matching;
pub mod method;
pub mod outcome;
pub mod payment;
pub mod policy;

pub use allocation::{Allocation, AllocationState, Share};
pub use bank_csv::{FileError, LineProblem, ReadFile};
pub use bank_import::{BankImport, ImportedStatement, NotedProblem};
pub use bank_line::{BankLine, Fingerprint};
pub use candidate::Candidate;
pub use match_rule::MatchRule;
pub use method::Method;
pub use outcome::{Alternative, Finding, MatchOutcome, UnappliedReason};
pub use payment::{NewPayment, Payment, Refusal};
pub use policy::{MatchingPolicy, Tolerance};
