//! The invoice as it is printed: one complete HTML page.

use std::sync::Arc;

use chrono::{Days, NaiveDate};
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use quittance_kernel::{CreditorReference, Currency, Discount, Money, MoneyError, Rounding};
use rust_decimal::Decimal;
use serde::Serialize;

use super::customer::{Contact, Customer};
use super::invoice::{Invoice, Issuance, State};
use super::line::{Line, TaxCategory};
use super::open_item::OpenItem;
use super::refusal::Refusal;
use super::tenant::Tenant;
use super::totals::TaxSubtotal;

/// The name ends in `.html`, so that all values are escaped.
const TEMPLATE: &str = "invoice.html";

/// The texts of the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct DocumentData {
    /// The seller.
    pub seller: SellerData,
    /// The buyer.
    pub buyer: BuyerData,
    /// The document's number.
    pub number: String,
    /// A notice that it is voided or credited.
    pub notice: Option<String>,
    /// Issue date.
    pub issued_on: String,
    /// Due date.
    pub due_on: String,
    /// Currency code.
    pub currency: String,
    /// The lines.
    pub lines: Vec<LineData>,
    /// The sum of the lines.
    pub net: String,
    /// Tax by category and rate.
    pub taxes: Vec<TaxData>,
    /// The sum of the taxes.
    pub tax: String,
    /// The total.
    pub total: String,
    /// The payment terms in words.
    pub payment_terms: String,
    /// One sentence for each tier of early-payment discount.
    pub discounts: Vec<String>,
    /// What is due when; empty if it is paid at once.
    pub installments: Vec<InstallmentData>,
    /// What is still to be paid.
    pub to_pay: String,
    /// The payment reference, in groups of four.
    pub payment_reference: Option<String>,
    /// The customer's purchase order. May be empty.
    pub purchase_order: String,
    /// A note. May be empty.
    pub note: String,
}

/// The seller as printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SellerData {
    /// Legal name.
    pub name: String,
    /// Address, line by line.
    pub address: Vec<String>,
    /// Tax identification. May be empty.
    pub tax_id: String,
    /// The contact for questions.
    pub enquiries_name: String,
    /// Their e-mail address.
    pub enquiries_email: String,
    /// Their phone number. May be empty.
    pub enquiries_phone: String,
    /// Payment details. May be empty.
    pub bank_account: String,
    /// The notice about late payment.
    pub late_payment_consequences: String,
    /// Terms and conditions.
    pub terms_and_conditions: String,
}

/// The buyer as printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct BuyerData {
    /// Legal name.
    pub name: String,
    /// The person or team it is addressed to.
    pub contact: Option<String>,
    /// Address, line by line.
    pub address: Vec<String>,
    /// Tax identification. May be empty.
    pub tax_id: String,
    /// The seller's customer number.
    pub number: Option<String>,
}

/// A line as printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct LineData {
    /// The description.
    pub description: String,
    /// The quantity.
    pub quantity: String,
    /// The unit. May be empty.
    pub unit: String,
    /// The unit price.
    pub unit_price: String,
    /// The tax rate, or why there is none.
    pub tax: String,
    /// The net amount.
    pub net: String,
}

/// A tax as printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TaxData {
    /// The name of the tax.
    pub label: String,
    /// The taxable amount.
    pub taxable: String,
    /// The amount.
    pub tax: String,
}

/// An installment as printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct InstallmentData {
    /// Its due date.
    pub due_on: String,
    /// Its amount.
    pub amount: String,
    /// What is still to be paid of it.
    pub open: String,
    /// One sentence for each tier of early-payment discount.
    pub discounts: Vec<String>,
}

/// Why the page cannot be rendered.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DocumentError {
    /// The template does not match its data: a bug.
    #[error("the invoice's template cannot be rendered")]
    Template(#[source] Arc<minijinja::Error>),
}

impl From<minijinja::Error> for DocumentError {
    fn from(error: minijinja::Error) -> Self {
        Self::Template(Arc::new(error))
    }
}

/// Renders the page.
///
/// # Errors
/// [`DocumentError`], which only a defect in the template can cause.
pub(crate) fn render(data: &DocumentData) -> Result<String, DocumentError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_template(TEMPLATE, include_str!("../../templates/invoice.html"))?;
    Ok(environment.get_template(TEMPLATE)?.render(Serde(data))?)
}

impl DocumentData {
    /// The texts of an issued invoice's page. It is addressed to the given contact, or to the company.
    ///
    /// # Errors
    /// `InvoiceNotIssued` for a draft; `Money`, if a discount cannot be computed.
    pub(crate) fn of(
        tenant: &Tenant,
        customer: &Customer,
        contact: Option<&Contact>,
        invoice: &Invoice,
        items: &[OpenItem],
    ) -> Result<DocumentData, Refusal> {
        let issuance = invoice.state.issuance().ok_or(Refusal::InvoiceNotIssued { state: invoice.state.label() })?;
        let open = Money::sum(invoice.currency, items.iter().map(OpenItem::open))?;
        let (discounts, installments) = match items {
            [item] if item.installment.is_none() => (discount_sentences(item)?, Vec::new()),
            items => (Vec::new(), items.iter().map(InstallmentData::of).collect::<Result<_, _>>()?),
        };
        Ok(DocumentData {
            seller: SellerData::of(tenant),
            buyer: BuyerData::of(customer, contact),
            number: issuance.number.clone(),
            notice: notice(&invoice.state),
            issued_on: issuance.issued_on.to_string(),
            due_on: issuance.due_on.to_string(),
            currency: invoice.currency.code().to_owned(),
            lines: invoice.lines.iter().map(|line| LineData::of(line, invoice.currency)).collect(),
            net: invoice.totals.net.amount_text(),
            taxes: invoice.totals.taxes.iter().map(TaxData::of).collect(),
            tax: invoice.totals.tax.amount_text(),
            total: invoice.totals.total.amount_text(),
            payment_terms: payment_terms(invoice, issuance),
            discounts,
            installments,
            to_pay: to_pay(open),
            payment_reference: issuance.payment_reference.as_deref().map(grouped),
            purchase_order: invoice.purchase_order.clone(),
            note: invoice.note.clone(),
        })
    }
}

