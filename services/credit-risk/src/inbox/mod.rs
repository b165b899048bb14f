//! Consumers of other services' events: invoicing publishes tenants, customers and open items.

use quittance_db::Tx;
use quittance_events::{Handler, HandlerError, Message, Relay};
use quittance_kernel::{Clock, CustomerId, InvoiceId, ItemId, Money, ReservationId};
use quittance_proto::{
    common::v1 as common,
    invoicing::v1::{self as pb, invoicing_event::Payload},
    read_money,
};

use crate::{
    App,
    db::projection::IssuedItem,
    ops::{Change, apply_invoicing},
};

/// Applies invoicing's events.
#[derive(Debug)]
pub(crate) struct InvoicingHandler {
    clock: Clock,
    relay: Relay,
}

impl InvoicingHandler {
    pub(crate) fn new(app: &App) -> Self {
        Self { clock: app.clock().clone(), relay: app.relay().clone() }
    }
}

/// The error of an invalid field of an event.
#[derive(Debug, thiserror::Error)]
#[error("{field}: {why}")]
struct Unreadable {
    field: &'static str,
    why: String,
}

fn read<T, E: ToString>(field: &'static str, value: Result<T, E>) -> Result<T, Unreadable> {
    value.map_err(|error| Unreadable { field, why: error.to_string() })
}

fn customer(id: &str) -> Result<CustomerId, Unreadable> {
    read("customer_id", CustomerId::parse(id))
}

fn item(id: &str) -> Result<ItemId, Unreadable> {
    read("item_id", ItemId::parse(id))
}

fn money(money: Option<&common::Money>) -> Result<Money, Unreadable> {
    read("amount", read_money(money.unwrap_or(&common::Money::default())))
}

/// The amount by which a settlement reduces the balance: the payment, the early-payment discount and the difference written
/// off, which is negative after an overpayment.
fn settled(settlement: &pb::Settlement) -> Result<Money, Unreadable> {
    let mut sum = money(settlement.amount.as_ref())?;
    for part in [&settlement.discount, &settlement.write_off].into_iter().flatten() {
        sum = read("amount", sum.checked_add(money(Some(part))?))?;
    }
    Ok(sum)
}

fn issued(issued: &pb::InvoiceIssued) -> Result<(IssuedItem, InvoiceId), Unreadable> {
    let reservation = Some(issued.reservation_id.as_str()).filter(|id| !id.is_empty());
    let reservation = reservation.map(|id| read("reservation_id", ReservationId::parse(id))).transpose()?;
    let issued_item = IssuedItem {
        id: item(&issued.invoice_id)?,
        customer: customer(&issued.customer_id)?,
        total: money(issued.total.as_ref())?,
        reservation,
    };
    Ok((issued_item, read("invoice_id", InvoiceId::parse(&issued.invoice_id))?))
}

fn add(change: &mut Change, payload: Payload) -> Result<(), Unreadable> {
    match payload {
        Payload::CustomerCreated(pb::CustomerCreated { customer: published })
        | Payload::CustomerUpdated(pb::CustomerUpdated { customer: published }) => {
            change.customers.insert(customer(&published.unwrap_or_default().customer_id)?);
            Ok(())
        }
        Payload::InvoiceIssued(published) => {
            let (item, invoice) = issued(&published)?;
            read("total", change.issue(item, invoice))
        }
        Payload::InvoiceVoided(voided) => {
            let amount = money(voided.amount.as_ref())?.negated();
            read("amount", change.move_item(item(&voided.invoice_id)?, customer(&voided.customer_id)?, amount))
        }
        Payload::InvoiceCredited(credited) => {
            let amount = money(credited.amount.as_ref())?.negated();
            read("amount", change.move_item(item(&credited.invoice_id)?, customer(&credited.customer_id)?, amount))
        }
        Payload::ItemSettled(published) => {
            let settlement = published.settlement.unwrap_or_default();
            let amount = settled(&settlement)?.negated();
            read("amount", change.move_item(item(&settlement.item_id)?, customer(&published.customer_id)?, amount))
        }
        Payload::SettlementReversed(published) => {
            let settlement = published.settlement.unwrap_or_default();
            let amount = settled(&settlement)?;
            read("amount", change.move_item(item(&settlement.item_id)?, customer(&published.customer_id)?, amount))
        }
        Payload::TenantCreated(_) => {
            change.is_tenant_created = true;
            Ok(())
        }
        // Drafts and deliveries do not affect credit.
        Payload::InvoiceDrafted(_)
        | Payload::InvoiceUpdated(_)
        | Payload::InvoiceDeleted(_)
        | Payload::SeriesCreated(_)
        | Payload::SeriesUpdated(_)
        | Payload::SeriesDeleted(_)
        | Payload::TermsCreated(_)
        | Payload::TermsUpdated(_)
        | Payload::TermsDeleted(_)
        | Payload::InvoiceDelivered(_) => Ok(()),
    }
}

impl Handler for InvoicingHandler {
    type Event = pb::InvoicingEvent;

    fn knows(&self, event: &pb::InvoicingEvent) -> bool {
        event.payload.is_some()
    }

    async fn apply(&self, tx: &mut Tx, run: Vec<Message<pb::InvoicingEvent>>) -> Result<(), HandlerError> {
        let mut change = Change::default();
        for payload in run.into_iter().filter_map(|message| message.event.payload) {
            add(&mut change, payload).map_err(|error| HandlerError::Rejected(error.to_string()))?;
        }
        if apply_invoicing(tx, &change, self.clock.now()).await? {
            // Before the commit: the relay polls again after a short wait.
            self.relay.wake();
        }
        Ok(())
    }
}
