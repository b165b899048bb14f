//! Invoicing's events: tenants, customers, open items and their movements.

use std::collections::{HashMap, HashSet};

use quittance_db::Tx;
use quittance_events::{Handler, HandlerError, Message};
use quittance_kernel::{AllocationId, CustomerId, InvoiceId, ItemId, Money};
use quittance_proto::invoicing::v1::{self as pb, invoicing_event::Payload};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{date, money, rejected, uuid};
use crate::db::{
    apply::{self, NewEntry, NewItem, NewSide},
    party,
};

/// Applies invoicing's events.
#[derive(Debug)]
pub(crate) struct InvoicingHandler;

/// A run of events as sets.
#[derive(Default)]
struct Sets {
    tenant: Option<pb::Tenant>,
    customers: HashMap<Uuid, (String, String)>,
    currencies: HashSet<String>,
    items: Vec<NewItem>,
    entries: Vec<NewEntry>,
    sides: Vec<NewSide>,
}

impl Handler for InvoicingHandler {
    type Event = pb::InvoicingEvent;

    fn knows(&self, event: &pb::InvoicingEvent) -> bool {
        event.payload.is_some()
    }

    async fn apply(&self, tx: &mut Tx, run: Vec<Message<pb::InvoicingEvent>>) -> Result<(), HandlerError> {
        let mut sets = Sets::default();
        for message in &run {
            sets.add(message)?;
        }
        if let Some(tenant) = &sets.tenant {
            party::insert_tenant(tx, &tenant.name, &tenant.time_zone, &tenant.base_currency_code).await?;
        }
        party::upsert_customers(tx, &sets.customers).await?;
        apply::currencies(tx, &sets.currencies).await?;
        apply::items(tx, &sets.items).await?;
        apply::entries(tx, &sets.entries).await?;
        apply::sides(tx, "invoicing", &sets.sides).await?;
        Ok(())
    }
}

impl Sets {
    fn add(&mut self, message: &Message<pb::InvoicingEvent>) -> Result<(), HandlerError> {
        let Some(payload) = &message.event.payload else { return Err(rejected("an event without a payload")) };
        match payload {
            Payload::TenantCreated(created) => self.tenant.clone_from(&created.tenant),
            Payload::CustomerCreated(created) => self.customer(created.customer.as_ref())?,
            Payload::CustomerUpdated(updated) => self.customer(updated.customer.as_ref())?,
            // A draft is not owed yet, and delivery changes no balance.
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
            Payload::InvoiceIssued(issued) => self.issued(message, issued)?,
            Payload::InvoiceVoided(voided) => {
                let item = uuid(&voided.invoice_id, InvoiceId::parse, InvoiceId::uuid)?;
                self.entry(message, "void", item, money(voided.amount.as_ref())?.negated(), &voided.voided_on)?;
            }
            Payload::InvoiceCredited(credited) => {
                let item = uuid(&credited.invoice_id, InvoiceId::parse, InvoiceId::uuid)?;
                self.entry(message, "credit", item, money(credited.amount.as_ref())?.negated(), &credited.issued_on)?;
            }
            Payload::ItemSettled(settled) => {
                let settlement = settled.settlement.as_ref().ok_or_else(|| rejected("a settlement is missing"))?;
                self.settlement(
                    message,
                    settlement,
                    ["settlement", "discount", "write_off"],
                    Money::negated,
                    &settlement.effective_on,
                )?;
            }
            Payload::SettlementReversed(reversed) => {
                let settlement = reversed.settlement.as_ref().ok_or_else(|| rejected("a settlement is missing"))?;
                self.settlement(
                    message,
                    settlement,
                    ["settlement_reversal", "discount_reversal", "write_off_reversal"],
                    |amount| amount,
                    &reversed.effective_on,
                )?;
            }
        }
        Ok(())
    }

    fn customer(&mut self, customer: Option<&pb::Customer>) -> Result<(), HandlerError> {
        let customer = customer.ok_or_else(|| rejected("a customer is missing"))?;
        let id = uuid(&customer.customer_id, CustomerId::parse, CustomerId::uuid)?;
        self.customers.insert(id, (customer.number.clone(), customer.name.clone()));
        Ok(())
    }

    fn issued(
        &mut self,
        message: &Message<pb::InvoicingEvent>,
        issued: &pb::InvoiceIssued,
    ) -> Result<(), HandlerError> {
        let id = uuid(&issued.invoice_id, InvoiceId::parse, InvoiceId::uuid)?;
        let total = money(issued.total.as_ref())?;
        self.currencies.insert(total.currency().code().to_owned());
        self.items.push(NewItem {
            id,
            customer_id: uuid(&issued.customer_id, CustomerId::parse, CustomerId::uuid)?,
            number: issued.number.clone(),
            currency: total.currency().code().to_owned(),
            total: total.amount(),
            issued_on: date(&issued.issued_on)?,
            due_on: date(&issued.due_on)?,
        });
        self.entry(message, "invoice", id, total, &issued.issued_on)
    }

    /// Money, the discount granted with it and the difference written off with it, with the sign that the movement has on
    /// the item.
    fn settlement(
        &mut self,
        message: &Message<pb::InvoicingEvent>,
        settlement: &pb::Settlement,
        [paid, discounted, written_off]: [&'static str; 3],
        sign: fn(Money) -> Money,
        effective_on: &str,
    ) -> Result<(), HandlerError> {
        let item = uuid(&settlement.item_id, ItemId::parse, ItemId::uuid)?;
        let amount = money(settlement.amount.as_ref())?;
        self.entry(message, paid, item, sign(amount), effective_on)?;
        if let Some(discount) = &settlement.discount {
            self.entry(message, discounted, item, sign(money(Some(discount))?), effective_on)?;
        }
        if let Some(write_off) = &settlement.write_off {
            self.entry(message, written_off, item, sign(money(Some(write_off))?), effective_on)?;
        }
        self.sides.push(NewSide {
            allocation_id: uuid(&settlement.allocation_id, AllocationId::parse, AllocationId::uuid)?,
            event_id: message.event_id.uuid(),
            item_id: item,
            amount: side(sign(amount)),
            recorded_at: message.recorded_at,
        });
        Ok(())
    }

    fn entry(
        &mut self,
        message: &Message<pb::InvoicingEvent>,
        kind: &'static str,
        item_id: Uuid,
        amount: Money,
        effective_on: &str,
    ) -> Result<(), HandlerError> {
        self.entries.push(NewEntry {
            event_id: message.event_id.uuid(),
            kind,
            item_id,
            amount: amount.amount(),
            effective_on: date(effective_on)?,
            recorded_at: message.recorded_at,
            position: message.position,
        });
        Ok(())
    }
}

/// A settlement lowers its item: the record of an allocation has the settled amount.
fn side(movement: Money) -> Decimal {
    movement.negated().amount()
}
