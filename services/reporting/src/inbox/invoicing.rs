//! Invoicing's events: tenants, customers, open items and their movements.

use std::collections::{HashMap, HashSet};

use quittance_db::Tx;
use quittance_events::{Handler, HandlerError, Message};
use quittance_kernel::{AllocationId, CreditId, CustomerId, EntryId, ItemId};
use quittance_proto::{
    LedgerChange,
    invoicing::v1::{self as pb, CreditEntryKind, EntryKind, entry::Source, invoicing_event::Payload},
};
use uuid::Uuid;

use super::{date, money, rejected, uuid};
use crate::db::{
    apply::{self, NewEntry, NewExtension, NewItem, NewSide},
    credit::{self, NewCreditEntry},
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
    extensions: Vec<NewExtension>,
    credit_entries: Vec<NewCreditEntry>,
    sides: Vec<NewSide>,
}

impl Handler for InvoicingHandler {
    type Event = pb::InvoicingEvent;

    fn knows(&self, event: &pb::InvoicingEvent) -> bool {
        event.payload.is_some()
    }

    async fn apply(&self, tx: &mut Tx, mut run: Vec<Message<pb::InvoicingEvent>>) -> Result<(), HandlerError> {
        let mut sets = Sets::default();
        for message in &mut run {
            sets.add(message)?;
        }
        if let Some(tenant) = &sets.tenant {
            party::put_tenant(tx, &tenant.name, &tenant.time_zone, &tenant.base_currency_code).await?;
        }
        party::upsert_customers(tx, &sets.customers).await?;
        apply::currencies(tx, &sets.currencies).await?;
        apply::items(tx, &sets.items).await?;
        apply::entries(tx, &sets.entries).await?;
        apply::extensions(tx, &sets.extensions).await?;
        credit::insert_all(tx, &sets.credit_entries).await?;
        apply::sides(tx, "invoicing", &sets.sides).await?;
        Ok(())
    }
}

impl Sets {
    fn add(&mut self, message: &mut Message<pb::InvoicingEvent>) -> Result<(), HandlerError> {
        let Some(payload) = &mut message.event.payload else { return Err(rejected("an event without a payload")) };
        let LedgerChange { items, entries, extensions, credit, credit_entries } = LedgerChange::take(payload);
        let is_on_account = matches!(payload, Payload::CreditApplied(_));
        match payload {
            Payload::TenantCreated(pb::TenantCreated { tenant })
            | Payload::TenantUpdated(pb::TenantUpdated { tenant }) => self.tenant.clone_from(tenant),
            Payload::CustomerCreated(created) => self.customer(created.customer.as_ref())?,
            Payload::CustomerUpdated(updated) => self.customer(updated.customer.as_ref())?,
            // What they do is in the items, entries, extensions and credits.
            Payload::InvoiceIssued(_)
            | Payload::InvoiceVoided(_)
            | Payload::InvoiceCredited(_)
            | Payload::CreditApplied(_)
            | Payload::CreditWrittenOff(_)
            | Payload::CreditEntryReversed(_)
            | Payload::ItemSettled(_)
            | Payload::SettlementReversed(_)
            | Payload::ItemWrittenOff(_)
            | Payload::RecoveryRecorded(_)
            | Payload::DueDateExtended(_)
            // A draft is not owed yet, and delivery changes no balance.
            | Payload::InvoiceDrafted(_)
            | Payload::InvoiceUpdated(_)
            | Payload::InvoiceDeleted(_)
            | Payload::SeriesCreated(_)
            | Payload::SeriesUpdated(_)
            | Payload::SeriesDeleted(_)
            | Payload::TermsCreated(_)
            | Payload::TermsUpdated(_)
            | Payload::TermsDeleted(_)
            | Payload::PolicyCreated(_)
            | Payload::PeriodClosed(_)
            | Payload::PeriodReopened(_)
            | Payload::PolicyActivated(_)
            | Payload::PolicyDeleted(_)
            | Payload::ApprovalRequested(_)
            | Payload::ApprovalGranted(_)
            | Payload::ApprovalRejected(_)
            | Payload::InvoiceDelivered(_) => {}
        }
        items.iter().try_for_each(|item| self.item(item))?;
        extensions.iter().try_for_each(|extension| self.extension(message, extension))?;
        if let Some(credit) = credit {
            let customer = uuid(&credit.customer_id, CustomerId::parse, CustomerId::uuid)?;
            credit_entries.iter().try_for_each(|entry| self.credit_entry(message, customer, entry))?;
        }
        entries.iter().try_for_each(|entry| self.entry(message, entry, is_on_account))
    }

    fn customer(&mut self, customer: Option<&pb::Customer>) -> Result<(), HandlerError> {
        let customer = customer.ok_or_else(|| rejected("a customer is missing"))?;
        let id = uuid(&customer.customer_id, CustomerId::parse, CustomerId::uuid)?;
        self.customers.insert(id, (customer.number.clone(), customer.name.clone()));
        Ok(())
    }

