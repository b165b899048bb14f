//! Applies invoicing's events to credit: issued items become exposure, settlements and credits reduce it, and an order's reservation ends when its invoice
//! is issued. All of it is part of the consumer's transaction.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use quittance_db::{DbError, Tx};
use quittance_events::HandlerError;
use quittance_kernel::{Bug, CustomerId, InvoiceId, ItemId, Money, MoneyError, ReservationId};

use super::{Write, corrupt};
use crate::{
    db::{
        self, Key,
        projection::{self, IssuedItem},
    },
    domain::{CreditProfile, Refusal, Reservation},
    outbox,
};

/// The summed changes of a run of events.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// Whether the tenant was created.
    pub(crate) is_tenant_created: bool,
    /// New customers.
    pub(crate) customers: BTreeSet<CustomerId>,
    /// Issued items.
    pub(crate) issued: Vec<IssuedItem>,
    /// The change of each item's open balance after its issue; negative reduces it.
    pub(crate) moved: HashMap<ItemId, Money>,
    /// The change of each customer's debt in each currency.
    pub(crate) exposed: HashMap<Key, Money>,
    /// Reservations with their invoices.
    pub(crate) invoices: Vec<(ReservationId, InvoiceId)>,
}

impl Change {
    /// Adds an issued item.
    pub(crate) fn issue(&mut self, item: IssuedItem, invoice: InvoiceId) -> Result<(), MoneyError> {
        self.expose(item.customer, item.total)?;
        self.invoices.extend(item.reservation.map(|reservation| (reservation, invoice)));
        self.issued.push(item);
        Ok(())
    }

    /// Adds a change of an item's open balance.
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

/// Applies a run of events. Returns whether events of this service were published.
pub(crate) async fn apply_invoicing(tx: &mut Tx, change: &Change, now: DateTime<Utc>) -> Result<bool, HandlerError> {
    let mut w = Write::within(tx, now, "ApplyInvoicing");
    apply(&mut w, change).await?;
    Ok(w.save_events().await?.is_some())
}

async fn apply(w: &mut Write<'_>, change: &Change) -> Result<(), HandlerError> {
    if change.is_tenant_created {
        projection::put_tenant(w.tx).await?;
    }
    if !change.customers.is_empty() {
        projection::put_customers(w.tx, &change.customers).await?;
    }
    if change.exposed.is_empty() {
        return Ok(());
    }
    let debtors: BTreeSet<CustomerId> = change.exposed.keys().map(|(customer, _)| *customer).collect();
    projection::lock_customers(w.tx, &debtors).await?;
    projection::insert_items(w.tx, &change.issued).await?;
    if !change.moved.is_empty() {
        let written = projection::move_items(w.tx, &change.moved).await?;
        if usize::try_from(written) != Ok(change.moved.len()) {
            let items: Vec<String> = change.moved.keys().take(3).map(ToString::to_string).collect();
            return Err(HandlerError::Rejected(format!(
                "one of the items {} is unknown, or in another currency",
                items.join(", ")
            )));
        }
    }
    Ok(change_credit(w, change).await?)
}

async fn change_credit(w: &mut Write<'_>, change: &Change) -> Result<(), DbError> {
    let ids: Vec<ReservationId> = change.invoices.iter().map(|(reservation, _)| *reservation).collect();
    // Read first to find the profiles, which are locked before the reservations.
    let found = if ids.is_empty() { Vec::new() } else { db::reservation::find_all(w.tx, &ids).await? };
    let keys: BTreeSet<Key> =
        change.exposed.keys().copied().chain(found.iter().map(|r| (r.customer, r.amount.currency()))).collect();
    let mut profiles = db::profile::lock_all(w.tx, &keys).await?;
    for (key, amount) in &change.exposed {
        // A profile created later starts with the debt at that time.
        let Some(profile) = profiles.get_mut(key) else { continue };
        *profile =
            profile.clone().expose(*amount).map_err(|error| corrupt("profile", profile.id.uuid(), &error.into()))?;
    }
    let ids: Vec<ReservationId> = found.iter().map(|reservation| reservation.id).collect();
    let reservations = if ids.is_empty() { Vec::new() } else { db::reservation::lock_all(w.tx, &ids).await? };
    let invoiced = invoice(reservations, &change.invoices, &mut profiles)?;
    let invoiced = invoiced.into_iter().map(|invoiced| Reservation { updated_at: w.now, ..invoiced });
    let invoiced: Vec<Reservation> = invoiced.collect();
    db::reservation::update_all(w.tx, &invoiced).await?;
    db::profile::update_used(w.tx, &profiles.values().collect::<Vec<_>>()).await?;
    for reservation in &invoiced {
        w.publish(outbox::reservation_invoiced(reservation));
    }
    Ok(())
}

/// Ends reservations by their invoices, and returns the changed ones. An invoice may name a reservation that does not exist, or has another
/// invoice: its credit is free already, and the invoice is only exposure.
fn invoice(
    reservations: Vec<Reservation>,
    issued: &[(ReservationId, InvoiceId)],
    profiles: &mut HashMap<Key, CreditProfile>,
) -> Result<Vec<Reservation>, DbError> {
    let mut reservations: HashMap<ReservationId, Reservation> = reservations.into_iter().map(|r| (r.id, r)).collect();
    let mut changed: Vec<Reservation> = Vec::with_capacity(reservations.len());
    let mut done: HashSet<ReservationId> = HashSet::new();
    for (id, invoice) in issued {
        if !done.insert(*id) {
            tracing::warn!(reservation = %id, %invoice, "two invoices name one reservation; the first one ended it");
            continue;
        }
        let Some(reservation) = reservations.remove(id) else { continue };
        let key = (reservation.customer, reservation.amount.currency());
        let profile = profiles.get_mut(&key).ok_or(Bug("a reservation has no profile"))?;
        let before = reservation.state;
        match reservation.invoiced(profile.clone(), *invoice) {
            Ok((after, invoiced)) => {
                *profile = after;
                changed.extend((invoiced.state != before).then_some(invoiced));
            }
            Err(Refusal::ReservationInvoiced { reservation, invoice: first }) => {
                tracing::warn!(%reservation, %invoice, %first, "two invoices name one reservation; the first one ended it");
            }
            Err(refusal) => return Err(corrupt("reservation", id.uuid(), &refusal)),
        }
    }
    Ok(changed)
}
