//! Domain values as messages of the contract, for responses and events.

mod credits;
mod ledger;
mod periods;
mod policies;

use std::collections::BTreeMap;

use quittance_kernel::{CreditNoteId, Currency, Installment, Money, MoneyError, PaymentTerms, Rounding, Share, Terms};
use quittance_proto::{common::v1 as common, instant, invoicing::v1 as pb, money};

pub(crate) use credits::{credit_entry, customer_credit};
pub(crate) use ledger::{bad_debt, bad_debt_reason, entry, extension, open_item, statement};
pub(crate) use periods::period;
pub(crate) use policies::{policy, simulated_approvals, simulated_late_entries, simulated_tolerances};

use crate::domain::{
    Address, Contact, CreditNote, CreditReason, Customer, Delivery, DeliveryChannel, Invoice, InvoiceStatus, Line,
    NamedTerms, OpenItem, RoundingRule, RoundingScope, Series, SeriesKind, State, TaxSubtotal, Tenant,
};

/// An optional id.
pub(crate) fn optional<T: ToString>(id: Option<T>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

/// An address; `None` where nothing was given.
fn address(address: &Address) -> Option<common::Address> {
    let is_given = *address != Address::default();
    is_given.then(|| common::Address {
        lines: address.lines.clone(),
        postal_code: address.postal_code.clone(),
        city: address.city.clone(),
        country_code: address.country_code.clone(),
    })
}

/// The rounding of tax.
pub(crate) fn rounding_rule(rule: RoundingRule) -> pb::RoundingRule {
    let scope = match rule.scope {
        RoundingScope::PerRate => pb::RoundingScope::PerRate,
        RoundingScope::PerLine => pb::RoundingScope::PerLine,
    };
    let mode = match rule.mode {
        Rounding::HalfEven => pb::RoundingMode::HalfEven,
        Rounding::HalfUp | Rounding::Down => pb::RoundingMode::HalfUp,
    };
    pb::RoundingRule { scope: scope.into(), mode: mode.into() }
}

/// A tenant.
pub(crate) fn tenant(tenant: &Tenant) -> pb::Tenant {
    pb::Tenant {
        tenant_id: tenant.id.to_string(),
        name: tenant.name.clone(),
        address: address(&tenant.address),
        tax_id: tenant.tax_id.clone(),
        base_currency_code: tenant.base_currency.code().to_owned(),
        time_zone: tenant.time_zone.clone(),
        enquiries: Some(pb::Enquiries {
            name: tenant.enquiries.name.clone(),
            email: tenant.enquiries.email.clone(),
            phone: tenant.enquiries.phone.clone(),
        }),
        late_payment_consequences: tenant.late_payment_consequences.clone(),
        bank_account: tenant.bank_account.clone(),
        terms_and_conditions: tenant.terms_and_conditions.clone(),
        rounding_rule: Some(rounding_rule(tenant.rounding)),
        create_time: Some(instant(tenant.created_at)),
        metadata: tenant.metadata.entries().clone(),
        etag: tenant.version.to_string(),
        update_time: Some(instant(tenant.updated_at)),
    }
}

/// A series.
pub(crate) fn series(series: &Series) -> pb::Series {
    let kind = match series.kind {
        SeriesKind::Invoice => pb::SeriesKind::Invoice,
        SeriesKind::CreditNote => pb::SeriesKind::CreditNote,
        SeriesKind::External => pb::SeriesKind::External,
    };
    pb::Series {
        series_id: series.id.to_string(),
        code: series.code.clone(),
        kind: kind.into(),
        prefix: series.prefix.clone(),
        min_digits: series.min_digits.into(),
        next_number: series.next_number,
        last_issued_on: optional(series.last_issued_on),
        etag: series.version.to_string(),
        update_time: Some(instant(series.updated_at)),
    }
}

/// A customer.
pub(crate) fn customer(customer: &Customer) -> pb::Customer {
    pb::Customer {
        address: address(&customer.address),
        bank_accounts: customer.bank_accounts.clone(),
        contacts: customer.contacts.iter().map(contact).collect(),
        metadata: customer.metadata.entries().clone(),
        ..basic_customer(customer)
    }
}

/// The basic view of a customer.
pub(crate) fn basic_customer(customer: &Customer) -> pb::Customer {
    pb::Customer {
        customer_id: customer.id.to_string(),
        number: customer.number.clone().unwrap_or_default(),
        name: customer.name.clone(),
        address: None,
        tax_id: customer.tax_id.clone(),
        terms_id: optional(customer.terms_id),
        bank_accounts: Vec::new(),
        contacts: Vec::new(),
        etag: customer.version.to_string(),
        create_time: Some(instant(customer.created_at)),
        update_time: Some(instant(customer.updated_at)),
        metadata: BTreeMap::new(),
    }
}

fn contact(contact: &Contact) -> pb::Contact {
    pb::Contact {
        contact_id: contact.id.to_string(),
        name: contact.name.clone(),
        email: contact.email.clone(),
        phone: contact.phone.clone(),
        pays_invoices: contact.pays_invoices,
    }
}

/// Payment terms.
pub(crate) fn payment_terms(terms: &PaymentTerms) -> pb::PaymentTerms {
    match terms {
        PaymentTerms::AtOnce(terms) => item_terms(terms),
        PaymentTerms::Installments(installments) => {
            let installments = installments.parts().iter().map(installment).collect();
            pb::PaymentTerms { net_days: 0, discounts: Vec::new(), installments }
        }
    }
}

/// The terms of one item.
fn item_terms(terms: &Terms) -> pb::PaymentTerms {
    pb::PaymentTerms { net_days: terms.net_days().into(), discounts: discounts(terms), installments: Vec::new() }
}

fn installment(installment: &Installment) -> pb::Installment {
    let share = match installment.share {
        Share::Percent(percent) => Some(pb::installment::Share::Percent(percent.to_string())),
        Share::Amount(amount) => Some(pb::installment::Share::Amount(amount.to_string())),
        Share::Rest => None,
    };
    pb::Installment { net_days: installment.terms.net_days().into(), discounts: discounts(&installment.terms), share }
}

fn discounts(terms: &Terms) -> Vec<pb::EarlyPaymentDiscount> {
    let discounts = terms
        .discounts()
        .iter()
        .map(|d| pb::EarlyPaymentDiscount { days: d.days.into(), percent: d.percent.to_string() });
    discounts.collect()
}

/// Payment terms with their code.
pub(crate) fn terms(terms: &NamedTerms) -> pb::Terms {
    pb::Terms {
        terms_id: terms.id.to_string(),
        code: terms.code.clone(),
        payment_terms: Some(payment_terms(&terms.terms)),
        etag: terms.version.to_string(),
        update_time: Some(instant(terms.updated_at)),
    }
}

/// A line.
pub(crate) fn line(line: &Line) -> pb::InvoiceLine {
    pb::InvoiceLine {
        description: line.description.clone(),
        quantity: line.quantity.to_string(),
        unit: line.unit.clone(),
        unit_price: line.unit_price.to_string(),
        tax_category: line.tax_category.label().to_owned(),
        tax_rate: line.tax_rate.to_string(),
        net_amount: Some(money(line.net)),
    }
}

/// The tax of one category and rate.
pub(crate) fn tax(tax: &TaxSubtotal) -> pb::TaxSubtotal {
    pb::TaxSubtotal {
        tax_category: tax.category.label().to_owned(),
        tax_rate: tax.rate.to_string(),
        taxable: Some(money(tax.taxable)),
        tax: Some(money(tax.tax)),
    }
}

/// The open balance of an invoice's items; `None` for a draft, which has none.
fn open(items: &[OpenItem], currency: Currency) -> Option<Money> {
    // An invoice's items sum to its total, which is an amount.
    let sum: Result<Money, MoneyError> = Money::sum(currency, items.iter().map(OpenItem::open));
    sum.ok().filter(|_| !items.is_empty())
}

/// An invoice with its open items, which a draft has not.
pub(crate) fn invoice(invoice: &Invoice, items: &[OpenItem]) -> pb::Invoice {
    pb::Invoice {
        lines: invoice.lines.iter().map(line).collect(),
        terms: Some(payment_terms(&invoice.terms)),
        taxes: invoice.totals.taxes.iter().map(tax).collect(),
        rounding_rule: Some(rounding_rule(invoice.rounding)),
        note: invoice.note.clone(),
        metadata: invoice.metadata.entries().clone(),
        agreed_terms: invoice.has_agreed_terms.then(|| payment_terms(&invoice.terms)),
        installments: items.iter().filter_map(invoice_installment).collect(),
        ..basic_invoice(invoice, items)
    }
}

fn invoice_installment(item: &OpenItem) -> Option<pb::InvoiceInstallment> {
    Some(pb::InvoiceInstallment {
        number: item.installment?.into(),
        item_id: item.id.to_string(),
        due_on: item.due_on.to_string(),
        amount: Some(money(item.amounts.total())),
        open_amount: Some(money(item.open())),
    })
}

/// The basic view of an invoice.
pub(crate) fn basic_invoice(invoice: &Invoice, items: &[OpenItem]) -> pb::Invoice {
    let open = open(items, invoice.currency);
    let item_updated_at = items.iter().map(|item| item.updated_at).max();
    let state = match invoice.status(open) {
        InvoiceStatus::Draft => pb::InvoiceState::Draft,
        InvoiceStatus::Issued => pb::InvoiceState::Issued,
        InvoiceStatus::Paid => pb::InvoiceState::Paid,
        InvoiceStatus::Credited => pb::InvoiceState::Credited,
        InvoiceStatus::Voided => pb::InvoiceState::Voided,
    };
    let issuance = invoice.state.issuance();
    pb::Invoice {
        invoice_id: invoice.id.to_string(),
        customer_id: invoice.customer.to_string(),
        contact_id: optional(invoice.contact),
        currency_code: invoice.currency.code().to_owned(),
        lines: Vec::new(),
        terms_id: optional(invoice.terms_id),
        terms: None,
        series_id: invoice.series.to_string(),
        external_number: invoice.external_number.clone().unwrap_or_default(),
        number: issuance.map(|i| i.number.clone()).unwrap_or_default(),
        issued_on: optional(issuance.map(|i| i.issued_on).or(invoice.planned_issue_on)),
        due_on: optional(issuance.map(|i| i.due_on).or(invoice.agreed_due_on)),
        state: state.into(),
        net_total: Some(money(invoice.totals.net)),
        taxes: Vec::new(),
        tax_total: Some(money(invoice.totals.tax)),
        total: Some(money(invoice.totals.total)),
        open_amount: Some(money(open.unwrap_or(Money::zero(invoice.currency)))),
        rounding_rule: None,
        reservation_id: optional(invoice.reservation),
        purchase_order: invoice.purchase_order.clone(),
        note: String::new(),
        payment_reference: issuance.and_then(|i| i.payment_reference.clone()).unwrap_or_default(),
        etag: invoice.version.to_string(),
        create_time: Some(instant(invoice.created_at)),
        issue_time: issuance.map(|i| instant(i.issued_at)),
        voided_on: match &invoice.state {
            State::Voided { voided_on, .. } => voided_on.to_string(),
            State::Draft | State::Issued(_) | State::Credited { .. } => String::new(),
        },
        update_time: Some(instant(item_updated_at.unwrap_or(invoice.updated_at))),
        metadata: BTreeMap::new(),
        agreed_terms: None,
        installments: Vec::new(),
    }
}

/// A credit note.
pub(crate) fn credit_note(note: &CreditNote) -> pb::CreditNote {
    let id: CreditNoteId = note.id;
    pb::CreditNote {
        credit_note_id: id.to_string(),
        number: note.number.clone(),
        invoice_id: note.invoice.to_string(),
        customer_id: note.customer.to_string(),
        issued_on: note.issued_on.to_string(),
        reason: credit_reason(note.reason).into(),
        lines: note.lines.iter().map(|credited| line(&credited.line)).collect(),
        taxes: note.totals.taxes.iter().map(tax).collect(),
        net_total: Some(money(note.totals.net)),
        tax_total: Some(money(note.totals.tax)),
        total: Some(money(note.totals.total)),
        issue_time: Some(instant(note.issued_at)),
        metadata: note.metadata.entries().clone(),
    }
}

/// The reason for a credit note.
pub(crate) fn credit_reason(reason: CreditReason) -> pb::CreditReason {
    match reason {
        CreditReason::Return => pb::CreditReason::Return,
        CreditReason::Pricing => pb::CreditReason::Pricing,
        CreditReason::Damage => pb::CreditReason::Damage,
        CreditReason::Service => pb::CreditReason::Service,
        CreditReason::Goodwill => pb::CreditReason::Goodwill,
        CreditReason::Duplicate => pb::CreditReason::Duplicate,
        CreditReason::Cancellation => pb::CreditReason::Cancellation,
        CreditReason::Fraud => pb::CreditReason::Fraud,
        CreditReason::Tax => pb::CreditReason::Tax,
    }
}

/// A delivery.
pub(crate) fn delivery(delivery: &Delivery) -> pb::Delivery {
    let channel = match delivery.channel {
        DeliveryChannel::Email => pb::DeliveryChannel::Email,
        DeliveryChannel::Post => pb::DeliveryChannel::Post,
        DeliveryChannel::Portal => pb::DeliveryChannel::Portal,
    };
    pb::Delivery {
        delivery_id: delivery.id.to_string(),
        invoice_id: delivery.invoice.to_string(),
        contact_id: optional(delivery.contact),
        channel: channel.into(),
        document_sha256: hex::encode(delivery.document_sha256),
        document_html: String::new(),
        deliver_time: Some(instant(delivery.delivered_at)),
    }
}
