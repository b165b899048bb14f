//! Credit notes, which reverse an issued invoice.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::{CreditNoteId, CustomerId, InvoiceId, Metadata, Money};

use super::credit_scope::{Credit, CreditLine, CreditScope};
use super::customer_credit::{CreditEntry, CustomerCredit, apply_each};
use super::entry::{Entry, Recording};
use super::invoice::{Invoice, State};
use super::open_item::OpenItem;
use super::period::OpenDays;
use super::refusal::Refusal;
use super::totals::Totals;

/// The reason for a credit note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum CreditReason {
    /// Goods returned.
    Return,
    /// Wrong price or quantity.
    Pricing,
    /// Damaged or faulty.
    Damage,
    /// Service below what was agreed.
    Service,
    /// Goodwill.
    Goodwill,
    /// Charged twice.
    Duplicate,
    /// Order changed or cancelled.
    Cancellation,
    /// Fraud.
    Fraud,
    /// Wrong tax.
    Tax,
}

impl CreditReason {
    /// All reasons.
    pub(super) const ALL: [CreditReason; 9] = [
        CreditReason::Return,
        CreditReason::Pricing,
        CreditReason::Damage,
        CreditReason::Service,
        CreditReason::Goodwill,
        CreditReason::Duplicate,
        CreditReason::Cancellation,
        CreditReason::Fraud,
        CreditReason::Tax,
    ];

    /// The name in storage.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            CreditReason::Return => "return",
            CreditReason::Pricing => "pricing",
            CreditReason::Damage => "damage",
            CreditReason::Service => "service",
            CreditReason::Goodwill => "goodwill",
            CreditReason::Duplicate => "duplicate",
            CreditReason::Cancellation => "cancellation",
            CreditReason::Fraud => "fraud",
            CreditReason::Tax => "tax",
        }
    }

    /// The reason with this label, if there is one.
    pub(crate) fn parse(label: &str) -> Option<CreditReason> {
        CreditReason::ALL.into_iter().find(|reason| reason.label() == label)
    }
}

/// A credit note for one invoice. Amounts are positive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CreditNote {
    /// The credit note's id.
    pub id: CreditNoteId,
    /// The printed number.
    pub number: String,
    /// The credited invoice.
    pub invoice: InvoiceId,
    /// The customer.
    pub customer: CustomerId,
    /// Its effective date.
    pub issued_on: NaiveDate,
    /// The reason.
    pub reason: CreditReason,
    /// What is credited. Of a note over all of an invoice that had none before: the invoice's lines.
    pub lines: Vec<CreditLine>,
    /// Its totals. All notes of an invoice together sum to it at most, and exactly where all of it is credited.
    pub totals: Totals,
    /// The caller's own keys and values.
    pub metadata: Metadata,
    /// The recorded time of its issue.
    pub issued_at: DateTime<Utc>,
}

/// What is to be credited, and when.
#[derive(Debug, Clone)]
pub(crate) struct CreditRequest<'a> {
    /// What of the invoice; `None` for all that is not credited yet.
    pub scope: Option<&'a CreditScope>,
    /// The issue date.
    pub issued_on: NaiveDate,
    /// The days on which it can be issued.
    pub open_days: OpenDays,
    /// The reason.
    pub reason: CreditReason,
    /// The caller's own keys and values.
    pub metadata: Metadata,
    /// Whether it is kept on account instead of applied to the invoice.
    pub keep_on_account: bool,
}

/// A credit that is possible: decided before a number is taken, so that refusals take none.
#[derive(Debug)]
pub(crate) struct CreditPlan<'a> {
    request: CreditRequest<'a>,
    credit: Credit,
}

