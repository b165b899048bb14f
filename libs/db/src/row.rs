//! Stored values as domain values. A value that cannot be read is corrupt.

use std::fmt::Display;

use quittance_kernel::{Currency, Metadata, Money};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::DbError;

/// A stored value, or an error that names the corrupt row.
pub fn stored<T, E: Display>(table: &'static str, id: Uuid, value: Result<T, E>) -> Result<T, DbError> {
    value.map_err(|error| DbError::Corrupt { table, id, why: error.to_string() })
}

/// A stored label, or an error that names the column with an unknown one.
pub fn known<T>(table: &'static str, id: Uuid, column: &str, value: Option<T>) -> Result<T, DbError> {
    value.ok_or_else(|| DbError::Corrupt { table, id, why: format!("unknown {column}") })
}

/// A stored amount.
pub fn money(table: &'static str, id: Uuid, amount: Decimal, currency: Currency) -> Result<Money, DbError> {
    stored(table, id, Money::from_sum(amount, currency))
}

/// Metadata as stored.
pub fn metadata(table: &'static str, id: Uuid, json: serde_json::Value) -> Result<Metadata, DbError> {
    let entries = stored(table, id, serde_json::from_value(json))?;
    Metadata::new(entries).map_err(|_| DbError::Corrupt { table, id, why: "metadata is out of bounds".to_owned() })
}

/// Metadata as it is stored.
pub fn metadata_json(metadata: &Metadata) -> serde_json::Value {
    serde_json::json!(metadata.entries())
}

/// A number for a column of type `integer`.
pub fn integer(table: &'static str, id: Uuid, value: impl TryInto<i32>) -> Result<i32, DbError> {
    value.try_into().map_err(|_| DbError::Corrupt { table, id, why: "a number is out of range".to_owned() })
}
