//! The database: SQL, one file per aggregate or projection. Free functions on a transaction of one tenant.

pub(crate) mod dispute;
pub(crate) mod dunning;
pub(crate) mod projection;
pub(crate) mod reminder;
pub(crate) mod strategy;
pub(crate) mod verify;

use quittance_db::{DbError, Tx, row};
use quittance_kernel::{Currency, Money};
use rust_decimal::Decimal;
use uuid::Uuid;

/// A stored amount with its stored currency.
fn money(table: &'static str, id: Uuid, amount: Decimal, currency: &str) -> Result<Money, DbError> {
    row::money(table, id, amount, row::stored(table, id, Currency::parse(currency))?)
}

/// Locks the tenant for changes of strategies until the transaction ends: a tenant has one default strategy.
pub(crate) async fn lock_tenant(tx: &mut Tx) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1::uuid::text, 0))", tenant)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

#[cfg(test)]
mod list_tests;
