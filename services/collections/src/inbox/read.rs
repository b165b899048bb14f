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

/// An issued item, with the contact that its document is addressed to.
pub(crate) fn issued_item(item: pb::OpenItem, contact: &str) -> Result<IssuedItem, Unreadable> {
    Ok(IssuedItem {
        id: self::item(&item.item_id)?,
        customer: read("customer_id", CustomerId::parse(&item.customer_id))?,
        contact: contact_id(contact)?,
        number: item.number,
        issued_on: date("issued_on", &item.issued_on)?,
        due_on: date("due_on", &item.due_on)?,
        total: money(item.total.as_ref())?,
    })
}

/// The sum of two amounts.
pub(crate) fn sum(left: Money, right: Money) -> Result<Money, Unreadable> {
    read("amount", left.checked_add(right))
}
