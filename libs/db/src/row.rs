//! From stored values to the domain's: what cannot be read was not written by this program, or by one with a bug.

use std::fmt::Display;

use quittance_kernel::{Currency, Money};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::DbError;

/// A stored value, or the error that says which row holds what it must not.
pub fn stored<T, E: Display>(table: &'static str, id: Uuid, value: Result<T, E>) -> Result<T, DbError> {
    value.map_err(|error| DbError::Corrupt { table, id, why: error.to_string() })
}

/// A stored label, or the error that says which column holds an unknown one.
pub fn known<T>(table: &'static str, id: Uuid, column: &str, value: Option<T>) -> Result<T, DbError> {
    value.ok_or_else(|| DbError::Corrupt { table, id, why: format!("unknown {column}") })
}

/// A stored amount.
pub fn money(table: &'static str, id: Uuid, amount: Decimal, currency: Currency) -> Result<Money, DbError> {
    stored(table, id, Money::from_sum(amount, currency))
}

/// A number as a column of type integer holds it.
pub fn integer(table: &'static str, id: Uuid, value: impl TryInto<i32>) -> Result<i32, DbError> {
    value.try_into().map_err(|_| DbError::Corrupt { table, id, why: "a number is out of range".to_owned() })
}
