//! The workshop: one file per mutating call or consumed cause, the transaction script. What is kept with a request is only the id of what it made: a
//! payment goes on changing while invoicing answers, so a repeated call is told how it stands then.

mod apply_payment;
mod by_hand;
mod confirm_match;
mod finish_allocations;
mod finish_pending;
mod import_bank_file;
mod import_bank_lines;
mod imported;
mod match_again;
mod match_payments;
mod record_payments;
mod set_matching_policy;
mod settle;
mod slice_book;
mod unapply_payment;

pub(crate) use apply_payment::{ApplyPayment, Chosen, apply_payment};
pub(crate) use confirm_match::{ConfirmMatch, confirm_match};
pub(crate) use finish_pending::finish_pending;
pub(crate) use import_bank_file::{ImportBankFile, import_bank_file};
pub(crate) use import_bank_lines::{ImportBankLines, import_bank_lines};
pub(crate) use match_again::match_again;
pub(crate) use match_payments::account_key;
pub(crate) use record_payments::{RecordPayment, record_payments};
pub(crate) use set_matching_policy::{SetMatchingPolicy, set_matching_policy};
pub(crate) use unapply_payment::{UnapplyPayment, unapply_payment};

use quittance_db::{Answer, DbError};
use uuid::Uuid;

use crate::Error;

/// A result per command.
pub(crate) type Results<A> = Result<Vec<Result<A, Error>>, DbError>;

/// What is kept with a request: the id of what it made or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct KeptId(Uuid);

impl Answer for KeptId {
    fn to_bytes(&self) -> Vec<u8> {
        self.0.as_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        Uuid::from_slice(bytes).map(Self).map_err(|error| error.to_string())
    }
}
