//! `Confirm`.

use chrono::{DateTime, Utc};
use quittance_db::{Answer, Command, OneOp, OneResult, Tx, run_one};
use quittance_kernel::{RequestId, ReservationId, TenantId};

use crate::{App, Error, db, domain::Reservation, outbox};

/// Makes a reservation last.
#[derive(Debug, Clone, Hash)]
pub(crate) struct Confirm {
    pub(crate) request: RequestId,
    pub(crate) reservation: ReservationId,
}

impl Command for Confirm {
    const NAME: &'static str = "Confirm";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op<A> {
    now: DateTime<Utc>,
    answer: fn(&Reservation) -> A,
}

impl<A: Answer> Op<A> {
    async fn confirm(&self, tx: &mut Tx, id: ReservationId) -> OneResult<Reservation, Error> {
        // What the profile holds does not change: it is not waited for.
        let Some(reservation) = db::reservation::lock_all(tx, &[id]).await?.pop() else {
            return Ok(Err(Error::ReservationNotFound(id)));
        };
        let before = reservation.state;
        let confirmed = match reservation.confirm(self.now) {
            Ok(confirmed) => confirmed,
            Err(refusal) => return Ok(Err(Error::refused(format!("reservation {id}"), refusal))),
        };
        if confirmed.state != before {
            db::reservation::update_all(tx, std::slice::from_ref(&confirmed)).await?;
            quittance_events::push(tx, vec![outbox::reservation_confirmed(&confirmed, self.now)]).await?;
        }
        Ok(Ok(confirmed))
    }
}

impl<A: Answer> OneOp for Op<A> {
    type Command = Confirm;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &Confirm) -> OneResult<A, Error> {
        Ok(self.confirm(tx, command.reservation).await?.map(|reservation| (self.answer)(&reservation)))
    }
}

/// Makes a reservation last until it is released or invoiced.
#[tracing::instrument(name = "creditrisk.confirm", skip_all)]
pub(crate) async fn confirm<A: Answer>(
    app: &App,
    tenant: TenantId,
    command: Confirm,
    answer: fn(&Reservation) -> A,
) -> Result<A, Error> {
    let now = app.now();
    let result = run_one(app.db(), tenant, now, &Op { now, answer }, command).await;
    app.relay().wake();
    result
}
