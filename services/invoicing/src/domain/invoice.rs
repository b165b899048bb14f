//! The invoice and its states.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::{
    Added, ContactId, CreditNoteId, Currency, CustomerId, InvoiceId, Metadata, Money, PaymentTerms, ReservationId,
    SeriesId, TermsId,
};

use super::invoice_content::InvoiceContent;
use super::line::{Line, LineContent};
use super::refusal::Refusal;
use super::rounding::RoundingRule;
use super::totals::Totals;

/// An invoice in any state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invoice {
    /// Its id; its open item has the same, if it is paid at once.
    pub id: InvoiceId,
    /// The debtor.
    pub customer: CustomerId,
    /// The contact it is addressed to; `None` for the customer's contact for invoices.
    pub contact: Option<ContactId>,
    /// The currency of every amount on it.
    pub currency: Currency,
    /// The lines.
    pub lines: Vec<Line>,
    /// Its totals.
    pub totals: Totals,
    /// Its payment terms.
    pub terms: PaymentTerms,
    /// Whether the terms were agreed for this invoice alone.
    pub has_agreed_terms: bool,
    /// The named terms, if the caller named some.
    pub terms_id: Option<TermsId>,
    /// The series of its number.
    pub series: SeriesId,
    /// Its number in another system.
    pub external_number: Option<String>,
    /// The planned issue date; `None` for the day it is issued.
    pub planned_issue_on: Option<NaiveDate>,
    /// An agreed due date; `None` for that of the terms.
    pub agreed_due_on: Option<NaiveDate>,
    /// The rounding of its tax, frozen at creation.
    pub rounding: RoundingRule,
    /// The credit reservation it uses up.
    pub reservation: Option<ReservationId>,
    /// The customer's purchase order. May be empty.
    pub purchase_order: String,
    /// Printed on the document. May be empty.
    pub note: String,
    /// The caller's own keys and values.
    pub metadata: Metadata,
    /// Its state.
    pub state: State,
    /// Starts at 1 and grows by one with every change.
    pub version: u32,
    /// When the draft was created.
    pub created_at: DateTime<Utc>,
    /// When the document was changed last. Its open item has a time of its own.
    pub updated_at: DateTime<Utc>,
}

/// The state of an invoice, with its data. Whether it is paid is known only from its open item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// Can be changed; nothing is owed.
    Draft,
    /// Numbered and owed.
    Issued(Issuance),
    /// Cancelled as if it had not been issued; keeps its number.
    Voided {
        /// The data of its issue.
        issuance: Issuance,
        /// The effective date.
        voided_on: NaiveDate,
        /// The reason.
        reason: String,
    },
    /// Credited in full.
    Credited {
        /// The data of its issue.
        issuance: Issuance,
        /// The credit note.
        credit_note: CreditNoteId,
    },
}

/// The data of an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issuance {
    /// The printed number.
    pub number: String,
    /// The payment reference (ISO 11649).
    pub payment_reference: Option<String>,
    /// Issue date, which is its effective date.
    pub issued_on: NaiveDate,
    /// Due date.
    pub due_on: NaiveDate,
    /// The recorded time of its issue.
    pub issued_at: DateTime<Utc>,
}

/// The status of an invoice, as callers see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum InvoiceStatus {
    /// Can be changed.
    Draft,
    /// Open, in full or in part.
    Issued,
    /// Paid in full.
    Paid,
    /// Credited in full.
    Credited,
    /// Voided.
    Voided,
}

impl State {
    /// The name in storage: `draft`, `issued`, `voided` or `credited`.
    pub(crate) const fn label(&self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::Issued(_) => "issued",
            State::Voided { .. } => "voided",
            State::Credited { .. } => "credited",
        }
    }

    /// The data of its issue; `None` for a draft.
    pub(crate) const fn issuance(&self) -> Option<&Issuance> {
        match self {
            State::Draft => None,
            State::Issued(issuance) | State::Voided { issuance, .. } | State::Credited { issuance, .. } => {
                Some(issuance)
            }
        }
    }
}

