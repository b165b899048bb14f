//! The invoice: what it says, and where it stands.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::{
    ContactId, CreditNoteId, Currency, CustomerId, InvoiceId, Money, ReservationId, SeriesId, Terms, TermsId,
};

use super::invoice_content::InvoiceContent;
use super::line::{Line, LineContent};
use super::refusal::Refusal;
use super::rounding::RoundingRule;
use super::totals::Totals;

/// An invoice, from draft to the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invoice {
    /// Its id; the open item of an issued invoice has the same.
    pub id: InvoiceId,
    /// Who owes it.
    pub customer: CustomerId,
    /// Who it is addressed to; `None`: the customer's contact for invoices.
    pub contact: Option<ContactId>,
    /// The currency of every amount on it.
    pub currency: Currency,
    /// What is charged.
    pub lines: Vec<Line>,
    /// What it adds up to.
    pub totals: Totals,
    /// When it is due and what paying early is worth.
    pub terms: Terms,
    /// The named terms they came from, where the caller named some.
    pub terms_id: Option<TermsId>,
    /// Where its number comes from.
    pub series: SeriesId,
    /// The number another system gave it.
    pub external_number: Option<String>,
    /// The date to issue it on; `None`: the day it is issued.
    pub planned_issue_on: Option<NaiveDate>,
    /// A due date agreed for it; `None`: as the terms say.
    pub agreed_due_on: Option<NaiveDate>,
    /// How its tax is rounded, frozen at creation.
    pub rounding: RoundingRule,
    /// The credit reservation it uses up.
    pub reservation: Option<ReservationId>,
    /// The customer's order. May be empty.
    pub purchase_order: String,
    /// Printed on the document. May be empty.
    pub note: String,
    /// Where it stands.
    pub state: State,
    /// Grows by one with every change, from 1.
    pub version: u32,
    /// When the draft was created.
    pub created_at: DateTime<Utc>,
}

/// Where an invoice stands, with what is known from then on. Whether it is paid only its open item knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// Can be changed; nothing is owed on it.
    Draft,
    /// Numbered and owed.
    Issued(Issuance),
    /// Taken back as if it had not been issued; keeps its number.
    Voided {
        /// How it had been issued.
        issuance: Issuance,
        /// When that counts.
        voided_on: NaiveDate,
        /// Why.
        reason: String,
    },
    /// Credited in full.
    Credited {
        /// How it had been issued.
        issuance: Issuance,
        /// By what.
        credit_note: CreditNoteId,
    },
}

/// What an invoice got when it was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issuance {
    /// As printed.
    pub number: String,
    /// ISO 11649 reference for the payer to quote.
    pub payment_reference: Option<String>,
    /// Issue date, which is its effective date.
    pub issued_on: NaiveDate,
    /// Due date.
    pub due_on: NaiveDate,
    /// When it was issued: recorded time.
    pub issued_at: DateTime<Utc>,
}

/// Where an invoice stands, as callers see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum InvoiceStatus {
    /// Can be changed.
    Draft,
    /// Owed, in whole or in part.
    Issued,
    /// Nothing left to pay.
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

    /// How it was issued; `None` for a draft.
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
    /// A draft. `terms` and `series` are what the content's choices resolve to.
    ///
    /// # Errors
    /// `Line`, `TotalNotPositive`, `DueBeforeIssued` if both dates are given, `Money` if a sum is too large.
    pub(crate) fn draft(
        id: InvoiceId,
        content: InvoiceContent,
        terms: Terms,
        series: SeriesId,
        default_rule: RoundingRule,
        now: DateTime<Utc>,
    ) -> Result<Invoice, Refusal> {
        let rounding = content.rounding.unwrap_or(default_rule);
        let (lines, totals) = price(content.lines, content.currency, rounding)?;
        check_dates(content.issued_on, content.due_on)?;
        Ok(Invoice {
            id,
            customer: content.customer,
            contact: content.contact,
            currency: content.currency,
            lines,
            totals,
            terms,
            terms_id: content.terms_id,
            series,
            external_number: content.external_number,
            planned_issue_on: content.issued_on,
            agreed_due_on: content.due_on,
            rounding,
            reservation: content.reservation,
            purchase_order: content.purchase_order,
            note: content.note,
            state: State::Draft,
            version: 1,
            created_at: now,
        })
    }

    /// The draft with new content. Customer, currency, external number and rounding rule stay as they were.
    ///
    /// # Errors
    /// `InvoiceNotDraft`, and those of [`Invoice::draft`].
    pub(crate) fn update(self, content: InvoiceContent, terms: Terms, series: SeriesId) -> Result<Invoice, Refusal> {
        self.check_draft()?;
        let (lines, totals) = price(content.lines, self.currency, self.rounding)?;
        check_dates(content.issued_on, content.due_on)?;
        Ok(Invoice {
            contact: content.contact,
            lines,
            totals,
            terms,
            terms_id: content.terms_id,
            series,
            planned_issue_on: content.issued_on,
            agreed_due_on: content.due_on,
            reservation: content.reservation,
            purchase_order: content.purchase_order,
            note: content.note,
            version: self.version + 1,
            ..self
        })
    }

    /// What a caller would say to get this invoice.
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
        }
    }

    /// Where it stands, given what is still open on its item.
    pub(crate) fn status(&self, open: Option<Money>) -> InvoiceStatus {
        match self.state {
            State::Draft => InvoiceStatus::Draft,
            State::Issued(_) if open.is_some_and(Money::is_zero) => InvoiceStatus::Paid,
            State::Issued(_) => InvoiceStatus::Issued,
            State::Voided { .. } => InvoiceStatus::Voided,
            State::Credited { .. } => InvoiceStatus::Credited,
        }
    }

    /// Whether it may be changed.
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

    /// How it was issued, if it is issued and neither voided nor credited.
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
