//! `AuthorizeOrder` and `BatchAuthorizeOrders`: the hot path. Every change of a customer's credit locks its profile first, so that concurrent orders do not
//! exceed the limit together.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use quittance_kernel::ReservationId;
use quittance_service::BatchOperation;

use super::{Batch, Write, expire_reservations::expire_overdue};
use crate::{
    Error,
    app::TenantSettings,
    db::{self, Key},
    domain::{self, CreditProfile, Order, Reservation},
    outbox,
};

/// Reserves credit for an order.
#[derive(Debug, Hash)]
pub(crate) struct AuthorizeOrder {
    pub(crate) order: Order,
}

/// Orders decided in sequence, each on the profiles as changed by the ones before.
struct Authorizing {
    profiles: HashMap<Key, CreditProfile>,
    /// The references of orders that have a reservation.
    reserved: HashSet<String>,
    now: DateTime<Utc>,
}

impl Authorizing {
    fn authorize(&mut self, order: &Order) -> Result<Reservation, Error> {
        let key = (order.customer, order.amount.currency());
        let profile = self.profiles.get_mut(&key).ok_or(Error::NoProfile { customer: key.0, currency: key.1 })?;
        if self.reserved.contains(&order.reference) {
            return Err(Error::OrderAlreadyReserved(order.reference.clone()));
        }
        let decided = domain::authorize(profile.clone(), ReservationId::at(self.now), order.clone(), self.now);
        let (after, reservation) =
            decided.map_err(|refusal| Error::refused(format!("order {:?}", order.reference), refusal))?;
        *profile = after;
        self.reserved.insert(order.reference.clone());
        Ok(reservation)
    }
}

impl BatchOperation for AuthorizeOrder {
    const NAME: &'static str = "AuthorizeOrder";
    type Settings = TenantSettings;
    type Output = Reservation;

    async fn run(w: &mut Write<'_>, commands: &[&Self]) -> Batch<Reservation> {
        let orders: Vec<&Order> = commands.iter().map(|command| &command.order).collect();
        let keys: BTreeSet<Key> = orders.iter().map(|order| (order.customer, order.amount.currency())).collect();
        let mut profiles = db::profile::lock_all(w.tx, &keys).await?;
        // An overdue reservation does not block an order, even if the reconciler has not expired it yet.
        let expired = expire_overdue(w, &mut profiles).await?;
        let references: Vec<String> = orders.iter().map(|order| order.reference.clone()).collect();
        let reserved = db::reservation::reserved_orders(w.tx, &references).await?;
        let mut authorizing = Authorizing { profiles, reserved, now: w.now };
        let results: Vec<Result<Reservation, Error>> =
            orders.into_iter().map(|order| authorizing.authorize(order)).collect();
        let reservations: Vec<&Reservation> = results.iter().flatten().collect();
        let changed = expired.iter().chain(reservations.iter().copied());
        let changed: BTreeSet<Key> = changed.map(|one| (one.customer, one.amount.currency())).collect();
        let profiles: Vec<&CreditProfile> = changed.iter().filter_map(|key| authorizing.profiles.get(key)).collect();
        db::reservation::insert_all(w.tx, &reservations).await?;
        db::profile::update_used(w.tx, &profiles).await?;
        w.publish_each(&results, outbox::credit_reserved);
        Ok(results)
    }

    fn on_constraint(&self, constraint: &str) -> Option<Error> {
        let reference = || self.order.reference.clone();
        (constraint == "reservation_holding_order_key").then(|| Error::OrderAlreadyReserved(reference()))
    }
}
