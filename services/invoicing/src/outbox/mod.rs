//! Domain events as messages of the contract.

use chrono::NaiveDate;
use prost::Message as _;
use quittance_approvals::ApprovalMessage;
use quittance_events::Event;
use quittance_kernel::{CustomerId, TenantId};
use quittance_proto::{
    common::v1::ApprovalState,
    invoicing::v1::{self as pb, invoicing_event::Payload},
    money, write_off_reason,
};

use crate::{
    domain::{
        BadDebt, CreditEntry, CreditUse, Credited, Customer, Delivery, Entry, Extension, Invoice, IssuedInvoice,
        NamedTerms, OpenItem, Period, Policy, Series, Settlement, State, Tenant,
    },
    wire,
};

fn event(kind: &'static str, customer: CustomerId, payload: Payload) -> Event {
    keyed(kind, customer.uuid(), payload)
}

fn keyed(kind: &'static str, key: uuid::Uuid, payload: Payload) -> Event {
    let payload = pb::InvoicingEvent { payload: Some(payload) }.encode_to_vec();
    Event::new(kind, key, payload)
}

/// A tenant was created. Its own id is the key: it has no customer.
pub(crate) fn tenant_created(tenant: &Tenant) -> Event {
    let payload = Payload::TenantCreated(pb::TenantCreated { tenant: Some(wire::tenant(tenant)) });
    keyed("quittance.invoicing.v1.TenantCreated", tenant.id.uuid(), payload)
}

/// A tenant was changed.
pub(crate) fn tenant_updated(tenant: &Tenant) -> Event {
    let payload = Payload::TenantUpdated(pb::TenantUpdated { tenant: Some(wire::tenant(tenant)) });
    keyed("quittance.invoicing.v1.TenantUpdated", tenant.id.uuid(), payload)
}

/// A series was created. Its tenant is the key, as of all that belongs to no customer.
pub(crate) fn series_created(tenant: TenantId, series: &Series) -> Event {
    let payload = Payload::SeriesCreated(pb::SeriesCreated { series: Some(wire::series(series)) });
    keyed("quittance.invoicing.v1.SeriesCreated", tenant.uuid(), payload)
}

/// A series was changed.
pub(crate) fn series_updated(tenant: TenantId, series: &Series) -> Event {
    let payload = Payload::SeriesUpdated(pb::SeriesUpdated { series: Some(wire::series(series)) });
    keyed("quittance.invoicing.v1.SeriesUpdated", tenant.uuid(), payload)
}

/// A series was deleted.
pub(crate) fn series_deleted(tenant: TenantId, series: &Series) -> Event {
    let payload = Payload::SeriesDeleted(pb::SeriesDeleted { series: Some(wire::series(series)) });
    keyed("quittance.invoicing.v1.SeriesDeleted", tenant.uuid(), payload)
}

/// Terms were created.
pub(crate) fn terms_created(tenant: TenantId, terms: &NamedTerms) -> Event {
    let payload = Payload::TermsCreated(pb::TermsCreated { terms: Some(wire::terms(terms)) });
    keyed("quittance.invoicing.v1.TermsCreated", tenant.uuid(), payload)
}

/// Terms were changed.
pub(crate) fn terms_updated(tenant: TenantId, terms: &NamedTerms) -> Event {
    let payload = Payload::TermsUpdated(pb::TermsUpdated { terms: Some(wire::terms(terms)) });
    keyed("quittance.invoicing.v1.TermsUpdated", tenant.uuid(), payload)
}

/// Terms were deleted.
pub(crate) fn terms_deleted(tenant: TenantId, terms: &NamedTerms) -> Event {
    let payload = Payload::TermsDeleted(pb::TermsDeleted { terms: Some(wire::terms(terms)) });
    keyed("quittance.invoicing.v1.TermsDeleted", tenant.uuid(), payload)
}

/// A customer was created.
pub(crate) fn customer_created(customer: &Customer) -> Event {
    let payload = Payload::CustomerCreated(pb::CustomerCreated { customer: Some(wire::customer(customer)) });
    event("quittance.invoicing.v1.CustomerCreated", customer.id, payload)
}

/// A customer was changed.
pub(crate) fn customer_updated(customer: &Customer) -> Event {
    let payload = Payload::CustomerUpdated(pb::CustomerUpdated { customer: Some(wire::customer(customer)) });
    event("quittance.invoicing.v1.CustomerUpdated", customer.id, payload)
}

