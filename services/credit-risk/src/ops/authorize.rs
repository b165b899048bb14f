//! `Authorize` and `BatchAuthorize`: the hot write. However many orders come at once, whoever decides on a customer's credit holds its profile.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use quittance_db::{Answer, Command, DbError, SliceOp, Tx, run_slice};
use quittance_kernel::{RequestId, ReservationId, TenantId};

use super::{Results, expire_reservations::expire_held};
use crate::{
    App, Error,
    db::{self, Key},
    domain::{self, CreditProfile, Order, Reservation},
    outbox,
};

/// Sets credit aside for an order.
#[derive(Debug, Clone, Hash)]
pub(crate) struct Authorize {
    pub(crate) request: RequestId,
    pub(crate) order: Order,
}

impl Command for Authorize {
    const NAME: &'static str = "Authorize";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op<A> {
    now: DateTime<Utc>,
    answer: fn(&Reservation) -> A,
}

/// The orders of a slice, decided one after the other on the profiles as the ones before left them.
struct Desk {
    profiles: HashMap<Key, CreditProfile>,
    holding: HashSet<String>,
    reserved: Vec<Reservation>,
}

impl Desk {
    fn decide(&mut self, order: &Order, now: DateTime<Utc>) -> Result<Reservation, Error> {
        let key = (order.customer, order.amount.currency());
        let profile = self.profiles.get_mut(&key).ok_or(Error::NoProfile { customer: key.0, currency: key.1 })?;
        if self.holding.contains(&order.order_reference) {
            return Err(Error::OrderAlreadyReserved(order.order_reference.clone()));
        }
        let decided = domain::authorize(profile.clone(), ReservationId::at(now), order.clone(), now);
        let (after, reservation) =
            decided.map_err(|refusal| Error::refused(format!("order {:?}", order.order_reference), refusal))?;
        *profile = after;
        self.holding.insert(order.order_reference.clone());
        self.reserved.push(reservation.clone());
        Ok(reservation)
    }
}

impl<A: Answer> SliceOp for Op<A> {
    type Command = Authorize;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, commands: &[&Authorize]) -> Result<Vec<Result<A, Error>>, DbError> {
        let keys: BTreeSet<Key> = commands.iter().map(|c| (c.order.customer, c.order.amount.currency())).collect();
        let mut profiles = db::profile::lock_all(tx, &keys).await?;
        // What is over by now must not stand in the way of an order, even when the reconciler has not come by yet.
        let expired = expire_held(tx, &mut profiles, self.now).await?;
        let orders: Vec<String> = commands.iter().map(|c| c.order.order_reference.clone()).collect();
        let holding = db::reservation::holding_orders(tx, &orders).await?;
        let mut desk = Desk { profiles, holding, reserved: Vec::with_capacity(commands.len()) };
        let answers = commands
            .iter()
            .map(|c| desk.decide(&c.order, self.now).map(|reservation| (self.answer)(&reservation)))
            .collect();

        let touched: HashSet<Key> =
            expired.iter().chain(&desk.reserved).map(|r| (r.customer, r.amount.currency())).collect();
        let changed: Vec<&CreditProfile> = touched.iter().filter_map(|key| desk.profiles.get(key)).collect();
        db::reservation::insert_all(tx, &desk.reserved).await?;
        db::profile::update_used(tx, &changed).await?;
        let mut events: Vec<_> = expired.iter().map(|r| outbox::reservation_expired(r, self.now)).collect();
        events.extend(desk.reserved.iter().map(|r| outbox::credit_reserved(r, self.now)));
        quittance_events::push(tx, events).await?;
        Ok(answers)
    }
}

/// Sets credit aside for orders.
#[tracing::instrument(name = "creditrisk.authorize", skip_all, fields(count = commands.len()))]
pub(crate) async fn authorize<A: Answer>(
    app: &App,
    tenant: TenantId,
    commands: Vec<Authorize>,
    answer: fn(&Reservation) -> A,
) -> Results<A> {
    let now = app.now();
    let mut results = run_slice(app.db(), tenant, now, &Op { now, answer }, &commands).await?;
    app.relay().wake();
    for (result, command) in results.iter_mut().zip(&commands) {
        if let Err(Error::OrderAlreadyReserved(order)) = result {
            order.clone_from(&command.order.order_reference);
        }
    }
    Ok(results)
}
