//! Consumers of other services' events: invoicing publishes tenants, customers and open items.

mod read;

use std::collections::HashMap;

use chrono::NaiveDate;
use quittance_db::Tx;
use quittance_events::{Handler, HandlerError, Message};
use quittance_kernel::{Clock, CustomerId, ItemId, Money};
use quittance_proto::{
    LedgerChange,
    invoicing::v1::{self as pb, invoicing_event::Payload},
};
use quittance_runtime::Wake;

use crate::{
    App,
    db::{
        self,
        projection::{IssuedItem, ItemChange, KnownCustomer, MoveItems},
        tolerance::Activated,
    },
};

/// Applies invoicing's events.
#[derive(Debug)]
pub(crate) struct InvoicingHandler {
    clock: Clock,
    matching: Wake,
}

impl InvoicingHandler {
    pub(crate) fn new(app: &App) -> Self {
        Self { clock: app.clock().clone(), matching: app.matching().clone() }
    }
}

/// The result of a run of events: only the last state of each resource counts.
#[derive(Debug, Default)]
struct Change {
    time_zone: Option<String>,
    customers: HashMap<CustomerId, KnownCustomer>,
    issued: HashMap<ItemId, IssuedItem>,
    /// The changes of each item after its issue.
    moved: HashMap<ItemId, ItemChange>,
    /// The latest due date of each item that was extended.
    extended: HashMap<ItemId, NaiveDate>,
    tolerances: Vec<Activated>,
}

impl Change {
    fn take(&mut self, mut payload: Payload) -> Result<(), read::Unreadable> {
        let LedgerChange { items, entries, extensions, credit: _, credit_entries: _ } =
            LedgerChange::take(&mut payload);
        extensions.iter().try_for_each(|extension| self.extend_item(extension))?;
        match payload {
            Payload::TenantCreated(created) => self.time_zone = Some(created.tenant.unwrap_or_default().time_zone),
            Payload::CustomerCreated(pb::CustomerCreated { customer })
            | Payload::CustomerUpdated(pb::CustomerUpdated { customer }) => {
                let customer = read::customer(customer.unwrap_or_default())?;
                self.customers.insert(customer.id, customer);
            }
            Payload::PolicyActivated(activated) => self.tolerances.extend(read::tolerance_policy(activated.policy)?),
            Payload::InvoiceIssued(issued) => {
                for item in items {
                    let item = read::issued_item(item, &issued.payment_reference)?;
                    self.issued.insert(item.id, item);
                }
            }
            Payload::InvoiceVoided(_)
            | Payload::InvoiceCredited(_)
            | Payload::CreditApplied(_)
            | Payload::CreditEntryReversed(_)
            | Payload::ItemSettled(_)
            | Payload::SettlementReversed(_)
            | Payload::ItemWrittenOff(_)
            | Payload::RecoveryRecorded(_) => entries.iter().try_for_each(|entry| self.move_item(entry))?,
            // Its time zone never changes; drafts and deliveries do not change open items.
            Payload::TenantUpdated(_)
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
            | Payload::PolicyDeleted(_)
            | Payload::ApprovalRequested(_)
            | Payload::ApprovalGranted(_)
            | Payload::ApprovalRejected(_)
            // What it does is in the extensions.
            | Payload::DueDateExtended(_)
            | Payload::CreditWrittenOff(_)
            | Payload::PeriodClosed(_)
            | Payload::PeriodReopened(_)
            | Payload::InvoiceDelivered(_) => {}
        }
        Ok(())
    }

    fn move_item(&mut self, entry: &pb::Entry) -> Result<(), read::Unreadable> {
        let amount = read::money(entry.amount.as_ref())?;
        let nothing = ItemChange::none(amount.currency());
        let change = self.moved.entry(read::item(&entry.item_id)?).or_insert(nothing);
        change.open = read::sum(change.open, amount)?;
        // What is credited was never to be paid: allocations and discounts are of what is left.
        if matches!(entry.kind(), pb::EntryKind::Credit | pb::EntryKind::CreditReversal) {
            change.total = read::sum(change.total, amount)?;
        }
        Ok(())
    }

    /// An item's due date only moves on.
    fn extend_item(&mut self, extension: &pb::DueDateExtension) -> Result<(), read::Unreadable> {
        let due_on = read::date("due_on", &extension.due_on)?;
        let latest = self.extended.entry(read::item(&extension.item_id)?).or_insert(due_on);
        *latest = due_on.max(*latest);
        Ok(())
    }

    /// Returns whether payments are due for matching.
    async fn write(mut self, tx: &mut Tx, clock: &Clock) -> Result<bool, HandlerError> {
        if let Some(time_zone) = &self.time_zone {
            db::projection::put_tenant(tx, time_zone).await?;
        }
        for policy in &self.tolerances {
            db::tolerance::insert(tx, policy).await?;
        }
        if !self.customers.is_empty() {
            let customers: Vec<KnownCustomer> = self.customers.values().cloned().collect();
            db::projection::put_customers(tx, &customers).await?;
        }
        let mut reopened: Vec<ItemId> = Vec::new();
        if !self.issued.is_empty() {
            let mut issued: Vec<(IssuedItem, Money)> = Vec::with_capacity(self.issued.len());
            for item in self.issued.into_values() {
                let change = self.moved.remove(&item.id).unwrap_or(ItemChange::none(item.total.currency()));
                let after = |change| read::sum(item.total, change);
                let (open, total) = after(change.open)
                    .and_then(|open| Ok((open, after(change.total)?)))
                    .map_err(|error| HandlerError::Rejected(error.to_string()))?;
                let due_on = self.extended.remove(&item.id).unwrap_or(item.due_on);
                issued.push((IssuedItem { total, due_on, ..item }, open));
            }
            db::projection::insert_items(tx, &issued).await?;
            reopened.extend(issued.iter().filter(|(_, open)| open.is_positive()).map(|(item, _)| item.id));
        }
        if !self.moved.is_empty() {
            reopened.extend(db::projection::move_items(tx, &self.moved).await.map_err(|error| match error {
                MoveItems::Unknown(_) => HandlerError::Rejected(error.to_string()),
                MoveItems::Db(error) => HandlerError::Db(error),
            })?);
        }
        if !self.extended.is_empty() {
            db::projection::extend_items(tx, &self.extended).await.map_err(|error| match error {
                MoveItems::Unknown(_) => HandlerError::Rejected(error.to_string()),
                MoveItems::Db(error) => HandlerError::Db(error),
            })?;
        }
        let published: Vec<CustomerId> = self.customers.into_keys().collect();
        if reopened.is_empty() && published.is_empty() {
            return Ok(false);
        }
        // Payments may have arrived before their items were known here, or open again.
        let keys = db::projection::keys_of(tx, &reopened, &published).await?;
        db::match_key::mark_due(tx, &keys, clock.now()).await?;
        Ok(true)
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
            change.take(payload).map_err(|error| HandlerError::Rejected(error.to_string()))?;
        }
        if change.write(tx, &self.clock).await? {
            // Before the commit: the reconciler runs again after a short wait.
            self.matching.wake();
        }
        Ok(())
    }
}