/// A draft was created.
pub(crate) fn invoice_drafted(draft: &Invoice) -> Event {
    let payload = Payload::InvoiceDrafted(pb::InvoiceDrafted {
        invoice_id: draft.id.to_string(),
        customer_id: draft.customer.to_string(),
        total: Some(money(draft.totals.total)),
        invoice: Some(wire::invoice(draft, &[])),
    });
    event("quittance.invoicing.v1.InvoiceDrafted", draft.customer, payload)
}

/// A draft was changed.
pub(crate) fn invoice_updated(draft: &Invoice) -> Event {
    let payload = Payload::InvoiceUpdated(pb::InvoiceUpdated {
        invoice_id: draft.id.to_string(),
        customer_id: draft.customer.to_string(),
        total: Some(money(draft.totals.total)),
        invoice: Some(wire::invoice(draft, &[])),
    });
    event("quittance.invoicing.v1.InvoiceUpdated", draft.customer, payload)
}

/// An invoice was issued.
pub(crate) fn invoice_issued(issued: &IssuedInvoice) -> Event {
    let IssuedInvoice { invoice, items, entries } = issued;
    let issuance = invoice.state.issuance();
    let payload = Payload::InvoiceIssued(pb::InvoiceIssued {
        invoice_id: invoice.id.to_string(),
        customer_id: invoice.customer.to_string(),
        number: issuance.map(|issuance| issuance.number.clone()).unwrap_or_default(),
        payment_reference: issuance.and_then(|issuance| issuance.payment_reference.clone()).unwrap_or_default(),
        issued_on: wire::optional(issuance.map(|issuance| issuance.issued_on)),
        due_on: wire::optional(issuance.map(|issuance| issuance.due_on)),
        net_total: Some(money(invoice.totals.net)),
        tax_total: Some(money(invoice.totals.tax)),
        total: Some(money(invoice.totals.total)),
        terms: Some(wire::payment_terms(&invoice.terms)),
        reservation_id: wire::optional(invoice.reservation),
        contact_id: wire::optional(invoice.contact),
        lines: invoice.lines.iter().map(wire::line).collect(),
        taxes: invoice.totals.taxes.iter().map(wire::tax).collect(),
        purchase_order: invoice.purchase_order.clone(),
        note: invoice.note.clone(),
        metadata: invoice.metadata.entries().clone(),
        series_id: invoice.series.to_string(),
        external_number: invoice.external_number.clone().unwrap_or_default(),
        terms_id: wire::optional(invoice.terms_id),
        rounding_rule: Some(wire::rounding_rule(invoice.rounding)),
        items: items.iter().map(|item| wire::open_item(item, false)).collect(),
        entries: published(entries),
    });
    event("quittance.invoicing.v1.InvoiceIssued", invoice.customer, payload)
}

/// An invoice was voided.
pub(crate) fn invoice_voided(invoice: &Invoice, entries: &[Entry], reason: &str) -> Event {
    let voided_on = match &invoice.state {
        State::Voided { voided_on, .. } => Some(voided_on),
        State::Draft | State::Issued(_) | State::Credited { .. } => None,
    };
    let payload = Payload::InvoiceVoided(pb::InvoiceVoided {
        invoice_id: invoice.id.to_string(),
        customer_id: invoice.customer.to_string(),
        voided_on: wire::optional(voided_on),
        amount: Some(money(invoice.totals.total)),
        reason: reason.to_owned(),
        entries: published(entries),
    });
    event("quittance.invoicing.v1.InvoiceVoided", invoice.customer, payload)
}

/// A document was delivered.
pub(crate) fn invoice_delivered(delivery: &Delivery, customer: CustomerId) -> Event {
    let payload = Payload::InvoiceDelivered(pb::InvoiceDelivered {
        delivery: Some(wire::delivery(delivery)),
        customer_id: customer.to_string(),
    });
    event("quittance.invoicing.v1.InvoiceDelivered", customer, payload)
}

/// A draft was deleted.
pub(crate) fn invoice_deleted(draft: &Invoice) -> Event {
    let payload = Payload::InvoiceDeleted(pb::InvoiceDeleted {
        invoice_id: draft.id.to_string(),
        customer_id: draft.customer.to_string(),
    });
    event("quittance.invoicing.v1.InvoiceDeleted", draft.customer, payload)
}

