//! `ReleaseReservation`.

use quittance_kernel::ReservationId;
use quittance_service::Operation;

use super::Write;
use crate::{Error, app::TenantSettings, db, domain::Reservation, outbox};

/// Frees the credit of a reservation.
#[derive(Debug, Hash)]
pub(crate) struct ReleaseReservation {
    pub(crate) reservation: ReservationId,
}

impl Operation for ReleaseReservation {
    const NAME: &'static str = "ReleaseReservation";
    type Settings = TenantSettings;
    type Output = Reservation;

    async fn run(&self, w: &mut Write<'_>) -> Result<Reservation, Error> {
        let id = self.reservation;
        // Read first to find the profile, which is locked before the reservation; a reservation keeps its customer and currency.
        let found = db::reservation::find(w.tx, id).await?;
        let profile = db::profile::lock_of(w.tx, (found.customer, found.amount.currency())).await?;
        let reservation = db::reservation::lock(w.tx, id).await?;
        let before = reservation.state;
        let (profile, released) =
            reservation.release(profile).map_err(|refusal| Error::refused(format!("reservation {id}"), refusal))?;
        if released.state == before {
            return Ok(released);
        }
        let released = Reservation { updated_at: w.now, ..released };
        db::reservation::update_all(w.tx, std::slice::from_ref(&released)).await?;
        db::profile::update_used(w.tx, &[&profile]).await?;
        w.publish(outbox::reservation_released(&released));
        Ok(released)
    }
}
