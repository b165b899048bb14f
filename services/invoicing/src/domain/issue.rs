//! Issuing an invoice, and voiding one that should not have been issued.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::EntryId;

use super::amounts::{Amounts, BadAmounts};
use super::invoice::{Invoice, Issuance, State};
use super::open_item::{Entry, OpenItem};
use super::refusal::Refusal;

/// The dates of an issue, decided before a number is taken, so that refusals take none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IssuePlan {
    issued_on: NaiveDate,
    due_on: NaiveDate,
    amounts: Amounts,
}

impl IssuePlan {
    /// Issue date.
    pub(crate) const fn issued_on(&self) -> NaiveDate {
        self.issued_on
    }
}

/// An issued invoice and its open item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IssuedInvoice {
    /// The issued invoice.
    pub invoice: Invoice,
    /// Its open item.
    pub item: OpenItem,
    /// The item's first entry.
    pub entry: EntryId,
}

impl Invoice {
    /// Decides the issue date (planned, or today) and the due date (agreed, or by its terms).
    ///
    /// # Errors
    /// `InvoiceNotDraft`, `IssuedInFuture`, `CurrencyNotInUse`, `DueBeforeIssued`.
    pub(crate) fn plan_issue(&self, today: NaiveDate) -> Result<IssuePlan, Refusal> {
        self.check_draft()?;
        let issued_on = self.planned_issue_on.unwrap_or(today);
        if issued_on > today {
            return Err(Refusal::IssuedInFuture { issued_on, today });
        }
        if !self.currency.is_in_use_on(issued_on) {
            return Err(Refusal::CurrencyNotInUse { currency: self.currency, issued_on });
        }
        let due_on = self.agreed_due_on.unwrap_or_else(|| self.terms.due_on(issued_on));
        if due_on < issued_on {
            return Err(Refusal::DueBeforeIssued { due_on, issued_on });
        }
        let amounts = Amounts::opened(self.totals.total).map_err(|bad| match bad {
            BadAmounts::Money(error) => Refusal::Money(error),
            BadAmounts::Negative | BadAmounts::ExceedTotal => Refusal::TotalNotPositive { total: self.totals.total },
        })?;
        Ok(IssuePlan { issued_on, due_on, amounts })
    }

    /// Issues the draft as planned, with the number taken for it, and opens the receivable.
    /// [`OpenItem::opening_entry`] is its first entry.
    #[must_use]
    pub(crate) fn issue(
        self,
        plan: IssuePlan,
        number: String,
        payment_reference: Option<String>,
        now: DateTime<Utc>,
    ) -> (Invoice, OpenItem) {
        let IssuePlan { issued_on, due_on, amounts } = plan;
        let item = OpenItem {
            id: self.id.into(),
            customer: self.customer,
            number: number.clone(),
            issued_on,
            due_on,
            terms: self.terms.clone(),
            amounts,
            updated_at: now,
        };
        let issuance = Issuance { number, payment_reference, issued_on, due_on, issued_at: now };
        (Invoice { state: State::Issued(issuance), version: self.version + 1, updated_at: now, ..self }, item)
    }

    /// Voids an issued invoice as if it had not been issued. It keeps its number. The void is effective on `today`, the
    /// tenant's day, but not before the issue date.
    ///
    /// # Errors
    /// `InvoiceNotIssued`, `InvoiceSettled` while anything is settled on it, `InvoiceDelivered`.
    pub(crate) fn void(
        self,
        item: &OpenItem,
        delivered: bool,
        today: NaiveDate,
        reason: String,
    ) -> Result<(Invoice, OpenItem, Entry), Refusal> {
        let issuance = self.issued()?.clone();
        let (item, entry) = item.clone().void(today)?;
        if delivered {
            return Err(Refusal::InvoiceDelivered);
        }
        let state = State::Voided { issuance, voided_on: entry.effective_on, reason };
        Ok((Invoice { state, version: self.version + 1, ..self }, item, entry))
    }
}

#[cfg(test)]
mod tests {
    use quittance_kernel::{AllocationId, Money, PaymentId};

    use super::*;
    use crate::domain::InvoiceStatus;
    use crate::domain::open_item::{EntryKind, Settlement};
    use crate::domain::samples::{day, draft, eur, issued, now};

