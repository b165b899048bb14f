//! Operations, one file per mutating RPC, per job, and per service whose events are applied: load, decide, save, publish. The library's runner does what
//! all calls share.

mod apply_invoicing;
mod authorize_order;
mod confirm_reservation;
mod create_profile;
mod delete_profile;
mod expire_reservations;
mod release_reservation;
mod update_profile;

pub(crate) use apply_invoicing::{Change, apply_invoicing};
pub(crate) use authorize_order::AuthorizeOrder;
pub(crate) use confirm_reservation::ConfirmReservation;
pub(crate) use create_profile::CreateProfile;
pub(crate) use delete_profile::DeleteProfile;
pub(crate) use expire_reservations::{BATCH as EXPIRE_BATCH, ExpireReservations};
pub(crate) use release_reservation::ReleaseReservation;
pub(crate) use update_profile::UpdateProfile;

use quittance_db::DbError;

use crate::{Error, app::TenantSettings, domain::Refusal};

/// The transaction of an operation of the service.
type Write<'a> = quittance_service::Write<'a, TenantSettings>;

/// A result per command of a batch.
type Batch<O> = quittance_service::Batch<O, Error>;

/// The error for an impossible refusal: the stored data is inconsistent.
fn corrupt(table: &'static str, id: uuid::Uuid, refusal: &Refusal) -> DbError {
    DbError::Corrupt { table, id, why: refusal.to_string() }
}
