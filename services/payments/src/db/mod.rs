//! The store: SQL, one file per aggregate or projection. Free functions on a transaction that sees one tenant.

pub(crate) mod allocation;
pub(crate) mod import;
pub(crate) mod item;
pub(crate) mod payer;
pub(crate) mod payment;
pub(crate) mod policy;
pub(crate) mod projection;
pub(crate) mod review;
pub(crate) mod sought_key;
pub(crate) mod statistics;
pub(crate) mod unfinished;
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