impl<'a> CreditPlan<'a> {
    /// What is credited of an invoice, after the notes before it.
    ///
    /// # Errors
    /// `InvoiceNotIssued`, `IssuedInFuture`, `PeriodClosed`, `IssuedBeforeInvoice`, `CreditExceedsInvoice`, `CreditLineUnknown`, `CreditLineExceeded`,
    /// `TotalNotPositive`, `Line`, `Money`.
    pub(crate) fn new(
        invoice: &Invoice,
        before: &[CreditNote],
        request: CreditRequest<'a>,
    ) -> Result<CreditPlan<'a>, Refusal> {
        let issuance = invoice.issued()?;
        request.open_days.check_document(request.issued_on)?;
        if request.issued_on < issuance.issued_on {
            return Err(Refusal::IssuedBeforeInvoice { invoice_issued_on: issuance.issued_on });
        }
        let notes = before.iter().map(|note| (&note.lines[..], &note.totals));
        let credit = Credit::of(invoice, notes, request.scope)?;
        Ok(CreditPlan { request, credit })
    }

    /// Issues the credit note, under the number taken for it, and applies its credit to the invoice's items as far as they are open: to the one that is due
    /// last first, so that what is due next stays as it was agreed. What remains is on account.
    ///
    /// # Errors
    /// Those of [`CreditPlan::new`], whose invoice this is.
    pub(crate) fn issue(
        self,
        invoice: &Invoice,
        items: Vec<OpenItem>,
        id: CreditNoteId,
        number: String,
        recording: &Recording,
    ) -> Result<Credited, Refusal> {
        let CreditPlan { request, credit } = self;
        let issuance = invoice.issued()?.clone();
        let state = if credit.uncredited.is_zero() {
            State::Credited { issuance, credit_note: id }
        } else {
            State::Issued(issuance)
        };
        let note = CreditNote {
            id,
            number,
            invoice: invoice.id,
            customer: invoice.customer,
            issued_on: request.issued_on,
            reason: request.reason,
            lines: credit.lines,
            totals: credit.totals,
            metadata: request.metadata,
            issued_at: recording.at,
        };
        let invoice = Invoice { state, version: invoice.version + 1, ..invoice.clone() };
        let (issued, first) =
            CustomerCredit::issue(id, &note.number, note.customer, note.totals.total, note.issued_on, recording)?;
        let mut due_last_first = if request.keep_on_account { Vec::new() } else { items };
        due_last_first.sort_by_key(|item| std::cmp::Reverse((item.due_on, item.installment)));
        let open = due_last_first.into_iter().filter(|item| !item.open().is_zero()).map(|item| (item, None));
        let done = apply_each(issued.clone(), open, request.issued_on, recording)?;
        let on_account = done.last().map_or(issued, |used| used.credit.clone());
        let (moved, applied): (Vec<_>, Vec<_>) = done.into_iter().map(|used| (used.item, used.entry)).unzip();
        let (items, entries) = moved.into_iter().flatten().unzip();
        let credit_entries = std::iter::once(first).chain(applied).collect();
        Ok(Credited {
            note,
            invoice,
            items,
            entries,
            credit: on_account,
            credit_entries,
            uncredited: credit.uncredited,
        })
    }
}

