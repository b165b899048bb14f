//! Invoicing's messages as rows of the projection.

use chrono::NaiveDate;
use quittance_kernel::{ContactId, CustomerId, ItemId, Money, parse_date};
use quittance_proto::{common::v1 as common, invoicing::v1 as pb, read_money};

use crate::{
    db::projection::{IssuedItem, KnownTenant},
    domain::{Addressee, template::Seller},
};

/// The error of an invalid field of an event.
#[derive(Debug, thiserror::Error)]
#[error("{field}: {why}")]
pub(crate) struct Unreadable {
    field: &'static str,
    why: String,
}

fn read<T, E: ToString>(field: &'static str, value: Result<T, E>) -> Result<T, Unreadable> {
    value.map_err(|error| Unreadable { field, why: error.to_string() })
}

/// An item's id.
pub(crate) fn item(id: &str) -> Result<ItemId, Unreadable> {
    read("item_id", ItemId::parse(id))
}

/// An amount.
pub(crate) fn money(money: Option<&common::Money>) -> Result<Money, Unreadable> {
    read("amount", read_money(money.unwrap_or(&common::Money::default())))
}

/// A date.
pub(crate) fn date(field: &'static str, text: &str) -> Result<NaiveDate, Unreadable> {
    read(field, parse_date(text))
}

fn contact_id(id: &str) -> Result<Option<ContactId>, Unreadable> {
    if id.is_empty() { Ok(None) } else { read("contact_id", ContactId::parse(id)).map(Some) }
}

/// A tenant, with its contact for questions about reminders.
pub(crate) fn tenant(tenant: pb::Tenant) -> KnownTenant {
    let enquiries = tenant.enquiries.unwrap_or_default();
    let parts: Vec<String> =
        [enquiries.name, enquiries.email, enquiries.phone].into_iter().filter(|part| !part.is_empty()).collect();
    KnownTenant { seller: Seller { name: tenant.name, enquiries: parts.join(", ") }, time_zone: tenant.time_zone }
}

/// A customer with the contact for its reminders: the first for invoices, or else the first.
pub(crate) fn customer(customer: pb::Customer) -> Result<(CustomerId, Addressee), Unreadable> {
    let id = read("customer_id", CustomerId::parse(&customer.customer_id))?;
    let payer = customer
        .contacts
        .iter()
        .find(|contact| contact.pays_invoices)
        .or(customer.contacts.first())
        .cloned()
        .unwrap_or_default();
    let addressee = Addressee {
        customer_name: customer.name,
        customer_number: customer.number,
        contact: contact_id(&payer.contact_id)?,
        contact_name: payer.name,
        contact_email: Some(payer.email).filter(|email| !email.is_empty()),
    };
    Ok((id, addressee))
}

/// An issued item.
pub(crate) fn issued_item(issued: pb::InvoiceIssued) -> Result<IssuedItem, Unreadable> {
    Ok(IssuedItem {
        id: item(&issued.invoice_id)?,
        customer: read("customer_id", CustomerId::parse(&issued.customer_id))?,
        contact: contact_id(&issued.contact_id)?,
        number: issued.number,
        issued_on: date("issued_on", &issued.issued_on)?,
        due_on: date("due_on", &issued.due_on)?,
        total: money(issued.total.as_ref())?,
    })
}

/// The amount by which a settlement reduces the balance: the payment, the early-payment discount and the difference written
/// off, which is negative after an overpayment.
pub(crate) fn settled(settlement: &pb::Settlement) -> Result<Money, Unreadable> {
    let mut sum = money(settlement.amount.as_ref())?;
    for part in [&settlement.discount, &settlement.write_off].into_iter().flatten() {
        sum = read("amount", sum.checked_add(money(Some(part))?))?;
    }
    Ok(sum)
}
