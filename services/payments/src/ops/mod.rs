//! Operations, one file per mutating RPC and per job, named after it: load, decide, save, publish. The library's runner does what all of them share.

mod apply_payment;
mod confirm_match;
mod finish_pending;
mod finish_settlements;
mod import_bank_file;
mod import_bank_lines;
mod imported;
mod manual;
mod match_again;
mod match_input;
mod matching;
mod record_payment;
mod recorded;
mod set_matching_policy;
mod settle;
mod unapply_payment;

pub(crate) use apply_payment::{ApplyPayment, Chosen};
pub(crate) use confirm_match::ConfirmMatch;
pub(crate) use finish_pending::finish_pending;
pub(crate) use import_bank_file::{BankFile, ImportBankFile};
pub(crate) use import_bank_lines::{BankLinesFile, ImportBankLines};
pub(crate) use imported::{ImportResponse, Imported, settle_imported};
pub(crate) use match_again::match_again;
pub(crate) use record_payment::RecordPayment;
pub(crate) use recorded::{PaymentResponse, Recorded, settle_recorded};
pub(crate) use set_matching_policy::SetMatchingPolicy;
pub(crate) use unapply_payment::UnapplyPayment;

use crate::{Error, app::TenantSettings};

/// The transaction of an operation of the service.
type Write<'a> = quittance_service::Write<'a, TenantSettings>;

/// A result per command of a batch.
pub(crate) type Batch<O> = quittance_service::Batch<O, Error>;
