//! Consumers of other services' events: invoicing publishes tenants, customers and open items.

mod read;

use std::collections::{BTreeMap, BTreeSet};

use quittance_db::Tx;
use quittance_events::{Handler, HandlerError, Message};
use quittance_kernel::{CustomerId, EventId, ItemId, Money};
use quittance_proto::invoicing::v1::{self as pb, invoicing_event::Payload};

use crate::{
    db::projection::{self, IssuedItem, KnownTenant, Movement},
    domain::Addressee,
};

/// Applies invoicing's events.
#[derive(Debug)]
pub(crate) struct InvoicingHandler;

/// The changes of a run of events: the last state of a tenant or a customer, every movement of an item.
#[derive(Debug, Default)]
struct Change {
    tenant: Option<KnownTenant>,
    customers: BTreeMap<CustomerId, Addressee>,
    issued: Vec<IssuedItem>,
    movements: Vec<Movement>,
}

impl Change {
    fn add(&mut self, event: EventId, payload: Payload) -> Result<(), read::Unreadable> {
        match payload {
            Payload::TenantCreated(created) => self.tenant = Some(read::tenant(created.tenant.unwrap_or_default())),
            Payload::CustomerCreated(pb::CustomerCreated { customer })
            | Payload::CustomerUpdated(pb::CustomerUpdated { customer }) => {
                let (id, addressee) = read::customer(customer.unwrap_or_default())?;
                self.customers.insert(id, addressee);
            }
            Payload::InvoiceIssued(issued) => self.issued.push(read::issued_item(issued)?),
            Payload::InvoiceVoided(voided) => {
                let amount = read::money(voided.amount.as_ref())?.negated();
                self.move_item(event, &voided.invoice_id, &voided.voided_on, amount)?;
            }
            Payload::InvoiceCredited(credited) => {
                let amount = read::money(credited.amount.as_ref())?.negated();
                self.move_item(event, &credited.invoice_id, &credited.issued_on, amount)?;
            }
            Payload::ItemSettled(settled) => {
                let settlement = settled.settlement.unwrap_or_default();
                let amount = read::settled(&settlement)?.negated();
                self.move_item(event, &settlement.item_id, &settlement.effective_on, amount)?;
            }
            Payload::SettlementReversed(reversed) => {
                let settlement = reversed.settlement.unwrap_or_default();
                let amount = read::settled(&settlement)?;
                self.move_item(event, &settlement.item_id, &reversed.effective_on, amount)?;
            }
            // Drafts and deliveries do not change open items.
            Payload::InvoiceDrafted(_)
            | Payload::InvoiceUpdated(_)
            | Payload::InvoiceDeleted(_)
            | Payload::SeriesCreated(_)
            | Payload::SeriesUpdated(_)
            | Payload::SeriesDeleted(_)
            | Payload::TermsCreated(_)
            | Payload::TermsUpdated(_)
            | Payload::TermsDeleted(_)
            | Payload::InvoiceDelivered(_) => {}
        }
        Ok(())
    }

    fn move_item(
        &mut self,
        event: EventId,
        item: &str,
        effective_on: &str,
        amount: Money,
    ) -> Result<(), read::Unreadable> {
        let movement = Movement {
            item: read::item(item)?,
            event,
            effective_on: read::date("effective_on", effective_on)?,
            amount,
        };
        self.movements.push(movement);
        Ok(())
    }

    async fn write(self, tx: &mut Tx) -> Result<(), HandlerError> {
        if let Some(tenant) = &self.tenant {
            projection::put_tenant(tx, tenant).await?;
        }
        if !self.customers.is_empty() {
            projection::put_customers(tx, &self.customers).await?;
        }
        if !self.issued.is_empty() {
            projection::insert_items(tx, &self.issued).await?;
        }
        if self.movements.is_empty() {
            return Ok(());
        }
        let moved: BTreeSet<ItemId> = self.movements.iter().map(|movement| movement.item).collect();
        let written = projection::move_items(tx, &self.movements).await?;
        if usize::try_from(written) == Ok(moved.len()) {
            Ok(())
        } else {
            let items: Vec<String> = moved.iter().take(3).map(ToString::to_string).collect();
            Err(HandlerError::Rejected(format!(
                "one of the items {} and so on is unknown, or in another currency",
                items.join(", ")
            )))
        }
    }
}

impl Handler for InvoicingHandler {
    type Event = pb::InvoicingEvent;

    fn knows(&self, event: &pb::InvoicingEvent) -> bool {
        event.payload.is_some()
    }

    async fn apply(&self, tx: &mut Tx, run: Vec<Message<pb::InvoicingEvent>>) -> Result<(), HandlerError> {
        let mut change = Change::default();
        for message in run {
            let Some(payload) = message.event.payload else { continue };
            change.add(message.event_id, payload).map_err(|error| HandlerError::Rejected(error.to_string()))?;
        }
        change.write(tx).await
    }
}
