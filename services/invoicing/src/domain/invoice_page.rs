//! The invoice as it is printed: one complete HTML page.

use chrono::{Days, NaiveDate};
use quittance_kernel::{ContactId, CreditorReference, Discount, Money, MoneyError};
use serde::Serialize;

use super::document::{DocumentError, Fact, PageData, PageKind, render};
use super::invoice::{Invoice, Issuance, State};
use super::open_item::OpenItem;
use super::parties::Parties;
use super::refusal::Refusal;

const KIND: PageKind = PageKind { title: "Invoice", buyer_caption: "Billed to" };
const TEMPLATE: &str = concat!(
    include_str!("../../templates/head.html"),
    include_str!("../../templates/lines.html"),
    include_str!("../../templates/invoice.html"),
);

/// The texts of an invoice's page. What was agreed is as of its issue, what is to be paid as of now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct InvoicePage {
    /// What every document shows.
    #[serde(flatten)]
    pub page: PageData,
    /// Due date.
    pub due_on: String,
    /// The payment terms in words.
    pub payment_terms: String,
    /// One sentence for each tier of early-payment discount.
    pub discounts: Vec<String>,
    /// What is due when; empty if it is paid at once.
    pub installments: Vec<InstallmentData>,
    /// What is still to be paid.
    pub to_pay: String,
    /// Why that is less than the total: what was paid, credited, and taken as a discount.
    pub deductions: Vec<Fact>,
    /// The payment reference, in groups of four.
    pub payment_reference: Option<String>,
    /// A note. May be empty.
    pub note: String,
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

impl InvoicePage {
    /// The texts of an issued invoice's page. It is addressed to the given contact, or to the company.
    ///
    /// # Errors
    /// `InvoiceNotIssued` for a draft; `Money`, if an amount cannot be computed.
    pub(crate) fn of(
        parties: &Parties,
        contact: Option<ContactId>,
        invoice: &Invoice,
        items: &[OpenItem],
    ) -> Result<InvoicePage, Refusal> {
        let issuance = invoice.state.issuance().ok_or(Refusal::InvoiceNotIssued { state: invoice.state.label() })?;
        let balance = Balance::of(invoice, items)?;
        let (discounts, installments) = match items {
            [item] if item.installment.is_none() => (discount_sentences(item)?, Vec::new()),
            items => (Vec::new(), items.iter().map(InstallmentData::of).collect::<Result<_, _>>()?),
        };
        let facts = [
            Fact::of("Invoice number", issuance.number.clone()),
            Fact::of("Issue date", issuance.issued_on.to_string()),
            Fact::of("Due date", issuance.due_on.to_string()),
            Fact::of("Customer number", parties.buyer.number.clone()),
            Fact::of("Your order", invoice.purchase_order.clone()),
        ];
        let page = PageData::of(KIND, &issuance.number, parties, contact, &invoice.lines, &invoice.totals);
        let paid = balance.paid_notice(&invoice.state);
        Ok(InvoicePage {
            page: PageData {
                facts: facts.into_iter().flatten().collect(),
                is_paid: paid.is_some(),
                notice: paid.or_else(|| notice(&invoice.state)),
                ..page
            },
            due_on: issuance.due_on.to_string(),
            payment_terms: payment_terms(invoice, issuance),
            discounts,
            installments,
            to_pay: to_pay(balance.open),
            deductions: balance.deductions(),
            payment_reference: issuance.payment_reference.as_deref().map(grouped),
            note: invoice.note.clone(),
        })
    }

    /// The page.
    ///
    /// # Errors
    /// [`DocumentError`], which only a defect in the template can cause.
    pub(crate) fn render(&self) -> Result<String, DocumentError> {
        render(TEMPLATE, self)
    }
}

impl InstallmentData {
    fn of(item: &OpenItem) -> Result<InstallmentData, Refusal> {
        Ok(InstallmentData {
            due_on: item.due_on.to_string(),
            amount: item.amounts.total().amount_text(),
            open: item.open().amount_text(),
            discounts: discount_sentences(item)?,
        })
    }
}

/// What was done with an invoice's total, over all its items.
struct Balance {
    open: Money,
    settled: Money,
    discounted: Money,
    credited: Money,
    bad_debt: Money,
}

impl Balance {
    fn of(invoice: &Invoice, items: &[OpenItem]) -> Result<Balance, MoneyError> {
        let sum = |part: fn(&OpenItem) -> Money| Money::sum(invoice.currency, items.iter().map(part));
        Ok(Balance {
            open: sum(OpenItem::open)?,
            settled: sum(|item| item.amounts.settled())?,
            discounted: sum(|item| item.amounts.discounted())?,
            credited: sum(|item| item.amounts.credited())?,
            bad_debt: sum(|item| item.amounts.bad_debt())?,
        })
    }

    /// A notice that nothing is left to pay. What was given up as a bad debt was not paid.
    fn paid_notice(&self, state: &State) -> Option<String> {
        let is_paid = matches!(state, State::Issued(_)) && self.open.is_zero() && self.bad_debt.is_zero();
        let how = if self.credited.is_zero() { "Paid in full" } else { "Paid and credited in full" };
        is_paid.then(|| format!("{how}: nothing is to be paid."))
    }

    fn deductions(&self) -> Vec<Fact> {
        let amount = |amount: Money| (!amount.is_zero()).then(|| amount.to_string());
        let facts = [
            Fact::of("Paid", amount(self.settled)),
            Fact::of("Early-payment discount", amount(self.discounted)),
            Fact::of("Credited", amount(self.credited)),
        ];
        facts.into_iter().flatten().collect()
    }
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

fn discount_sentences(item: &OpenItem) -> Result<Vec<String>, Refusal> {
    let sentences = item.terms.discounts().iter().map(|tier| discount_sentence(item, tier));
    Ok(sentences.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// What closes the item by the last day of a tier, after what was paid, credited and taken before; `None` where nothing is left to take.
fn discount_sentence(item: &OpenItem, tier: &Discount) -> Result<Option<String>, Refusal> {
    let last_day = item.issued_on.checked_add_days(Days::new(tier.days.into())).unwrap_or(NaiveDate::MAX);
    let Some(granted) = item.discount_on(last_day)? else { return Ok(None) };
    let left = granted.checked_sub(item.amounts.discounted())?;
    let to_pay = item.open().checked_sub(left)?;
    let sentence = || format!("Pay {to_pay} by {last_day} to take {} % early-payment discount", tier.percent);
    Ok((left.is_positive() && to_pay.is_positive()).then(sentence))
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

fn grouped(reference: &str) -> String {
    CreditorReference::parse(reference).map_or_else(|_| reference.to_owned(), |reference| reference.grouped())
}

#[cfg(test)]
#[path = "invoice_page_tests.rs"]
mod tests;