/// An issued credit note and what it has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credited {
    /// The note.
    pub note: CreditNote,
    /// The invoice after it.
    pub invoice: Invoice,
    /// The items that it was applied to, after it.
    pub items: Vec<OpenItem>,
    /// An entry for each of them.
    pub entries: Vec<Entry>,
    /// What it is worth, and what of it was applied.
    pub credit: CustomerCredit,
    /// Its issue, and an application for each item.
    pub credit_entries: Vec<CreditEntry>,
    /// What of the invoice is not credited after it.
    pub uncredited: Money,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::InvoiceStatus;
    use crate::domain::issue::IssuedInvoice;
    use crate::domain::samples::{day, days_to, draft, eur, issued, issued_in_parts, now, recording};

    fn request<'a>(scope: Option<&'a CreditScope>, issued_on: &str) -> CreditRequest<'a> {
        CreditRequest {
            scope,
            issued_on: day(issued_on),
            open_days: days_to("2026-03-10"),
            reason: CreditReason::Pricing,
            metadata: Metadata::default(),
            keep_on_account: false,
        }
    }

    fn credit(
        invoice: &Invoice,
        items: &[OpenItem],
        before: &[CreditNote],
        amount: Option<&str>,
        issued_on: &str,
    ) -> Result<Credited, Refusal> {
        let scope = amount.map(|amount| CreditScope::Amount(eur(amount)));
        let plan = CreditPlan::new(invoice, before, request(scope.as_ref(), issued_on))?;
        plan.issue(invoice, items.to_vec(), CreditNoteId::at(now()), "CN-000001".to_owned(), &recording())
    }

    #[test]
    fn labels_round_trip() {
        for reason in CreditReason::ALL {
            assert_eq!(CreditReason::parse(reason.label()), Some(reason));
        }
    }

    #[test]
    fn a_credit_over_all_closes_the_item() {
        let (invoice, item) = issued("100.00", "net 30", "2026-03-02");
        let Credited { note, invoice: credited, items, entries, .. } =
            credit(&invoice, &[item], &[], None, "2026-03-04").unwrap();
        assert_eq!((note.totals, entries[0].amount), (invoice.totals.clone(), eur("-119.00")));
        assert_eq!((items[0].open(), credited.status(Some(items[0].open()))), (eur("0.00"), InvoiceStatus::Credited));
        assert_eq!(credited.version, invoice.version + 1);
        let again = credit(&credited, &items, &[], None, "2026-03-04");
        assert_eq!(again.unwrap_err().reason(), "INVOICE_NOT_ISSUED");
    }

    #[test]
    fn parts_are_credited_until_nothing_is_left() {
        let (invoice, item) = issued("100.00", "net 30", "2026-03-02");
        let first = credit(&invoice, &[item], &[], Some("19.00"), "2026-03-04").unwrap();
        assert_eq!((first.items[0].open(), first.uncredited), (eur("100.00"), eur("100.00")));
        assert_eq!(first.invoice.status(Some(eur("100.00"))), InvoiceStatus::Issued);
        let before = [first.note];
        let rest = credit(&first.invoice, &first.items, &before, None, "2026-03-05").unwrap();
        assert_eq!((rest.note.totals.total, rest.items[0].open()), (eur("100.00"), eur("0.00")));
        assert_eq!(rest.invoice.status(Some(eur("0.00"))), InvoiceStatus::Credited);
    }

    #[test]
    fn the_installment_that_is_due_last_is_credited_first() {
        let IssuedInvoice { invoice, items, .. } =
            issued_in_parts("100.00", "19 due on receipt; 50% net 30; rest net 60", "2026-03-02");
        let done = credit(&invoice, &items, &[], Some("60.00"), "2026-03-04").unwrap();
        let moved: Vec<_> = done.items.iter().map(|item| (item.installment, item.open())).collect();
        assert_eq!(moved, [(Some(3), eur("0.00")), (Some(2), eur("40.00"))]);
        assert_eq!(done.entries.iter().map(|entry| entry.amount).collect::<Vec<_>>(), [eur("-40.50"), eur("-19.50")]);
    }

    #[test]
    fn credits_have_their_day_and_their_limit() {
        let (invoice, item) = issued("100.00", "net 30", "2026-03-02");
        let reason = |invoice: &Invoice, amount, on| {
            credit(invoice, std::slice::from_ref(&item), &[], amount, on).unwrap_err().reason()
        };
        assert_eq!(reason(&invoice, None, "2026-03-11"), "ISSUED_IN_FUTURE");
        assert_eq!(reason(&invoice, None, "2026-03-01"), "ISSUED_BEFORE_INVOICE");
        assert_eq!(reason(&invoice, Some("119.01"), "2026-03-04"), "CREDIT_EXCEEDS_INVOICE");
        assert_eq!(reason(&draft("100.00", "net 30"), None, "2026-03-04"), "INVOICE_NOT_ISSUED");
    }
}
