//! The content of an invoice from a request, and changes of a draft.

use chrono::NaiveDate;
use quittance_kernel::{
    Added, ContactId, Currency, CustomerId, Metadata, MetadataChange, PaymentTerms, ReservationId, SeriesId, TermsId,
};

use super::line::LineContent;
use super::refusal::Refusal;
use super::rounding::RoundingRule;

/// The longest external number or purchase order, in characters.
pub(crate) const MAX_NUMBER: usize = 100;
/// The longest note, in characters.
pub(crate) const MAX_NOTE: usize = 2_000;
/// The longest reason of a void or a reversal, in characters.
pub(crate) const MAX_REASON: usize = 500;

/// The content of an invoice, from a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct InvoiceContent {
    /// The debtor.
    pub customer: CustomerId,
    /// The contact it is addressed to; `None` for the customer's contact for invoices.
    pub contact: Option<ContactId>,
    /// The currency of every amount on it.
    pub currency: Currency,
    /// The lines.
    pub lines: Vec<LineContent>,
    /// Named terms; `None` for the customer's.
    pub terms_id: Option<TermsId>,
    /// The series of its number; `None` for the tenant's first of the kind.
    pub series: Option<SeriesId>,
    /// Its number in another system.
    pub external_number: Option<String>,
    /// The planned issue date.
    pub issued_on: Option<NaiveDate>,
    /// An agreed due date.
    pub due_on: Option<NaiveDate>,
    /// The rounding of its tax; `None` for the tenant's rule.
    pub rounding: Option<RoundingRule>,
    /// The credit reservation it uses up.
    pub reservation: Option<ReservationId>,
    /// The customer's purchase order.
    pub purchase_order: String,
    /// Printed on the document.
    pub note: String,
    /// The caller's own keys and values.
    pub metadata: Metadata,
    /// Terms agreed for this invoice alone, instead of named ones.
    pub agreed_terms: Added<PaymentTerms>,
}

/// A change of a draft: fields that are `None` stay. Customer, currency, external number and rounding never change.
#[expect(clippy::option_option, reason = "the outer option is whether it changes, the inner the new value")]
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct InvoicePatch {
    /// The contact it is addressed to.
    pub contact: Option<Option<ContactId>>,
    /// The lines, replaced as a whole.
    pub lines: Option<Vec<LineContent>>,
    /// Named terms; `Some(None)` for the customer's.
    pub terms_id: Option<Option<TermsId>>,
    /// The series; `Some(None)` for the tenant's first.
    pub series: Option<Option<SeriesId>>,
    /// The planned issue date.
    pub issued_on: Option<Option<NaiveDate>>,
    /// An agreed due date.
    pub due_on: Option<Option<NaiveDate>>,
    /// The credit reservation.
    pub reservation: Option<Option<ReservationId>>,
    /// The customer's purchase order.
    pub purchase_order: Option<String>,
    /// Printed on the document.
    pub note: Option<String>,
    /// The caller's own keys and values.
    pub metadata: MetadataChange,
    /// Terms agreed for this invoice alone; `Some(None)` for named ones.
    pub agreed_terms: Added<Option<PaymentTerms>>,
}

impl InvoicePatch {
    /// The content after the change.
    ///
    /// # Errors
    /// `TooMuchMetadata`.
    pub(crate) fn onto(self, now: InvoiceContent) -> Result<InvoiceContent, Refusal> {
        let agreed_terms = match (self.agreed_terms.0, self.terms_id) {
            (Some(agreed), _) => Added(agreed),
            // Named terms instead of the agreed ones.
            (None, Some(Some(_))) => Added(None),
            (None, Some(None) | None) => now.agreed_terms,
        };
        Ok(InvoiceContent {
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
            metadata: self.metadata.onto(&now.metadata)?,
            agreed_terms,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Invoice,
        samples::{draft, eur, line_content},
    };

    #[test]
    fn a_patch_changes_what_it_names() {
        let invoice = draft("100.00", "net 30");
        let patch = InvoicePatch {
            lines: Some(vec![line_content("2", "100", "0")]),
            note: Some("Thank you".to_owned()),
            ..InvoicePatch::default()
        };
        let content = patch.onto(invoice.content()).unwrap();
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
        let content = InvoicePatch::default().onto(invoice.content()).unwrap();
        let same = invoice.clone().update(content, invoice.terms.clone(), invoice.series).unwrap();
        assert_eq!(Invoice { version: 1, ..same }, invoice);
    }
}
