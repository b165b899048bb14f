//! The database: SQL, one file per aggregate or projection. Free functions on a transaction of one tenant. Locks are always taken in this order:
//! customers, profiles, reservations, each by id.

pub(crate) mod profile;
pub(crate) mod projection;
pub(crate) mod reservation;
pub(crate) mod verify;

use quittance_kernel::{Currency, CustomerId};
use uuid::Uuid;

/// The key of a profile: customer and currency.
pub(crate) type Key = (CustomerId, Currency);

/// Splits keys into two columns.
pub(crate) fn columns(keys: impl IntoIterator<Item = Key>) -> (Vec<Uuid>, Vec<String>) {
    keys.into_iter().map(|(customer, currency)| (customer.uuid(), currency.code().to_owned())).unzip()
}

#[cfg(test)]
mod list_tests;