impl Invoice {
    /// A draft. `terms` and `series` are resolved from the content.
    ///
    /// # Errors
    /// `Line`, `TotalNotPositive`, `DueBeforeIssued` if both dates are given, `Installments`, `DueDateWithInstallments`, `Money` if a sum is too large.
    pub(crate) fn draft(
        id: InvoiceId,
        content: InvoiceContent,
        terms: PaymentTerms,
        series: SeriesId,
        default_rule: RoundingRule,
        now: DateTime<Utc>,
    ) -> Result<Invoice, Refusal> {
        let rounding = content.rounding.unwrap_or(default_rule);
        let (lines, totals) = price(content.lines, content.currency, rounding)?;
        check_dates(content.issued_on, content.due_on)?;
        check_installments(&terms, content.due_on, totals.total)?;
        Ok(Invoice {
            id,
            customer: content.customer,
            contact: content.contact,
            currency: content.currency,
            lines,
            totals,
            terms,
            has_agreed_terms: content.agreed_terms.0.is_some(),
            terms_id: content.terms_id,
            series,
            external_number: content.external_number,
            planned_issue_on: content.issued_on,
            agreed_due_on: content.due_on,
            rounding,
            reservation: content.reservation,
            purchase_order: content.purchase_order,
            note: content.note,
            metadata: content.metadata,
            state: State::Draft,
            version: 1,
            created_at: now,
            updated_at: now,
        })
    }

    /// The draft with new content. Customer, currency, external number and rounding rule stay as they were.
    ///
    /// # Errors
    /// `InvoiceNotDraft`, and those of [`Invoice::draft`].
    pub(crate) fn update(
        self,
        content: InvoiceContent,
        terms: PaymentTerms,
        series: SeriesId,
    ) -> Result<Invoice, Refusal> {
        self.check_draft()?;
        let (lines, totals) = price(content.lines, self.currency, self.rounding)?;
        check_dates(content.issued_on, content.due_on)?;
        check_installments(&terms, content.due_on, totals.total)?;
        Ok(Invoice {
            contact: content.contact,
            lines,
            totals,
            terms,
            has_agreed_terms: content.agreed_terms.0.is_some(),
            terms_id: content.terms_id,
            series,
            planned_issue_on: content.issued_on,
            agreed_due_on: content.due_on,
            reservation: content.reservation,
            purchase_order: content.purchase_order,
            note: content.note,
            metadata: content.metadata,
            version: self.version + 1,
            ..self
        })
    }

    /// The content of this invoice.
    pub(crate) fn content(&self) -> InvoiceContent {
        InvoiceContent {
            customer: self.customer,
            contact: self.contact,
            currency: self.currency,
            lines: self.lines.iter().map(Line::content).collect(),
            terms_id: self.terms_id,
            series: Some(self.series),
            external_number: self.external_number.clone(),
            issued_on: self.planned_issue_on,
            due_on: self.agreed_due_on,
            rounding: Some(self.rounding),
            reservation: self.reservation,
            purchase_order: self.purchase_order.clone(),
            note: self.note.clone(),
            metadata: self.metadata.clone(),
            agreed_terms: Added(self.has_agreed_terms.then(|| self.terms.clone())),
        }
    }

    /// Its status, given the open balance of its item.
    pub(crate) fn status(&self, open: Option<Money>) -> InvoiceStatus {
        match self.state {
            State::Draft => InvoiceStatus::Draft,
            State::Issued(_) if open.is_some_and(Money::is_zero) => InvoiceStatus::Paid,
            State::Issued(_) => InvoiceStatus::Issued,
            State::Voided { .. } => InvoiceStatus::Voided,
            State::Credited { .. } => InvoiceStatus::Credited,
        }
    }

    /// Fails unless it is a draft.
    ///
    /// # Errors
    /// `InvoiceNotDraft`.
    pub(crate) fn check_draft(&self) -> Result<(), Refusal> {
        match self.state {
            State::Draft => Ok(()),
            State::Issued(_) | State::Voided { .. } | State::Credited { .. } => {
                Err(Refusal::InvoiceNotDraft { state: self.state.label() })
            }
        }
    }

