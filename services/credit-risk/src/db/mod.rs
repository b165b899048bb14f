//! The store: SQL, one file per aggregate or projection. Free functions on a transaction that sees one tenant. Locks are taken in one order everywhere:
//! customers, profiles, reservations, each by id.

pub(crate) mod profile;
pub(crate) mod projection;
pub(crate) mod reservation;
pub(crate) mod verify;

use quittance_kernel::{Currency, CustomerId};
use uuid::Uuid;

/// A customer's credit in a currency, of which there is at most one profile.
pub(crate) type Key = (CustomerId, Currency);

/// Keys as two columns.
pub(crate) fn columns(keys: impl IntoIterator<Item = Key>) -> (Vec<Uuid>, Vec<String>) {
    keys.into_iter().map(|(customer, currency)| (customer.uuid(), currency.code().to_owned())).unzip()
}
