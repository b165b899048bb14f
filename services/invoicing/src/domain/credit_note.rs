//! Credit notes, which reverse an issued invoice.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::{CreditNoteId, CustomerId, InvoiceId, Metadata};

use super::invoice::{Invoice, State};
use super::line::Line;
use super::open_item::{Entry, OpenItem};
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
    const ALL: [CreditReason; 9] = [
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

/// A credit note for one invoice, in full. Amounts are positive.
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
    /// The lines of the invoice.
    pub lines: Vec<Line>,
    /// The totals of the invoice, copied and not computed again, so that the two sum to zero.
    pub totals: Totals,
    /// The caller's own keys and values.
    pub metadata: Metadata,
    /// The recorded time of its issue.
    pub issued_at: DateTime<Utc>,
}

impl CreditNote {
    /// Whether the invoice can be credited on this day; checked before a number is taken.
    ///
    /// # Errors
    /// `InvoiceNotIssued`, `InvoiceSettled` while anything is settled on it, `IssuedInFuture`, `IssuedBeforeInvoice`.
    pub(crate) fn check(
        invoice: &Invoice,
        item: &OpenItem,
        issued_on: NaiveDate,
        today: NaiveDate,
    ) -> Result<(), Refusal> {
        let issuance = invoice.issued()?;
        item.check_untouched()?;
        if issued_on > today {
            Err(Refusal::IssuedInFuture { issued_on, today })
        } else if issued_on < issuance.issued_on {
            Err(Refusal::IssuedBeforeInvoice { invoice_issued_on: issuance.issued_on })
        } else {
            Ok(())
        }
    }

    /// Credits an issued invoice in full, line by line and tax by tax.
    ///
    /// # Errors
    /// Those of [`CreditNote::check`].
    #[expect(clippy::too_many_arguments, reason = "the two aggregates, and the caller's context")]
    pub(crate) fn in_full(
        invoice: &Invoice,
        item: &OpenItem,
        id: CreditNoteId,
        number: String,
        issued_on: NaiveDate,
        today: NaiveDate,
        reason: CreditReason,
        metadata: Metadata,
        now: DateTime<Utc>,
    ) -> Result<(CreditNote, Invoice, OpenItem, Entry), Refusal> {
        CreditNote::check(invoice, item, issued_on, today)?;
        let issuance = invoice.issued()?.clone();
        let (item, entry) = item.clone().credit_in_full(issued_on)?;
        let note = CreditNote {
            id,
            number,
            invoice: invoice.id,
            customer: invoice.customer,
            issued_on,
            reason,
            lines: invoice.lines.clone(),
            totals: invoice.totals.clone(),
            metadata,
            issued_at: now,
        };
        let state = State::Credited { issuance, credit_note: id };
        let invoice = Invoice { state, version: invoice.version + 1, ..invoice.clone() };
        Ok((note, invoice, item, entry))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quittance_kernel::{Money, Rounding, SeriesId};
    use rust_decimal::Decimal;

    use super::*;
    use crate::domain::InvoiceStatus;
    use crate::domain::invoice_content::InvoiceContent;
    use crate::domain::rounding::{RoundingRule, RoundingScope};
    use crate::domain::samples::{content, day, draft, eur, issue, issued, line_content, now, terms};

    type Credited = (CreditNote, Invoice, OpenItem, Entry);

    fn credit(invoice: &Invoice, item: &OpenItem, issued_on: &str) -> Result<Credited, Refusal> {
        CreditNote::in_full(
            invoice,
            item,
            CreditNoteId::at(now()),
            "CN-000001".to_owned(),
            day(issued_on),
            day("2026-03-10"),
            CreditReason::Pricing,
            Metadata::default(),
            now(),
        )
    }

    #[test]
    fn labels_round_trip() {
        for reason in CreditReason::ALL {
            assert_eq!(CreditReason::parse(reason.label()), Some(reason));
        }
    }

    #[test]
    fn a_credit_closes_the_item() {
        let (invoice, item) = issued("100.00", "net 30", "2026-03-02");
        let (note, credited, item, entry) = credit(&invoice, &item, "2026-03-04").unwrap();
        assert_eq!((note.totals.total, entry.amount), (eur("119.00"), eur("-119.00")));
        assert_eq!((item.open(), credited.status(Some(item.open()))), (eur("0.00"), InvoiceStatus::Credited));
        assert_eq!(credited.version, invoice.version + 1);
        assert_eq!(credit(&credited, &item, "2026-03-04").unwrap_err().reason(), "INVOICE_NOT_ISSUED");
    }

    #[test]
    fn credits_have_their_day() {
        let (invoice, item) = issued("100.00", "net 30", "2026-03-02");
        assert_eq!(credit(&invoice, &item, "2026-03-11").unwrap_err().reason(), "ISSUED_IN_FUTURE");
        assert_eq!(credit(&invoice, &item, "2026-03-01").unwrap_err().reason(), "ISSUED_BEFORE_INVOICE");
        let draft = draft("100.00", "net 30");
        assert_eq!(credit(&draft, &item, "2026-03-04").unwrap_err().reason(), "INVOICE_NOT_ISSUED");
    }

    proptest! {
        /// Whatever was invoiced and however it was rounded, a full credit sums with it to zero, tax by tax.
        #[test]
        fn a_full_credit_sums_to_the_invoice(
            lines in prop::collection::vec((1i64..100_000, 1i64..100_000, 0usize..4), 1..20),
            per_line in any::<bool>(),
            half_even in any::<bool>(),
        ) {
            let scope = if per_line { RoundingScope::PerLine } else { RoundingScope::PerRate };
            let mode = if half_even { Rounding::HalfEven } else { Rounding::HalfUp };
            let lines = lines
                .into_iter()
                .map(|(quantity, price, rate)| {
                    let (quantity, price) = (Decimal::new(quantity, 3), Decimal::new(price, 1));
                    line_content(&quantity.to_string(), &price.to_string(), ["0", "5.5", "7.7", "19"][rate])
                })
                .collect();
            let content =
                InvoiceContent { lines, rounding: Some(RoundingRule { scope, mode }), ..content("1.00") };
            let draft = Invoice::draft(
                InvoiceId::at(now()), content, terms("net 30"), SeriesId::at(now()), RoundingRule::STANDARD, now(),
            );
            // Very small lines may round to zero, which is not a valid invoice.
            prop_assume!(draft.is_ok());
            let (invoice, item) = issue(draft.unwrap(), "2026-03-02");
            let (note, _, closed, entry) = credit(&invoice, &item, "2026-03-04").unwrap();
            prop_assert_eq!(entry.amount.negated(), invoice.totals.total);
            prop_assert!(closed.open().is_zero());
            prop_assert_eq!(&note.totals, &Totals::of(&note.lines, invoice.currency, invoice.rounding).unwrap());
            let given_back = |of: fn(&Totals) -> Money| of(&invoice.totals).checked_sub(of(&note.totals)).unwrap();
            prop_assert!(given_back(|totals| totals.net).is_zero() && given_back(|totals| totals.tax).is_zero());
            prop_assert_eq!(note.totals.taxes, invoice.totals.taxes);
        }
    }
}
