//! The store: SQL, one file per aggregate or projection. Free functions on a transaction that sees one tenant.

pub(crate) mod dispute;
pub(crate) mod dunning;
pub(crate) mod projection;
pub(crate) mod reminder;
pub(crate) mod strategy;
pub(crate) mod verify;

use quittance_db::{DbError, Tx};
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
pub(crate) fn money(table: &'static str, id: Uuid, amount: Decimal, currency: &str) -> Result<Money, DbError> {
    let currency = stored(table, id, Currency::parse(currency))?;
    stored(table, id, Money::from_sum(amount, currency))
}

/// Waits until nobody else runs dunning or changes strategies for the tenant, and keeps them waiting until the transaction ends: two runs at once
/// must not both see an item as not yet reminded, and a tenant has one default strategy.
pub(crate) async fn take_turns(tx: &mut Tx) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1::uuid::text, 0))", tenant)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