/// An invoice was credited, in full or in part.
pub(crate) fn invoice_credited(credited: &Credited) -> Event {
    let Credited { note, entries, uncredited, .. } = credited;
    let payload = Payload::InvoiceCredited(pb::InvoiceCredited {
        credit_note_id: note.id.to_string(),
        number: note.number.clone(),
        invoice_id: note.invoice.to_string(),
        customer_id: note.customer.to_string(),
        issued_on: note.issued_on.to_string(),
        amount: Some(money(note.totals.total)),
        reason: wire::credit_reason(note.reason).into(),
        lines: note.lines.iter().map(|credited| wire::line(&credited.line)).collect(),
        taxes: note.totals.taxes.iter().map(wire::tax).collect(),
        net_total: Some(money(note.totals.net)),
        tax_total: Some(money(note.totals.tax)),
        metadata: note.metadata.entries().clone(),
        entries: published(entries),
        uncredited_amount: Some(money(*uncredited)),
        credit: Some(wire::customer_credit(&credited.credit)),
        credit_entries: published_of_credit(&credited.credit_entries),
    });
    event("quittance.invoicing.v1.InvoiceCredited", note.customer, payload)
}

fn published(entries: &[Entry]) -> Vec<pb::Entry> {
    entries.iter().map(wire::entry).collect()
}

fn published_of_credit(entries: &[CreditEntry]) -> Vec<pb::CreditEntry> {
    entries.iter().map(wire::credit_entry).collect()
}

/// A credit on account was applied to an item.
pub(crate) fn credit_applied(used: &CreditUse) -> Event {
    let CreditUse { credit, entry, item } = used;
    let payload = Payload::CreditApplied(pb::CreditApplied {
        credit: Some(wire::customer_credit(credit)),
        item_id: wire::optional(entry.item),
        open_amount: item.as_ref().map(|(item, _)| money(item.open())),
        entries: item.iter().map(|(_, entry)| wire::entry(entry)).collect(),
        credit_entries: vec![wire::credit_entry(entry)],
    });
    event("quittance.invoicing.v1.CreditApplied", credit.customer, payload)
}

/// What remained of a credit was written off, in whole or in part.
pub(crate) fn credit_written_off(used: &CreditUse) -> Event {
    let payload = Payload::CreditWrittenOff(pb::CreditWrittenOff {
        credit: Some(wire::customer_credit(&used.credit)),
        credit_entries: vec![wire::credit_entry(&used.entry)],
    });
    event("quittance.invoicing.v1.CreditWrittenOff", used.credit.customer, payload)
}

/// An application or a write-off of a credit was reversed.
pub(crate) fn credit_entry_reversed(used: &CreditUse) -> Event {
    let CreditUse { credit, entry, item } = used;
    let payload = Payload::CreditEntryReversed(pb::CreditEntryReversed {
        credit: Some(wire::customer_credit(credit)),
        item_id: wire::optional(entry.item),
        open_amount: item.as_ref().map(|(item, _)| money(item.open())),
        entries: item.iter().map(|(_, entry)| wire::entry(entry)).collect(),
        credit_entries: vec![wire::credit_entry(entry)],
    });
    event("quittance.invoicing.v1.CreditEntryReversed", credit.customer, payload)
}

fn settlement(settlement: &Settlement) -> pb::Settlement {
    pb::Settlement {
        allocation_id: settlement.allocation.to_string(),
        item_id: settlement.item.to_string(),
        payment_id: settlement.payment.to_string(),
        amount: Some(money(settlement.amount)),
        discount: settlement.discount.map(money),
        effective_on: settlement.effective_on.to_string(),
        write_off: settlement.write_off.map(|write_off| money(write_off.amount)),
        write_off_reason: write_off_reason(settlement.write_off.map(|write_off| write_off.reason)).into(),
        // The entries have who caused them.
        actor: String::new(),
        on_behalf_of: String::new(),
        tolerance_policy_id: wire::optional(settlement.tolerance_policy),
    }
}

/// An item was settled.
pub(crate) fn item_settled(settled: &Settlement, item: &OpenItem, entries: &[Entry]) -> Event {
    let payload = Payload::ItemSettled(pb::ItemSettled {
        settlement: Some(settlement(settled)),
        customer_id: item.customer.to_string(),
        open_amount: Some(money(item.open())),
        entries: published(entries),
    });
    event("quittance.invoicing.v1.ItemSettled", item.customer, payload)
}

/// An item was written off as a bad debt.
pub(crate) fn item_written_off(debt: &BadDebt, item: &OpenItem, entries: &[Entry]) -> Event {
    let payload = Payload::ItemWrittenOff(pb::ItemWrittenOff {
        bad_debt: Some(wire::bad_debt(debt)),
        open_amount: Some(money(item.open())),
        entries: published(entries),
    });
    event("quittance.invoicing.v1.ItemWrittenOff", item.customer, payload)
}

