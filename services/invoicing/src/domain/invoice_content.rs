//! What a caller says about an invoice, and how a draft is changed.

use chrono::NaiveDate;
use quittance_kernel::{ContactId, Currency, CustomerId, ReservationId, SeriesId, TermsId};

use super::field::{BadField, Checks, Problem, at_most, optional_block, optional_line, required_line};
use super::line::{LineContent, MAX_LINES};
use super::rounding::RoundingRule;

/// How many characters an external number or a purchase order may have.
pub const MAX_NUMBER: usize = 100;
/// How many characters a note may have.
pub const MAX_NOTE: usize = 2_000;
/// How many characters the reason of a void or of a reversal may have.
pub const MAX_REASON: usize = 500;

/// What a caller says about an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InvoiceContent {
    /// Who owes it.
    pub customer: CustomerId,
    /// Who it is addressed to; `None`: the customer's contact for invoices.
    pub contact: Option<ContactId>,
    /// The currency of every amount on it.
    pub currency: Currency,
    /// What is charged.
    pub lines: Vec<LineContent>,
    /// Named terms; `None`: the customer's.
    pub terms_id: Option<TermsId>,
    /// Series to number it in; `None`: the tenant's first of the kind that fits.
    pub series: Option<SeriesId>,
    /// The number another system gave it.
    pub external_number: Option<String>,
    /// The date to issue it on.
    pub issued_on: Option<NaiveDate>,
    /// An agreed due date.
    pub due_on: Option<NaiveDate>,
    /// How its tax is rounded; `None`: the tenant's rule.
    pub rounding: Option<RoundingRule>,
    /// The credit reservation it uses up.
    pub reservation: Option<ReservationId>,
    /// The customer's order.
    pub purchase_order: String,
    /// Printed on the document.
    pub note: String,
}

/// A change of a draft: what is `None` stays. Customer, currency, external number and rounding never change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct InvoicePatch {
    /// Who it is addressed to.
    pub contact: Option<Option<ContactId>>,
    /// What is charged, as a whole.
    pub lines: Option<Vec<LineContent>>,
    /// Named terms, or the customer's again.
    pub terms_id: Option<Option<TermsId>>,
    /// Series, or the tenant's first again.
    pub series: Option<Option<SeriesId>>,
    /// The date to issue it on.
    pub issued_on: Option<Option<NaiveDate>>,
    /// An agreed due date.
    pub due_on: Option<Option<NaiveDate>>,
    /// The credit reservation.
    pub reservation: Option<Option<ReservationId>>,
    /// The customer's order.
    pub purchase_order: Option<String>,
    /// Printed on the document.
    pub note: Option<String>,
}

impl InvoiceContent {
    /// The content, if nothing is wrong with it. The lines are judged one by one, by [`LineContent::checked`].
    ///
    /// # Errors
    /// Every bad field.
    pub fn checked(self) -> Result<InvoiceContent, Vec<BadField>> {
        let mut checks = Checks::default();
        if let Some(number) = &self.external_number {
            checks.check("external_number", required_line(number, MAX_NUMBER));
        }
        checks.check("lines", line_count(&self.lines));
        checks.check("purchase_order", optional_line(&self.purchase_order, MAX_NUMBER));
        checks.check("note", optional_block(&self.note, MAX_NOTE));
        checks.accept(self)
    }
}

impl InvoicePatch {
    /// The change, if nothing is wrong with it. The lines are judged one by one, by [`LineContent::checked`].
    ///
    /// # Errors
    /// Every bad field.
    pub fn checked(self) -> Result<InvoicePatch, Vec<BadField>> {
        let mut checks = Checks::default();
        if let Some(lines) = &self.lines {
            checks.check("lines", line_count(lines));
        }
        if let Some(purchase_order) = &self.purchase_order {
            checks.check("purchase_order", optional_line(purchase_order, MAX_NUMBER));
        }
        if let Some(note) = &self.note {
            checks.check("note", optional_block(note, MAX_NOTE));
        }
        checks.accept(self)
    }

    /// What an invoice that says this would say after the change.
    pub fn onto(self, now: InvoiceContent) -> InvoiceContent {
        InvoiceContent {
            contact: self.contact.unwrap_or(now.contact),
            lines: self.lines.unwrap_or(now.lines),
            terms_id: self.terms_id.unwrap_or(now.terms_id),
            series: self.series.unwrap_or(now.series),
            issued_on: self.issued_on.unwrap_or(now.issued_on),
            due_on: self.due_on.unwrap_or(now.due_on),
            reservation: self.reservation.unwrap_or(now.reservation),
            purchase_order: self.purchase_order.unwrap_or(now.purchase_order),
            note: self.note.unwrap_or(now.note),
            customer: now.customer,
            currency: now.currency,
            external_number: now.external_number,
            rounding: now.rounding,
        }
    }
}

fn line_count(lines: &[LineContent]) -> Result<(), Problem> {
    if lines.is_empty() { Err(Problem::Empty) } else { at_most(lines.len(), MAX_LINES) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Invoice,
        samples::{content, draft, eur, line_content},
    };

    #[test]
    fn every_bad_field_is_named() {
        let bad = InvoiceContent {
            external_number: Some(String::new()),
            lines: vec![],
            purchase_order: "x".repeat(101),
            note: "\0".to_owned(),
            ..content("1.00")
        };
        let fields: Vec<String> = bad.checked().unwrap_err().into_iter().map(|bad| bad.field).collect();
        assert_eq!(fields, ["external_number", "lines", "purchase_order", "note"]);
        let lines = vec![line_content("1", "1", "19"); MAX_LINES + 1];
        let patch = InvoicePatch { lines: Some(lines), ..InvoicePatch::default() };
        assert_eq!(patch.checked().unwrap_err()[0].problem, Problem::TooMany { max: MAX_LINES });
        assert!(content("1.00").checked().is_ok() && InvoicePatch::default().checked().is_ok());
    }

    #[test]
    fn a_patch_changes_what_it_names() {
        let invoice = draft("100.00", "net 30");
        let patch = InvoicePatch {
            lines: Some(vec![line_content("2", "100", "0")]),
            note: Some("Thank you".to_owned()),
            ..InvoicePatch::default()
        };
        let content = patch.onto(invoice.content());
        let changed = invoice.clone().update(content, invoice.terms.clone(), invoice.series).unwrap();
        assert_eq!((changed.totals.total, changed.version, changed.note.as_str()), (eur("200.00"), 2, "Thank you"));
        assert_eq!(
            Invoice {
                lines: invoice.lines.clone(),
                totals: invoice.totals.clone(),
                version: 1,
                note: String::new(),
                ..changed
            },
            invoice
        );
    }

    #[test]
    fn an_empty_patch_changes_nothing_but_the_version() {
        let invoice = draft("100.00", "net 30");
        let content = InvoicePatch::default().onto(invoice.content());
        let same = invoice.clone().update(content, invoice.terms.clone(), invoice.series).unwrap();
        assert_eq!(Invoice { version: 1, ..same }, invoice);
    }
}