impl InstallmentData {
    fn of(item: &OpenItem) -> Result<InstallmentData, MoneyError> {
        Ok(InstallmentData {
            due_on: item.due_on.to_string(),
            amount: item.amounts.total().amount_text(),
            open: item.open().amount_text(),
            discounts: discount_sentences(item)?,
        })
    }
}

impl SellerData {
    fn of(tenant: &Tenant) -> SellerData {
        SellerData {
            name: tenant.name.clone(),
            address: tenant.address.printed(),
            tax_id: tenant.tax_id.clone(),
            enquiries_name: tenant.enquiries.name.clone(),
            enquiries_email: tenant.enquiries.email.clone(),
            enquiries_phone: tenant.enquiries.phone.clone(),
            bank_account: tenant.bank_account.clone(),
            late_payment_consequences: tenant.late_payment_consequences.clone(),
            terms_and_conditions: tenant.terms_and_conditions.clone(),
        }
    }
}

impl BuyerData {
    fn of(customer: &Customer, contact: Option<&Contact>) -> BuyerData {
        BuyerData {
            name: customer.name.clone(),
            contact: contact.map(|contact| contact.name.clone()),
            address: customer.address.printed(),
            tax_id: customer.tax_id.clone(),
            number: customer.number.clone(),
        }
    }
}

impl LineData {
    fn of(line: &Line, currency: Currency) -> LineData {
        let tax = match line.tax_category {
            TaxCategory::Standard => format!("{} %", line.tax_rate),
            category => category.wording().to_owned(),
        };
        LineData {
            description: line.description.clone(),
            quantity: line.quantity.normalize().to_string(),
            unit: line.unit.clone(),
            unit_price: price_text(line.unit_price, currency),
            tax,
            net: line.net.amount_text(),
        }
    }
}

impl TaxData {
    fn of(subtotal: &TaxSubtotal) -> TaxData {
        let label = format!("{} {} %", subtotal.category.wording(), subtotal.rate);
        TaxData { label, taxable: subtotal.taxable.amount_text(), tax: subtotal.tax.amount_text() }
    }
}

/// With at least the currency's decimals, and all decimals of the price.
fn price_text(price: Decimal, currency: Currency) -> String {
    let mut price = price.normalize();
    if price.scale() < currency.minor_units() {
        price.rescale(currency.minor_units());
    }
    price.to_string()
}

fn notice(state: &State) -> Option<String> {
    match state {
        State::Draft | State::Issued(_) => None,
        State::Voided { voided_on, .. } => Some(format!("Voided on {voided_on}: nothing is to be paid.")),
        State::Credited { .. } => Some("Credited in full: nothing is to be paid.".to_owned()),
    }
}

/// What is still to be paid: a paid document says so.
fn to_pay(open: Money) -> String {
    if open.is_zero() { "nothing".to_owned() } else { open.to_string() }
}

fn discount_sentences(item: &OpenItem) -> Result<Vec<String>, MoneyError> {
    let tiers = item.terms.discounts().iter();
    tiers.map(|tier| discount_sentence(item.amounts.total(), tier, item.issued_on)).collect()
}

fn payment_terms(invoice: &Invoice, issuance: &Issuance) -> String {
    if let Some(installments) = invoice.terms.installments() {
        return format!("Payment in {} installments, the last by {}.", installments.parts().len(), issuance.due_on);
    }
    let in_full = match invoice.terms.last_net_days() {
        _ if invoice.terms.due_on(issuance.issued_on) != issuance.due_on => "Payment in full as agreed".to_owned(),
        0 => "Payment in full on receipt".to_owned(),
        days => format!("Payment in full within {days} days"),
    };
    format!("{in_full}, by {}.", issuance.due_on)
}

/// A discount is rounded half up, as when it is taken.
fn discount_sentence(total: Money, tier: &Discount, issued_on: NaiveDate) -> Result<String, MoneyError> {
    let discount = total.times(tier.percent.fraction(), Rounding::HalfUp)?;
    let last_day = issued_on.checked_add_days(Days::new(tier.days.into())).unwrap_or(NaiveDate::MAX);
    let to_pay = total.checked_sub(discount)?;
    Ok(format!("Pay {to_pay} by {last_day} to take {} % early-payment discount", tier.percent))
}

fn grouped(reference: &str) -> String {
    CreditorReference::parse(reference).map_or_else(|_| reference.to_owned(), |reference| reference.grouped())
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