/// A bad debt is paid after all: the entry of the item.
pub(crate) fn recovery_recorded(debt: &BadDebt, item: &OpenItem, entry: &Entry) -> Event {
    let payload = Payload::RecoveryRecorded(pb::RecoveryRecorded {
        bad_debt: Some(wire::bad_debt(debt)),
        amount: Some(money(entry.amount)),
        effective_on: entry.effective_on.to_string(),
        reason: entry.reason.clone(),
        open_amount: Some(money(item.open())),
        entries: published(std::slice::from_ref(entry)),
    });
    event("quittance.invoicing.v1.RecoveryRecorded", item.customer, payload)
}

/// The due date of an item was extended.
pub(crate) fn due_date_extended(extension: &Extension) -> Event {
    let payload = Payload::DueDateExtended(pb::DueDateExtended { extension: Some(wire::extension(extension)) });
    event("quittance.invoicing.v1.DueDateExtended", extension.customer, payload)
}

/// A settlement was reversed.
pub(crate) fn settlement_reversed(
    settled: &Settlement,
    item: &OpenItem,
    entries: &[Entry],
    effective_on: NaiveDate,
    reason: &str,
) -> Event {
    let payload = Payload::SettlementReversed(pb::SettlementReversed {
        settlement: Some(settlement(settled)),
        customer_id: item.customer.to_string(),
        open_amount: Some(money(item.open())),
        effective_on: effective_on.to_string(),
        reason: reason.to_owned(),
        entries: published(entries),
    });
    event("quittance.invoicing.v1.SettlementReversed", item.customer, payload)
}

/// A policy was drafted. Its tenant is the key, as of all that belongs to no customer.
pub(crate) fn policy_created(tenant: TenantId, policy: &Policy) -> Event {
    let payload = Payload::PolicyCreated(pb::PolicyCreated { policy: Some(wire::policy(policy)) });
    keyed("quittance.invoicing.v1.PolicyCreated", tenant.uuid(), payload)
}

/// A policy was activated.
pub(crate) fn policy_activated(tenant: TenantId, policy: &Policy) -> Event {
    let payload = Payload::PolicyActivated(pb::PolicyActivated { policy: Some(wire::policy(policy)) });
    keyed("quittance.invoicing.v1.PolicyActivated", tenant.uuid(), payload)
}

/// The draft of a policy was deleted.
pub(crate) fn policy_deleted(tenant: TenantId, policy: &Policy) -> Event {
    let payload = Payload::PolicyDeleted(pb::PolicyDeleted { policy: Some(wire::policy(policy)) });
    keyed("quittance.invoicing.v1.PolicyDeleted", tenant.uuid(), payload)
}

/// Days of the ledger were closed.
pub(crate) fn period_closed(tenant: TenantId, period: &Period) -> Event {
    let payload = Payload::PeriodClosed(pb::PeriodClosed { period: Some(wire::period(period)) });
    keyed("quittance.invoicing.v1.PeriodClosed", tenant.uuid(), payload)
}

/// A closed period was reopened.
pub(crate) fn period_reopened(tenant: TenantId, period: &Period) -> Event {
    let payload = Payload::PeriodReopened(pb::PeriodReopened { period: Some(wire::period(period)) });
    keyed("quittance.invoicing.v1.PeriodReopened", tenant.uuid(), payload)
}

/// What happened to an approval: requested, granted or rejected. The key is the customer that it concerns, or else the tenant.
pub(crate) fn approval_decided(tenant: TenantId, customer: Option<CustomerId>, approval: &ApprovalMessage) -> Event {
    let message = approval.message();
    let state = message.state();
    let approval = Some(message);
    let (kind, payload) = match state {
        ApprovalState::Approved => {
            ("quittance.invoicing.v1.ApprovalGranted", Payload::ApprovalGranted(pb::ApprovalGranted { approval }))
        }
        ApprovalState::Rejected => {
            ("quittance.invoicing.v1.ApprovalRejected", Payload::ApprovalRejected(pb::ApprovalRejected { approval }))
        }
        ApprovalState::Pending | ApprovalState::Expired | ApprovalState::Unspecified => {
            ("quittance.invoicing.v1.ApprovalRequested", Payload::ApprovalRequested(pb::ApprovalRequested { approval }))
        }
    };
    keyed(kind, customer.map_or(tenant.uuid(), CustomerId::uuid), payload)
}
