//! The store: SQL, one file per aggregate. Free functions on a transaction that sees one tenant.

pub(crate) mod book;
pub(crate) mod customer;
pub(crate) mod document;
pub(crate) mod invoice;
pub(crate) mod issue;
pub(crate) mod ledger;
pub(crate) mod settlement;
pub(crate) mod verify;

use quittance_db::DbError;
use quittance_kernel::{Currency, Money};
use rust_decimal::Decimal;
use uuid::Uuid;

/// A value that was stored by this program and must still read: what is wrong with it otherwise.
pub(crate) fn stored<T, E: std::fmt::Display>(
    table: &'static str,
    id: Uuid,
    value: Result<T, E>,
) -> Result<T, DbError> {
    value.map_err(|error| DbError::Corrupt { table, id, why: error.to_string() })
}

/// A label that was stored.
pub(crate) fn known<T>(table: &'static str, id: Uuid, column: &str, value: Option<T>) -> Result<T, DbError> {
    value.ok_or_else(|| DbError::Corrupt { table, id, why: format!("unknown {column}") })
}

/// A stored amount.
pub(crate) fn money(table: &'static str, id: Uuid, amount: Decimal, currency: Currency) -> Result<Money, DbError> {
    stored(table, id, Money::from_sum(amount, currency))
}
