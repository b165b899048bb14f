//! The database: SQL, one file per aggregate. Free functions on a transaction of one tenant.

pub(crate) mod bad_debt;
pub(crate) mod customer;
pub(crate) mod customer_credit;
pub(crate) mod document;
pub(crate) mod entry;
pub(crate) mod extension;
pub(crate) mod invoice;
pub(crate) mod invoice_list;
pub(crate) mod issue;
pub(crate) mod item;
mod line;
pub(crate) mod parties;
pub(crate) mod period;
mod recompute;
pub(crate) mod series;
pub(crate) mod settlement;
pub(crate) mod simulation;
pub(crate) mod statement;
pub(crate) mod tenant;
pub(crate) mod terms;
pub(crate) mod verify;
mod verify_credits;
mod verify_periods;

#[cfg(test)]
mod list_tests;