    /// The data of its issue, if it is neither voided nor credited.
    ///
    /// # Errors
    /// `InvoiceNotIssued`.
    pub(crate) fn issued(&self) -> Result<&Issuance, Refusal> {
        match &self.state {
            State::Issued(issuance) => Ok(issuance),
            State::Draft | State::Voided { .. } | State::Credited { .. } => {
                Err(Refusal::InvoiceNotIssued { state: self.state.label() })
            }
        }
    }
}

fn price(contents: Vec<LineContent>, currency: Currency, rule: RoundingRule) -> Result<(Vec<Line>, Totals), Refusal> {
    let lines = contents
        .into_iter()
        .enumerate()
        .map(|(index, content)| Line::new(content, currency).map_err(|error| Refusal::Line { index, error }))
        .collect::<Result<Vec<_>, _>>()?;
    let totals = Totals::of(&lines, currency, rule)?;
    if totals.total.is_positive() {
        Ok((lines, totals))
    } else {
        Err(Refusal::TotalNotPositive { total: totals.total })
    }
}

fn check_dates(issued_on: Option<NaiveDate>, due_on: Option<NaiveDate>) -> Result<(), Refusal> {
    match (issued_on, due_on) {
        (Some(issued_on), Some(due_on)) if due_on < issued_on => Err(Refusal::DueBeforeIssued { due_on, issued_on }),
        _ => Ok(()),
    }
}

/// Each installment is something, and none has a due date but its own.
fn check_installments(terms: &PaymentTerms, due_on: Option<NaiveDate>, total: Money) -> Result<(), Refusal> {
    let Some(installments) = terms.installments() else { return Ok(()) };
    if due_on.is_some() {
        return Err(Refusal::DueDateWithInstallments);
    }
    installments.split(total)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples::{content, day, draft, eur, issued, line_content, now, terms};

    #[test]
    fn a_draft_adds_up_and_has_no_number() {
        let invoice = draft("100.00", "2/10 net 30");
        assert_eq!((invoice.totals.total, invoice.version), (eur("119.00"), 1));
        assert_eq!((invoice.state.issuance(), invoice.status(None)), (None, InvoiceStatus::Draft));
    }

    #[test]
    fn content_that_makes_no_invoice_is_refused() {
        let drafted = |content| {
            let made = Invoice::draft(
                InvoiceId::at(now()),
                content,
                terms("net 30"),
                SeriesId::at(now()),
                RoundingRule::STANDARD,
                now(),
            );
            made.map_err(|refusal| refusal.reason())
        };
        let with = |lines| InvoiceContent { lines, ..content("1.00") };
        assert_eq!(drafted(with(vec![])), Err("TOTAL_NOT_POSITIVE"));
        let lines = vec![line_content("1", "5", "19"), line_content("-1", "5", "19")];
        assert_eq!(drafted(with(lines)), Err("TOTAL_NOT_POSITIVE"));
        assert_eq!(drafted(with(vec![line_content("999999999999999", "1", "19")])), Err("AMOUNT_TOO_LARGE"));
        assert_eq!(drafted(with(vec![line_content("0", "1", "19")])), Err("QUANTITY_ZERO"));
        let dates =
            InvoiceContent { issued_on: Some(day("2026-03-02")), due_on: Some(day("2026-03-01")), ..content("1.00") };
        assert_eq!(drafted(dates), Err("DUE_BEFORE_ISSUED"));
    }

    #[test]
    fn only_drafts_change() {
        let (invoice, _) = issued("100.00", "net 30", "2026-03-02");
        let (content, terms, series) = (invoice.content(), invoice.terms.clone(), invoice.series);
        assert_eq!(invoice.update(content, terms, series).unwrap_err().reason(), "INVOICE_NOT_DRAFT");
    }
}
