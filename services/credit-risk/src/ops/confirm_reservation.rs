//! `ConfirmReservation`.

use quittance_kernel::ReservationId;
use quittance_service::Operation;

use super::Write;
use crate::{Error, app::TenantSettings, db, domain::Reservation, outbox};

/// Confirms a reservation until it is released or invoiced.
#[derive(Debug, Hash)]
pub(crate) struct ConfirmReservation {
    pub(crate) reservation: ReservationId,
}

impl Operation for ConfirmReservation {
    const NAME: &'static str = "ConfirmReservation";
    type Settings = TenantSettings;
    type Output = Reservation;

    async fn run(&self, w: &mut Write<'_>) -> Result<Reservation, Error> {
        let id = self.reservation;
        // The profile is not locked: its reserved amount does not change.
        let reservation = db::reservation::lock(w.tx, id).await?;
        let before = reservation.state;
        let confirmed =
            reservation.confirm(w.now).map_err(|refusal| Error::refused(format!("reservation {id}"), refusal))?;
        if confirmed.state == before {
            return Ok(confirmed);
        }
        let confirmed = Reservation { updated_at: w.now, ..confirmed };
        db::reservation::update_all(w.tx, std::slice::from_ref(&confirmed)).await?;
        w.publish(outbox::reservation_confirmed(&confirmed));
        Ok(confirmed)
    }
}
