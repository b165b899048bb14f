//! Consumers of other services' events: invoicing publishes tenants, customers and open items.

use quittance_db::Tx;
use quittance_events::{Handler, HandlerError, Message, Relay};
use quittance_kernel::{Clock, CustomerId, InvoiceId, ItemId, Money, ReservationId};
use quittance_proto::{
    LedgerChange,
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

fn issued_item(item: &pb::OpenItem, reservation: Option<ReservationId>) -> Result<IssuedItem, Unreadable> {
    Ok(IssuedItem {
        id: self::item(&item.item_id)?,
        customer: customer(&item.customer_id)?,
        total: money(item.total.as_ref())?,
        reservation,
    })
}

/// The items that an invoice opens. Its reservation ends with the first.
fn issue(change: &mut Change, issued: &pb::InvoiceIssued, items: &[pb::OpenItem]) -> Result<(), Unreadable> {
    let reservation = Some(issued.reservation_id.as_str()).filter(|id| !id.is_empty());
    let mut reservation = reservation.map(|id| read("reservation_id", ReservationId::parse(id))).transpose()?;
    let invoice = read("invoice_id", InvoiceId::parse(&issued.invoice_id))?;
    for item in items {
        let item = issued_item(item, reservation.take())?;
        read("total", change.issue(item, invoice))?;
    }
    Ok(())
}

fn add(change: &mut Change, mut payload: Payload) -> Result<(), Unreadable> {
    // Exposure is what is open on items: it depends neither on due dates nor on what remains of credits.
    let LedgerChange { items, entries, extensions: _, credit, credit_entries: _ } = LedgerChange::take(&mut payload);
    let debtor = match payload {
        Payload::CustomerCreated(pb::CustomerCreated { customer: published })
        | Payload::CustomerUpdated(pb::CustomerUpdated { customer: published }) => {
            change.customers.insert(customer(&published.unwrap_or_default().customer_id)?);
            return Ok(());
        }
        Payload::TenantCreated(_) => {
            change.is_tenant_created = true;
            return Ok(());
        }
        Payload::InvoiceIssued(issued) => return issue(change, &issued, &items),
        Payload::InvoiceVoided(voided) => voided.customer_id,
        Payload::InvoiceCredited(credited) => credited.customer_id,
        Payload::CreditApplied(_) | Payload::CreditEntryReversed(_) => credit.unwrap_or_default().customer_id,
        Payload::ItemSettled(settled) => settled.customer_id,
        Payload::SettlementReversed(reversed) => reversed.customer_id,
        Payload::ItemWrittenOff(written_off) => written_off.bad_debt.unwrap_or_default().customer_id,
        Payload::RecoveryRecorded(recovered) => recovered.bad_debt.unwrap_or_default().customer_id,
        // What the seller is called, drafts and deliveries do not affect credit.
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
        | Payload::PeriodClosed(_)
        | Payload::PeriodReopened(_)
        | Payload::PolicyActivated(_)
        | Payload::PolicyDeleted(_)
        | Payload::ApprovalRequested(_)
        | Payload::ApprovalGranted(_)
        | Payload::ApprovalRejected(_)
        | Payload::DueDateExtended(_)
        | Payload::CreditWrittenOff(_)
        | Payload::InvoiceDelivered(_) => return Ok(()),
    };
    let debtor = customer(&debtor)?;
    for entry in &entries {
        read("amount", change.move_item(item(&entry.item_id)?, debtor, money(entry.amount.as_ref())?))?;
    }
    Ok(())
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
