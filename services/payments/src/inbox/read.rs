//! Invoicing's messages as rows of the projection.

use chrono::NaiveDate;
use quittance_kernel::{CustomerId, Discount, ItemId, Money, Percent, PolicyId, Terms, parse_date};
use quittance_matching::account_key;
use quittance_proto::{common::v1 as common, invoicing::v1 as pb, read_money, read_tolerance_policy};

use uuid::Uuid;

use crate::db::{
    projection::{IssuedItem, KnownCustomer},
    tolerance::Activated,
};

/// The error of an invalid event.
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

pub(crate) fn date(field: &'static str, text: &str) -> Result<NaiveDate, Unreadable> {
    read(field, parse_date(text))
}

/// A customer.
pub(crate) fn customer(customer: pb::Customer) -> Result<KnownCustomer, Unreadable> {
    Ok(KnownCustomer {
        id: read("customer_id", CustomerId::parse(&customer.customer_id))?,
        number: customer.number,
        name: customer.name,
        accounts: customer
            .bank_accounts
            .iter()
            .map(|account| account_key(account))
            .filter(|account| !account.is_empty())
            .collect(),
    })
}

/// A policy that was activated, if it is about what is tolerated.
pub(crate) fn tolerance_policy(policy: Option<pb::Policy>) -> Result<Option<Activated>, Unreadable> {
    let policy = policy.unwrap_or_default();
    let Some(pb::policy::Content::Tolerances(tolerances)) = &policy.content else { return Ok(None) };
    Ok(Some(Activated {
        id: read("policy_id", PolicyId::parse(&policy.policy_id))?,
        number: read("number", u32::try_from(policy.number))?,
        effective_on: date("effective_on", &policy.effective_on)?,
        rules: read("tolerances", read_tolerance_policy(tolerances))?,
    }))
}

/// The sum of two amounts.
pub(crate) fn sum(left: Money, right: Money) -> Result<Money, Unreadable> {
    read("amount", left.checked_add(right))
}

/// An issued item, with the payment reference of its document.
pub(crate) fn issued_item(item: pb::OpenItem, payment_reference: &str) -> Result<IssuedItem, Unreadable> {
    let document = read("document_id", Uuid::try_parse(&item.document_id))?;
    Ok(IssuedItem {
        id: self::item(&item.item_id)?,
        installment: read("installment", u16::try_from(item.installment))?,
        document,
        customer: read("customer_id", CustomerId::parse(&item.customer_id))?,
        number: item.number,
        payment_reference: Some(payment_reference.to_owned()).filter(|reference| !reference.is_empty()),
        total: money(item.total.as_ref())?,
        issued_on: date("issued_on", &item.issued_on)?,
        due_on: date("due_on", &item.due_on)?,
        terms: terms(item.terms.unwrap_or_default())?,
    })
}

fn terms(terms: pb::PaymentTerms) -> Result<Terms, Unreadable> {
    let days = |days: i32| read("terms.days", u16::try_from(days));
    let discount = |discount: pb::EarlyPaymentDiscount| {
        Ok(Discount { days: days(discount.days)?, percent: read("terms.percent", Percent::parse(&discount.percent))? })
    };
    let discounts = terms.discounts.into_iter().map(discount).collect::<Result<_, Unreadable>>()?;
    read("terms", Terms::new(days(terms.net_days)?, discounts))
}
