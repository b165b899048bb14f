//! Consumers of other services' events: invoicing publishes tenants, customers and open items.

mod read;

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use chrono::NaiveDate;
use quittance_db::Tx;
use quittance_events::{Handler, HandlerError, Message};
use quittance_kernel::{CustomerId, EventId, ItemId};
use quittance_proto::{
    LedgerChange,
    invoicing::v1::{self as pb, invoicing_event::Payload},
};

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
    /// The latest due date of each item that was extended.
    extended: BTreeMap<ItemId, NaiveDate>,
}

impl Change {
    fn add(&mut self, event: EventId, mut payload: Payload) -> Result<(), read::Unreadable> {
        let LedgerChange { items, entries, extensions, credit: _, credit_entries: _ } =
            LedgerChange::take(&mut payload);
        extensions.iter().try_for_each(|extension| self.extend_item(extension))?;
        match payload {
            Payload::TenantCreated(pb::TenantCreated { tenant })
            | Payload::TenantUpdated(pb::TenantUpdated { tenant }) => {
                self.tenant = Some(read::tenant(tenant.unwrap_or_default()));
            }
            Payload::CustomerCreated(pb::CustomerCreated { customer })
            | Payload::CustomerUpdated(pb::CustomerUpdated { customer }) => {
                let (id, addressee) = read::customer(customer.unwrap_or_default())?;
                self.customers.insert(id, addressee);
            }
            Payload::InvoiceIssued(issued) => {
                for item in items {
                    self.issued.push(read::issued_item(item, &issued.contact_id)?);
                }
            }
            Payload::InvoiceVoided(_)
            | Payload::InvoiceCredited(_)
            | Payload::CreditApplied(_)
            | Payload::CreditEntryReversed(_)
            | Payload::ItemSettled(_)
            | Payload::SettlementReversed(_)
            | Payload::ItemWrittenOff(_)
            | Payload::RecoveryRecorded(_) => self.move_items(event, &entries)?,
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
            | Payload::PolicyCreated(_)
            | Payload::PeriodClosed(_)
            | Payload::PeriodReopened(_)
            | Payload::PolicyActivated(_)
            | Payload::PolicyDeleted(_)
            | Payload::ApprovalRequested(_)
            | Payload::ApprovalGranted(_)
            | Payload::ApprovalRejected(_)
            // What it does is in the extensions.
            | Payload::DueDateExtended(_)
            | Payload::CreditWrittenOff(_)
            | Payload::InvoiceDelivered(_) => {}
        }
        Ok(())
    }

    /// The movement of each item: its entries of an event are effective on one day.
    fn move_items(&mut self, event: EventId, entries: &[pb::Entry]) -> Result<(), read::Unreadable> {
        let mut moved: BTreeMap<ItemId, Movement> = BTreeMap::new();
        for entry in entries {
            let (item, amount) = (read::item(&entry.item_id)?, read::money(entry.amount.as_ref())?);
            let effective_on = read::date("effective_on", &entry.effective_on)?;
            match moved.entry(item) {
                Entry::Vacant(vacant) => {
                    vacant.insert(Movement { item, event, effective_on, amount });
                }
                Entry::Occupied(mut occupied) => {
                    let movement = occupied.get_mut();
                    movement.amount = read::sum(movement.amount, amount)?;
                }
            }
        }
        self.movements.extend(moved.into_values());
        Ok(())
    }

    /// An item's due date only moves on.
    fn extend_item(&mut self, extension: &pb::DueDateExtension) -> Result<(), read::Unreadable> {
        let due_on = read::date("due_on", &extension.due_on)?;
        let latest = self.extended.entry(read::item(&extension.item_id)?).or_insert(due_on);
        *latest = due_on.max(*latest);
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
        if !self.extended.is_empty() {
            let written = projection::extend_items(tx, &self.extended).await?;
            all_known(written, self.extended.keys())?;
        }
        if self.movements.is_empty() {
            return Ok(());
        }
        let moved: BTreeSet<ItemId> = self.movements.iter().map(|movement| movement.item).collect();
        let written = projection::move_items(tx, &self.movements).await?;
        all_known(written, moved.iter())
    }
}

/// Fails where fewer items were written than there are: one is unknown, or in another currency.
fn all_known<'a>(written: u64, items: impl ExactSizeIterator<Item = &'a ItemId>) -> Result<(), HandlerError> {
    if usize::try_from(written) == Ok(items.len()) {
        return Ok(());
    }
    let some: Vec<String> = items.take(3).map(ToString::to_string).collect();
    let why = format!("one of the items {} and so on is unknown, or in another currency", some.join(", "));
    Err(HandlerError::Rejected(why))
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
