//! What invoicing's events do to credit: items become exposure, what is settled is exposure no more, and an order's reservation ends when its invoice is
//! issued. All of it in the consumer's transaction.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use quittance_db::{DbError, Tx};
use quittance_events::HandlerError;
use quittance_kernel::{CustomerId, InvoiceId, ItemId, Money, MoneyError, ReservationId};

use super::corrupt;
use crate::{
    db::{
        self, Key,
        projection::{self, IssuedItem},
    },
    domain::{CreditProfile, Refusal, Reservation},
    outbox,
};

/// What a run of events comes to.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// Customers that exist.
    pub(crate) customers: BTreeSet<CustomerId>,
    /// Items that were issued.
    pub(crate) issued: Vec<IssuedItem>,
    /// What moved items after their issue, summed; negative: less is owed.
    pub(crate) moved: HashMap<ItemId, Money>,
    /// By how much each customer's debt changed in each currency.
    pub(crate) exposed: HashMap<Key, Money>,
    /// Reservations with the invoices that use them up.
    pub(crate) used_up: Vec<(ReservationId, InvoiceId)>,
}

impl Change {
    /// An item was issued.
    pub(crate) fn issue(&mut self, item: IssuedItem, invoice: InvoiceId) -> Result<(), MoneyError> {
        self.expose(item.customer, item.total)?;
        self.used_up.extend(item.reservation.map(|reservation| (reservation, invoice)));
        self.issued.push(item);
        Ok(())
    }

    /// What is owed on an item changed.
    pub(crate) fn move_item(&mut self, item: ItemId, customer: CustomerId, amount: Money) -> Result<(), MoneyError> {
        let moved = self.moved.entry(item).or_insert(Money::zero(amount.currency()));
        *moved = moved.checked_add(amount)?;
        self.expose(customer, amount)
    }

    fn expose(&mut self, customer: CustomerId, amount: Money) -> Result<(), MoneyError> {
        let exposed = self.exposed.entry((customer, amount.currency())).or_insert(Money::zero(amount.currency()));
        *exposed = exposed.checked_add(amount)?;
        Ok(())
    }
}

/// Applies a run of events.
pub(crate) async fn apply_invoicing(tx: &mut Tx, change: &Change, now: DateTime<Utc>) -> Result<(), HandlerError> {
    if !change.customers.is_empty() {
        projection::put_customers(tx, &change.customers).await?;
    }
    if change.exposed.is_empty() {
        return Ok(());
    }
    let debtors: BTreeSet<CustomerId> = change.exposed.keys().map(|(customer, _)| *customer).collect();
    projection::lock_customers(tx, &debtors).await?;
    projection::insert_items(tx, &change.issued).await?;
    if !change.moved.is_empty() {
        let written = projection::move_items(tx, &change.moved).await?;
        if usize::try_from(written) != Ok(change.moved.len()) {
            let items: Vec<String> = change.moved.keys().take(3).map(ToString::to_string).collect();
            return Err(HandlerError::Rejected(format!(
                "one of the items {} is not known, or in another currency",
                items.join(", ")
            )));
        }
    }
    Ok(change_credit(tx, change, now).await?)
}

async fn change_credit(tx: &mut Tx, change: &Change, now: DateTime<Utc>) -> Result<(), DbError> {
    let ids: Vec<ReservationId> = change.used_up.iter().map(|(reservation, _)| *reservation).collect();
    let seen = if ids.is_empty() { Vec::new() } else { db::reservation::find_all(tx, &ids).await? };
    let keys: BTreeSet<Key> =
        change.exposed.keys().copied().chain(seen.iter().map(|r| (r.customer, r.amount.currency()))).collect();
    let mut profiles = db::profile::lock_all(tx, &keys).await?;
    for (key, amount) in &change.exposed {
        // A profile that is created later starts with what is owed by then.
        let Some(profile) = profiles.get_mut(key) else { continue };
        *profile =
            profile.clone().expose(*amount).map_err(|error| corrupt("profile", profile.id.uuid(), &error.into()))?;
    }
    let held = if seen.is_empty() { Vec::new() } else { db::reservation::lock_all(tx, &ids).await? };
    let ended = use_up(held, &change.used_up, &mut profiles)?;
    db::reservation::update_all(tx, &ended).await?;
    db::profile::update_used(tx, &profiles.values().collect::<Vec<_>>()).await?;
    quittance_events::push(tx, ended.iter().map(|r| outbox::reservation_invoiced(r, now)).collect()).await
}

/// Ends reservations by their invoices. Returns those that changed. One that is not known here was never ours; one that another invoice used up before has
/// nothing left to give back.
fn use_up(
    held: Vec<Reservation>,
    used_up: &[(ReservationId, InvoiceId)],
    profiles: &mut HashMap<Key, CreditProfile>,
) -> Result<Vec<Reservation>, DbError> {
    let mut held: HashMap<ReservationId, Reservation> = held.into_iter().map(|r| (r.id, r)).collect();
    let mut ended: Vec<Reservation> = Vec::with_capacity(held.len());
    let mut done: HashSet<ReservationId> = HashSet::new();
    for (id, invoice) in used_up {
        if !done.insert(*id) {
            tracing::warn!(reservation = %id, %invoice, "two invoices name one reservation; the first used it up");
            continue;
        }
        let Some(reservation) = held.remove(id) else { continue };
        let key = (reservation.customer, reservation.amount.currency());
        let Some(profile) = profiles.get_mut(&key) else { continue };
        let before = reservation.state;
        match reservation.invoiced(profile.clone(), *invoice) {
            Ok((after, invoiced)) => {
                *profile = after;
                ended.extend((invoiced.state != before).then_some(invoiced));
            }
            Err(Refusal::ReservationInvoiced { reservation, invoice: first }) => {
                tracing::warn!(%reservation, %invoice, %first, "two invoices name one reservation; the first used it up");
            }
            Err(refusal) => return Err(corrupt("reservation", id.uuid(), &refusal)),
        }
    }
    Ok(ended)
}
