//! Documents as they are printed: complete HTML pages, and what all kinds of them have in common.

use std::sync::Arc;

use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use quittance_kernel::{ContactId, Currency};
use rust_decimal::Decimal;
use serde::Serialize;

use super::line::{Line, TaxCategory};
use super::parties::{Buyer, Parties, Seller};
use super::totals::{TaxSubtotal, Totals};

/// What every document shows: whose it is, to whom, its lines, taxes and total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PageData {
    /// The kind of document.
    pub title: &'static str,
    /// The caption of the buyer.
    pub buyer_caption: &'static str,
    /// The document's number.
    pub number: String,
    /// The seller.
    pub seller: SellerData,
    /// The buyer.
    pub buyer: BuyerData,
    /// Numbers and dates.
    pub facts: Vec<Fact>,
    /// A notice that it is voided, credited or paid.
    pub notice: Option<String>,
    /// Whether that is because it is paid.
    pub is_paid: bool,
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
}

/// The words that differ by the kind of document.
#[derive(Debug, Clone, Copy)]
pub(super) struct PageKind {
    /// The title.
    pub title: &'static str,
    /// The caption of the buyer.
    pub buyer_caption: &'static str,
}

/// A value with its caption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Fact {
    /// The caption.
    pub label: &'static str,
    /// The value.
    pub value: String,
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

/// Why the page cannot be rendered.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DocumentError {
    /// The template does not match its data: a bug.
    #[error("the template of the document cannot be rendered")]
    Template(#[source] Arc<minijinja::Error>),
}

impl From<minijinja::Error> for DocumentError {
    fn from(error: minijinja::Error) -> Self {
        Self::Template(Arc::new(error))
    }
}

/// Renders a page by a template whose values are all escaped.
///
/// # Errors
/// [`DocumentError`], which only a defect in the template can cause.
pub(super) fn render(template: &'static str, data: &impl Serialize) -> Result<String, DocumentError> {
    // By the ending of the name values are escaped.
    const NAME: &str = "document.html";
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_template(NAME, template)?;
    Ok(environment.get_template(NAME)?.render(Serde(data))?)
}

impl Fact {
    /// A fact; `None` where there is no value.
    pub(super) fn of(label: &'static str, value: impl Into<Option<String>>) -> Option<Fact> {
        let value = value.into().filter(|value| !value.is_empty())?;
        Some(Fact { label, value })
    }
}

impl PageData {
    /// The texts of a page without a notice. It is addressed to the given contact, or to the company.
    pub(super) fn of<'a>(
        PageKind { title, buyer_caption }: PageKind,
        number: &str,
        parties: &Parties,
        contact: Option<ContactId>,
        lines: impl IntoIterator<Item = &'a Line>,
        totals: &Totals,
    ) -> PageData {
        let currency = totals.total.currency();
        PageData {
            title,
            buyer_caption,
            number: number.to_owned(),
            seller: SellerData::of(&parties.seller),
            buyer: BuyerData::of(&parties.buyer, contact),
            facts: Vec::new(),
            notice: None,
            is_paid: false,
            currency: currency.code().to_owned(),
            lines: lines.into_iter().map(|line| LineData::of(line, currency)).collect(),
            net: totals.net.amount_text(),
            taxes: totals.taxes.iter().map(TaxData::of).collect(),
            tax: totals.tax.amount_text(),
            total: totals.total.amount_text(),
        }
    }
}

impl SellerData {
    fn of(seller: &Seller) -> SellerData {
        SellerData {
            name: seller.name.clone(),
            address: seller.address.printed(),
            tax_id: seller.tax_id.clone(),
            enquiries_name: seller.enquiries.name.clone(),
            enquiries_email: seller.enquiries.email.clone(),
            enquiries_phone: seller.enquiries.phone.clone(),
            bank_account: seller.bank_account.clone(),
            late_payment_consequences: seller.late_payment_consequences.clone(),
            terms_and_conditions: seller.terms_and_conditions.clone(),
        }
    }
}

impl BuyerData {
    fn of(buyer: &Buyer, contact: Option<ContactId>) -> BuyerData {
        BuyerData {
            name: buyer.name.clone(),
            contact: contact.and_then(|id| buyer.contact(id)).map(|contact| contact.name.clone()),
            address: buyer.address.printed(),
            tax_id: buyer.tax_id.clone(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_have_the_decimals_of_the_currency_or_more() {
        assert_eq!(price_text("10.5".parse().unwrap(), Currency::EUR), "10.50");
        assert_eq!(price_text("10.1250".parse().unwrap(), Currency::EUR), "10.125");
        assert_eq!(price_text("10".parse().unwrap(), Currency::JPY), "10");
    }
}
