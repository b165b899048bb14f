//! Expires overdue reservations.

use std::collections::{BTreeSet, HashMap};

use quittance_kernel::Bug;
use quittance_service::Operation;

use super::{Write, corrupt};
use crate::{
    Error,
    app::TenantSettings,
    db::{self, Key},
    domain::{CreditProfile, Reservation},
    outbox,
};

/// Batch size of one transaction.
pub(crate) const BATCH: i64 = 200;

/// Expires at most [`BATCH`] overdue reservations of a tenant, and returns how many. Those locked by another transaction are
/// skipped.
#[derive(Debug)]
pub(crate) struct ExpireReservations;

impl Operation for ExpireReservations {
    const NAME: &'static str = "ExpireReservations";
    type Settings = TenantSettings;
    type Output = usize;

    async fn run(&self, w: &mut Write<'_>) -> Result<usize, Error> {
        // Profiles are always locked before their reservations.
        let keys: BTreeSet<Key> = db::reservation::overdue_keys(w.tx, w.now, BATCH).await?.into_iter().collect();
        let mut profiles = db::profile::lock_all(w.tx, &keys).await?;
        let expired = expire_overdue(w, &mut profiles).await?;
        db::profile::update_used(w.tx, &profiles.values().collect::<Vec<_>>()).await?;
        Ok(expired.len())
    }
}

/// Expires at most [`BATCH`] overdue reservations of these locked profiles. The caller updates the profiles.
pub(super) async fn expire_overdue(
    w: &mut Write<'_>,
    profiles: &mut HashMap<Key, CreditProfile>,
) -> Result<Vec<Reservation>, Error> {
    let overdue = db::reservation::lock_overdue(w.tx, profiles.keys().copied(), w.now, BATCH).await?;
    let mut expired = Vec::with_capacity(overdue.len());
    for reservation in overdue {
        let (id, key) = (reservation.id, (reservation.customer, reservation.amount.currency()));
        let profile = profiles.get_mut(&key).ok_or(Bug("a reservation of another profile was locked"))?;
        let (after, reservation) = reservation
            .expire(profile.clone(), w.now)
            .map_err(|refusal| corrupt("reservation", id.uuid(), &refusal))?;
        *profile = after;
        let reservation = Reservation { updated_at: w.now, ..reservation };
        w.publish(outbox::reservation_expired(&reservation));
        expired.push(reservation);
    }
    db::reservation::update_all(w.tx, &expired).await?;
    Ok(expired)
}