    fn item(&mut self, item: &pb::OpenItem) -> Result<(), HandlerError> {
        let total = money(item.total.as_ref())?;
        self.currencies.insert(total.currency().code().to_owned());
        self.items.push(NewItem {
            id: uuid(&item.item_id, ItemId::parse, ItemId::uuid)?,
            customer_id: uuid(&item.customer_id, CustomerId::parse, CustomerId::uuid)?,
            number: item.number.clone(),
            currency: total.currency().code().to_owned(),
            total: total.amount(),
            issued_on: date(&item.issued_on)?,
            due_on: date(&item.due_on)?,
        });
        Ok(())
    }

    fn extension(
        &mut self,
        message: &Message<pb::InvoicingEvent>,
        extension: &pb::DueDateExtension,
    ) -> Result<(), HandlerError> {
        self.extensions.push(NewExtension {
            event_id: message.event_id.uuid(),
            item_id: uuid(&extension.item_id, ItemId::parse, ItemId::uuid)?,
            due_on: date(&extension.due_on)?,
            effective_on: date(&extension.effective_on)?,
            recorded_at: message.recorded_at,
            known_at: message.known_at,
            position: message.position,
        });
        Ok(())
    }

    fn credit_entry(
        &mut self,
        message: &Message<pb::InvoicingEvent>,
        customer_id: Uuid,
        entry: &pb::CreditEntry,
    ) -> Result<(), HandlerError> {
        let amount = money(entry.amount.as_ref())?;
        self.credit_entries.push(NewCreditEntry {
            event_id: message.event_id.uuid(),
            entry_id: uuid(&entry.entry_id, EntryId::parse, EntryId::uuid)?,
            credit_id: uuid(&entry.credit_id, CreditId::parse, CreditId::uuid)?,
            customer_id,
            kind: stored_credit_kind(entry.kind())?,
            currency: amount.currency().code().to_owned(),
            amount: amount.amount(),
            effective_on: date(&entry.effective_on)?,
            recorded_at: message.recorded_at,
            known_at: message.known_at,
            position: message.position,
        });
        Ok(())
    }

    fn entry(
        &mut self,
        message: &Message<pb::InvoicingEvent>,
        entry: &pb::Entry,
        is_on_account: bool,
    ) -> Result<(), HandlerError> {
        let item_id = uuid(&entry.item_id, ItemId::parse, ItemId::uuid)?;
        let amount = money(entry.amount.as_ref())?.amount();
        let kind = entry.kind();
        self.entries.push(NewEntry {
            event_id: message.event_id.uuid(),
            kind: stored_kind(kind, is_on_account)?,
            item_id,
            amount,
            effective_on: date(&entry.effective_on)?,
            recorded_at: message.recorded_at,
            known_at: message.known_at,
            position: message.position,
        });
        if matches!(kind, EntryKind::Settlement | EntryKind::SettlementReversal) {
            let Some(Source::AllocationId(allocation)) = &entry.source else {
                return Err(rejected("a settlement without its allocation"));
            };
            self.sides.push(NewSide {
                allocation_id: uuid(allocation, AllocationId::parse, AllocationId::uuid)?,
                event_id: message.event_id.uuid(),
                item_id,
                // A settlement lowers its item: the record of an allocation has the settled amount.
                amount: -amount,
                recorded_at: message.recorded_at,
            });
        }
        Ok(())
    }
}

/// The name of a kind in the read model. A credit that was on account pays the item: it does not withdraw its document, as one of the document's own does.
fn stored_kind(kind: EntryKind, is_on_account: bool) -> Result<&'static str, HandlerError> {
    match kind {
        EntryKind::Document => Ok("invoice"),
        EntryKind::Settlement => Ok("settlement"),
        EntryKind::Discount => Ok("discount"),
        EntryKind::SmallDifference => Ok("write_off"),
        EntryKind::SettlementReversal => Ok("settlement_reversal"),
        EntryKind::DiscountReversal => Ok("discount_reversal"),
        EntryKind::SmallDifferenceReversal => Ok("write_off_reversal"),
        EntryKind::BadDebt => Ok("bad_debt"),
        EntryKind::Recovery => Ok("recovery"),
        EntryKind::Credit if is_on_account => Ok("credit_applied"),
        EntryKind::Credit => Ok("credit"),
        EntryKind::CreditReversal => Ok("credit_reversal"),
        EntryKind::Void => Ok("void"),
        EntryKind::Unspecified => Err(rejected("an entry of a kind that this version does not know")),
    }
}

/// The name of a kind of a credit's entry in the read model.
fn stored_credit_kind(kind: CreditEntryKind) -> Result<&'static str, HandlerError> {
    match kind {
        CreditEntryKind::Issued => Ok("issued"),
        CreditEntryKind::Applied => Ok("applied"),
        CreditEntryKind::ApplicationReversal => Ok("application_reversal"),
        CreditEntryKind::WrittenOff => Ok("written_off"),
        CreditEntryKind::WriteOffReversal => Ok("write_off_reversal"),
        CreditEntryKind::Unspecified => Err(rejected("an entry of a credit of a kind that this version does not know")),
    }
}
