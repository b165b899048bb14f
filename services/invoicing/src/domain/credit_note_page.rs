//! The credit note as it is printed: one complete HTML page.

use serde::Serialize;

use super::credit_note::{CreditNote, CreditReason};
use super::document::{DocumentError, Fact, PageData, PageKind, render};
use super::invoice::Invoice;
use super::parties::Parties;
use super::refusal::Refusal;

const KIND: PageKind = PageKind { title: "Credit note", buyer_caption: "Credited to" };
const TEMPLATE: &str = concat!(
    include_str!("../../templates/head.html"),
    include_str!("../../templates/lines.html"),
    include_str!("../../templates/credit_note.html"),
);

/// The texts of a credit note's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct CreditNotePage {
    /// What every document shows.
    #[serde(flatten)]
    pub page: PageData,
    /// The number of the invoice that it corrects.
    pub invoice_number: String,
    /// The reason in words.
    pub reason: &'static str,
    /// What it does to the invoice.
    pub effect: String,
}

impl CreditNotePage {
    /// The texts of a credit note's page. It is addressed to the invoice's contact, if that is still one of the customer's, or to the company.
    ///
    /// # Errors
    /// `InvoiceNotIssued`, if the invoice is a draft, which no credit note is for.
    pub(crate) fn of(parties: &Parties, note: &CreditNote, invoice: &Invoice) -> Result<CreditNotePage, Refusal> {
        let issuance = invoice.state.issuance().ok_or(Refusal::InvoiceNotIssued { state: invoice.state.label() })?;
        let facts = [
            Fact::of("Credit note number", note.number.clone()),
            Fact::of("Issue date", note.issued_on.to_string()),
            Fact::of("Corrects invoice", issuance.number.clone()),
            Fact::of("Invoice date", issuance.issued_on.to_string()),
            Fact::of("Customer number", parties.buyer.number.clone()),
            Fact::of("Your order", invoice.purchase_order.clone()),
        ];
        let lines = note.lines.iter().map(|credited| &credited.line);
        let page = PageData::of(KIND, &note.number, parties, invoice.contact, lines, &note.totals);
        let (number, total) = (&issuance.number, note.totals.total);
        let effect = if total == invoice.totals.total {
            format!("Invoice {number} of {} over {total} is credited in full.", issuance.issued_on)
        } else {
            let invoiced = invoice.totals.total;
            format!("{total} of invoice {number} of {} over {invoiced} is credited.", issuance.issued_on)
        };
        Ok(CreditNotePage {
            page: PageData { facts: facts.into_iter().flatten().collect(), ..page },
            invoice_number: number.clone(),
            reason: wording(note.reason),
            effect,
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

/// The reason as it is printed.
const fn wording(reason: CreditReason) -> &'static str {
    match reason {
        CreditReason::Return => "Goods returned",
        CreditReason::Pricing => "Wrong price or quantity",
        CreditReason::Damage => "Damaged or faulty",
        CreditReason::Service => "Service below what was agreed",
        CreditReason::Goodwill => "Goodwill",
        CreditReason::Duplicate => "Charged twice",
        CreditReason::Cancellation => "Order changed or cancelled",
        CreditReason::Fraud => "Fraud",
        CreditReason::Tax => "Wrong tax",
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use quittance_kernel::{CreditNoteId, Metadata};

    use super::*;
    use crate::domain::credit_note::{CreditPlan, CreditRequest};
    use crate::domain::credit_scope::CreditScope;
    use crate::domain::samples::{day, days_to, eur, issued, now, parties, recording};

    fn page(scope: Option<&CreditScope>, reason: CreditReason) -> String {
        let (invoice, item) = issued("100.00", "net 30", "2026-03-02");
        let on: NaiveDate = day("2026-03-04");
        let request = CreditRequest {
            scope,
            issued_on: on,
            open_days: days_to("2026-03-04"),
            reason,
            metadata: Metadata::default(),
            keep_on_account: false,
        };
        let items = vec![item];
        let plan = CreditPlan::new(&invoice, &[], request).unwrap();
        let id = CreditNoteId::at(now());
        let credited = plan.issue(&invoice, items, id, "CN-000001".to_owned(), &recording()).unwrap();
        CreditNotePage::of(&parties(), &credited.note, &credited.invoice).unwrap().render().unwrap()
    }

    fn assert_shows(page: &str, parts: &[&str]) {
        for part in parts {
            assert!(page.contains(part), "{part} is missing in\n{page}");
        }
    }

    #[test]
    fn a_page_names_the_invoice_that_it_corrects_and_why() {
        let page = page(None, CreditReason::Return);
        assert_shows(&page, &["<!doctype html>", "</html>", "<h1>Credit note</h1>", "CN-000001", "2026-03-04"]);
        assert_shows(&page, &["<dt>Corrects invoice</dt><dd>INV-000001</dd>", "2026-03-02", "Goods returned"]);
        assert_shows(&page, &["Invoice INV-000001 of 2026-03-02 over 119.00 EUR is credited in full."]);
        assert_shows(&page, &["Tax 19 % on 100.00", "19.00", "<td>119.00 EUR</td>"]);
        assert_shows(&page, &["Hafenlicht Beratung GmbH", "DE123456789", "Nordlicht &amp; Söhne KG", "28195 Bremen"]);
        assert_shows(&page, &["C-1001", "Receivables team", "receivables@hafenlicht.example"]);
        for part in ["To be paid", "If payment is late", "Due date"] {
            assert!(!page.contains(part), "{part} is in\n{page}");
        }
    }

    #[test]
    fn a_credit_of_a_part_says_of_what() {
        let page = page(Some(&CreditScope::Amount(eur("59.50"))), CreditReason::Pricing);
        assert_shows(&page, &["59.50 EUR of invoice INV-000001 of 2026-03-02 over 119.00 EUR is credited."]);
        assert_shows(&page, &["<td>50.00</td>", "9.50", "<td>59.50 EUR</td>", "Wrong price or quantity"]);
    }

    #[test]
    fn every_reason_has_words_of_its_own() {
        let words: std::collections::BTreeSet<&str> = CreditReason::ALL.into_iter().map(wording).collect();
        assert_eq!(words.len(), CreditReason::ALL.len());
    }
}
