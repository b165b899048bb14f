//! The domain of payments, without I/O: payments and allocations, results of matching, contents of bank files.

pub(crate) mod allocation;
pub(crate) mod bank_csv;
pub(crate) mod bank_file;
pub(crate) mod bank_import;
pub(crate) mod bank_line;
pub(crate) mod candidate;
pub(crate) mod method;
pub(crate) mod new_payment;
pub(crate) mod outcome;
pub(crate) mod payment;
pub(crate) mod policy;
pub(crate) mod refusal;

pub(crate) use quittance_matching::{MatchRule, UnappliedReason};

pub(crate) use allocation::{Allocation, AllocationState, Share};
pub(crate) use bank_csv::{FileError, LineProblem, ReadFile};
pub(crate) use bank_import::{BankImport, ImportedStatement, NotedProblem, Suspicion, SuspiciousEntry};
pub(crate) use bank_line::{BankLine, Fingerprint};
pub(crate) use candidate::Candidate;
pub(crate) use method::Method;
pub(crate) use new_payment::NewPayment;
pub(crate) use outcome::{Alternative, Finding, MatchOutcome};
pub(crate) use payment::Payment;
pub(crate) use policy::{MatchingPolicy, Tolerances};
pub(crate) use refusal::Refusal;
