//! Consumers of other services' events: invoicing publishes tenants, customers and open items.

mod read;

use std::collections::HashMap;

use quittance_db::Tx;
use quittance_events::{Handler, HandlerError, Message};
use quittance_kernel::{Clock, CustomerId, ItemId, Money};
use quittance_proto::invoicing::v1::{self as pb, invoicing_event::Payload};
use quittance_runtime::Wake;

use crate::{
    App,
    db::{
        self,
        projection::{IssuedItem, KnownCustomer, UpdateOpen},
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
    open: HashMap<ItemId, Money>,
}

impl Change {
    fn take(&mut self, payload: Payload) -> Result<(), read::Unreadable> {
        match payload {
            Payload::TenantCreated(created) => self.time_zone = Some(created.tenant.unwrap_or_default().time_zone),
            Payload::CustomerCreated(pb::CustomerCreated { customer })
            | Payload::CustomerUpdated(pb::CustomerUpdated { customer }) => {
                let customer = read::customer(customer.unwrap_or_default())?;
                self.customers.insert(customer.id, customer);
            }
            Payload::InvoiceIssued(issued) => {
                let item = read::issued_item(issued)?;
                self.open.insert(item.id, item.total);
                self.issued.insert(item.id, item);
            }
            Payload::InvoiceVoided(voided) => self.close(&voided.invoice_id, voided.amount.as_ref())?,
            Payload::InvoiceCredited(credited) => self.close(&credited.invoice_id, credited.amount.as_ref())?,
            Payload::ItemSettled(settled) => self.set_open(settled.settlement, settled.open_amount.as_ref())?,
            Payload::SettlementReversed(reversed) => {
                self.set_open(reversed.settlement, reversed.open_amount.as_ref())?;
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

    fn close(
        &mut self,
        item: &str,
        amount: Option<&quittance_proto::common::v1::Money>,
    ) -> Result<(), read::Unreadable> {
        let nothing = Money::zero(read::money(amount)?.currency());
        self.open.insert(read::item(item)?, nothing);
        Ok(())
    }

    fn set_open(
        &mut self,
        settlement: Option<pb::Settlement>,
        open: Option<&quittance_proto::common::v1::Money>,
    ) -> Result<(), read::Unreadable> {
        self.open.insert(read::item(&settlement.unwrap_or_default().item_id)?, read::money(open)?);
        Ok(())
    }

    /// Returns whether payments are due for matching.
    async fn write(mut self, tx: &mut Tx, clock: &Clock) -> Result<bool, HandlerError> {
        if let Some(time_zone) = &self.time_zone {
            db::projection::put_tenant(tx, time_zone).await?;
        }
        if !self.customers.is_empty() {
            let customers: Vec<KnownCustomer> = self.customers.values().cloned().collect();
            db::projection::put_customers(tx, &customers).await?;
        }
        let mut reopened: Vec<ItemId> = Vec::new();
        if !self.issued.is_empty() {
            let issued: Vec<(IssuedItem, Money)> = self
                .issued
                .into_values()
                .filter_map(|item| self.open.remove(&item.id).map(|open| (item, open)))
                .collect();
            db::projection::insert_items(tx, &issued).await?;
            reopened.extend(issued.iter().filter(|(_, open)| open.is_positive()).map(|(item, _)| item.id));
        }
        if !self.open.is_empty() {
            reopened.extend(db::projection::update_open(tx, &self.open).await.map_err(|error| match error {
                UpdateOpen::Unknown(_) => HandlerError::Rejected(error.to_string()),
                UpdateOpen::Db(error) => HandlerError::Db(error),
            })?);
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