    #[test]
    fn issuing_takes_the_planned_date_or_today() {
        let invoice = draft("100.00", "2/10 net 30");
        let plan = invoice.plan_issue(day("2026-03-02")).unwrap();
        assert_eq!((plan.issued_on(), plan.due_on), (day("2026-03-02"), day("2026-04-01")));

        let planned = Invoice {
            planned_issue_on: Some(day("2026-02-01")),
            agreed_due_on: Some(day("2026-02-10")),
            ..invoice.clone()
        };
        let plan = planned.plan_issue(day("2026-03-02")).unwrap();
        assert_eq!((plan.issued_on(), plan.due_on), (day("2026-02-01"), day("2026-02-10")));

        let future = Invoice { planned_issue_on: Some(day("2026-03-03")), ..invoice.clone() };
        assert_eq!(future.plan_issue(day("2026-03-02")).unwrap_err().reason(), "ISSUED_IN_FUTURE");
        let overtaken = Invoice { agreed_due_on: Some(day("2026-03-01")), ..invoice };
        assert_eq!(overtaken.plan_issue(day("2026-03-02")).unwrap_err().reason(), "DUE_BEFORE_ISSUED");
    }

    #[test]
    fn an_issued_invoice_is_owed() {
        let (invoice, item) = issued("100.00", "2/10 net 30", "2026-03-02");
        let issuance = invoice.issued().unwrap();
        assert_eq!((issuance.number.as_str(), issuance.issued_at), (item.number.as_str(), now()));
        assert_eq!((item.open(), item.due_on, invoice.version), (eur("119.00"), day("2026-04-01"), 2));
        assert_eq!(item.id.uuid(), invoice.id.uuid());
        assert_eq!(invoice.status(Some(item.open())), InvoiceStatus::Issued);
        assert_eq!(invoice.status(Some(eur("0.00"))), InvoiceStatus::Paid);
        assert_eq!(invoice.plan_issue(day("2026-03-02")).unwrap_err().reason(), "INVOICE_NOT_DRAFT");
    }

    #[test]
    fn voiding_closes_the_item_and_keeps_the_number() {
        let (invoice, item) = issued("100.00", "net 30", "2026-03-02");
        let (voided, item, entry) =
            invoice.clone().void(&item, false, day("2026-03-05"), "Wrong customer".to_owned()).unwrap();
        assert_eq!(entry, Entry { kind: EntryKind::Void, amount: eur("-119.00"), effective_on: day("2026-03-05") });
        assert_eq!((item.open(), item.amounts.voided()), (eur("0.00"), eur("119.00")));
        assert_eq!(voided.state.issuance(), invoice.state.issuance());
        assert_eq!((voided.status(Some(item.open())), voided.version), (InvoiceStatus::Voided, 3));
        let again = voided.void(&item, false, day("2026-03-05"), String::new());
        assert_eq!(again.unwrap_err().reason(), "INVOICE_NOT_ISSUED");
    }

    #[test]
    fn a_void_counts_from_the_issue_date_at_the_earliest() {
        let (invoice, item) = issued("100.00", "net 30", "2026-03-02");
        let (voided, _, entry) = invoice.void(&item, false, day("2026-03-01"), String::new()).unwrap();
        assert_eq!(entry.effective_on, day("2026-03-02"));
        assert!(matches!(voided.state, State::Voided { voided_on, .. } if voided_on == day("2026-03-02")));
    }

    #[test]
    fn what_was_settled_or_delivered_is_not_voided() {
        let (invoice, item) = issued("100.00", "net 30", "2026-03-02");
        let today = day("2026-03-05");
        let void = |item: &OpenItem, delivered| {
            invoice.clone().void(item, delivered, today, String::new()).unwrap_err().reason()
        };
        assert_eq!(void(&item, true), "INVOICE_DELIVERED");
        let settlement = Settlement {
            allocation: AllocationId::at(now()),
            payment: PaymentId::at(now()),
            item: item.id,
            amount: Money::from_minor(1, invoice.currency),
            discount: None,
            write_off: None,
            effective_on: today,
        };
        let (settled, _) = item.clone().settle(&settlement).unwrap();
        assert_eq!(void(&settled, false), "INVOICE_SETTLED");
        let draft = draft("100.00", "net 30").void(&item, false, today, String::new());
        assert_eq!(draft.unwrap_err().reason(), "INVOICE_NOT_ISSUED");
    }
}
