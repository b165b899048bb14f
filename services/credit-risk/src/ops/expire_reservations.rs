//! Ends reservations whose time is over.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use quittance_db::{DbError, Tx};
use quittance_kernel::TenantId;

use super::corrupt;
use crate::{
    App,
    db::{self, Key},
    domain::{CreditProfile, Reservation},
    outbox,
};

/// Reservations that are ended in one transaction.
pub(crate) const BATCH: i64 = 200;

/// Ends reservations of the held profiles whose time is over, and takes them off the profiles, which the caller writes.
pub(super) async fn expire_held(
    tx: &mut Tx,
    profiles: &mut HashMap<Key, CreditProfile>,
    now: DateTime<Utc>,
) -> Result<Vec<Reservation>, DbError> {
    let stale = db::reservation::lock_expired(tx, profiles.keys().copied(), now, BATCH).await?;
    let mut expired = Vec::with_capacity(stale.len());
    for reservation in stale {
        let (id, key) = (reservation.id, (reservation.customer, reservation.amount.currency()));
        let Some(profile) = profiles.get_mut(&key) else { continue };
        let (after, ended) =
            reservation.expire(profile.clone(), now).map_err(|refusal| corrupt("reservation", id.uuid(), &refusal))?;
        *profile = after;
        expired.push(ended);
    }
    db::reservation::update_all(tx, &expired).await?;
    Ok(expired)
}

/// Ends reservations of a tenant whose time is over. Returns how many: the loop calls again at once while there may be more.
#[tracing::instrument(name = "creditrisk.expire_reservations", skip_all)]
pub(crate) async fn expire_reservations(app: &App, tenant: TenantId) -> Result<usize, DbError> {
    let now = app.now();
    let mut tx = app.db().begin(tenant).await?;
    // Profiles are held before their reservations, here as in every call.
    let keys: BTreeSet<Key> = db::reservation::expired_keys(&mut tx, now, BATCH).await?.into_iter().collect();
    let mut profiles = db::profile::lock_all(&mut tx, &keys).await?;
    let expired = expire_held(&mut tx, &mut profiles, now).await?;
    db::profile::update_used(&mut tx, &profiles.values().collect::<Vec<_>>()).await?;
    quittance_events::push(&mut tx, expired.iter().map(|r| outbox::reservation_expired(r, now)).collect()).await?;
    tx.commit().await?;
    app.relay().wake();
    Ok(expired.len())
}
