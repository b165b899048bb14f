//! `Release`.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use quittance_db::{Answer, Command, OneOp, OneResult, Tx, run_one};
use quittance_kernel::{RequestId, ReservationId, TenantId};

use crate::{App, Error, db, domain::Reservation, outbox};

/// Gives credit back.
#[derive(Debug, Clone, Hash)]
pub(crate) struct Release {
    pub(crate) request: RequestId,
    pub(crate) reservation: ReservationId,
}

impl Command for Release {
    const NAME: &'static str = "Release";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op<A> {
    now: DateTime<Utc>,
    answer: fn(&Reservation) -> A,
}

impl<A: Answer> Op<A> {
    async fn release(&self, tx: &mut Tx, id: ReservationId) -> OneResult<Reservation, Error> {
        // Read first to know the profile, which is held before the reservation; whose it is never changes.
        let Some(seen) = db::reservation::find_all(tx, &[id]).await?.pop() else {
            return Ok(Err(Error::ReservationNotFound(id)));
        };
        let key = (seen.customer, seen.amount.currency());
        let profile = db::profile::lock_all(tx, &BTreeSet::from([key])).await?.remove(&key);
        let Some(profile) = profile else { return Ok(Err(Error::NoProfile { customer: key.0, currency: key.1 })) };
        let Some(reservation) = db::reservation::lock_all(tx, &[id]).await?.pop() else {
            return Ok(Err(Error::ReservationNotFound(id)));
        };
        let before = reservation.state;
        let (profile, released) = match reservation.release(profile) {
            Ok(done) => done,
            Err(refusal) => return Ok(Err(Error::refused(format!("reservation {id}"), refusal))),
        };
        if released.state != before {
            db::reservation::update_all(tx, std::slice::from_ref(&released)).await?;
            db::profile::update_used(tx, &[&profile]).await?;
            quittance_events::push(tx, vec![outbox::reservation_released(&released, self.now)]).await?;
        }
        Ok(Ok(released))
    }
}

impl<A: Answer> OneOp for Op<A> {
    type Command = Release;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &Release) -> OneResult<A, Error> {
        Ok(self.release(tx, command.reservation).await?.map(|reservation| (self.answer)(&reservation)))
    }
}

/// Gives the credit of a reservation back.
#[tracing::instrument(name = "creditrisk.release", skip_all)]
pub(crate) async fn release<A: Answer>(
    app: &App,
    tenant: TenantId,
    command: Release,
    answer: fn(&Reservation) -> A,
) -> Result<A, Error> {
    let now = app.now();
    let result = run_one(app.db(), tenant, now, &Op { now, answer }, command).await;
    app.relay().wake();
    result
}
