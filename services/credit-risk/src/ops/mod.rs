//! The workshop: one file per mutating call or consumed change, the transaction script. The door passes how an answer is written, because the answer is
//! kept with the request.

mod apply_invoicing;
mod authorize;
mod confirm;
mod create_profile;
mod expire_reservations;
mod release;
mod update_profile;

pub(crate) use apply_invoicing::{Change, apply_invoicing};
pub(crate) use authorize::{Authorize, authorize};
pub(crate) use confirm::{Confirm, confirm};
pub(crate) use create_profile::{CreateProfile, create_profile};
pub(crate) use expire_reservations::{BATCH as EXPIRE_BATCH, expire_reservations};
pub(crate) use release::{Release, release};
pub(crate) use update_profile::{UpdateProfile, update_profile};

use quittance_db::DbError;

use crate::{Error, domain::Refusal};

/// A result per command.
pub(crate) type Results<A> = Result<Vec<Result<A, Error>>, DbError>;

/// A refusal where the domain has no reason to refuse: what is stored contradicts itself.
fn corrupt(table: &'static str, id: uuid::Uuid, refusal: &Refusal) -> DbError {
    DbError::Corrupt { table, id, why: refusal.to_string() }
}
