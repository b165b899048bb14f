//! Issuing an invoice, and voiding one that should not have been issued.

use chrono::NaiveDate;
use quittance_kernel::{ItemId, PaymentTerms, Terms};

use super::amounts::{Amounts, BadAmounts};
use super::entry::{Entry, Recording};
use super::invoice::{Invoice, Issuance, State};
use super::open_item::{DocumentRef, OpenItem};
use super::period::OpenDays;
use super::refusal::Refusal;
use super::timeline::Timeline;

/// The dates of an issue and the items it opens, decided before a number is taken, so that refusals take none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IssuePlan {
    issued_on: NaiveDate,
    due_on: NaiveDate,
    items: Vec<PlannedItem>,
}

/// An item that an issue opens.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PlannedItem {
    installment: Option<u16>,
    due_on: NaiveDate,
    terms: Terms,
    amounts: Amounts,
}

impl IssuePlan {
    /// Issue date.
    pub(crate) const fn issued_on(&self) -> NaiveDate {
        self.issued_on
    }
}

/// An issued invoice and its open items, each with its first entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IssuedInvoice {
    /// The issued invoice.
    pub invoice: Invoice,
    /// Its open items: one, or one for each installment, in their order.
    pub items: Vec<OpenItem>,
    /// The first entry of each.
    pub entries: Vec<Entry>,
}

impl Invoice {
    /// Decides the issue date (planned, or today), the due date (agreed, or by its terms) and the items.
    ///
    /// # Errors
    /// `InvoiceNotDraft`, `IssuedInFuture`, `PeriodClosed`, `CurrencyNotInUse`, `DueBeforeIssued`.
    pub(crate) fn plan_issue(&self, open_days: OpenDays) -> Result<IssuePlan, Refusal> {
        self.check_draft()?;
        let issued_on = self.planned_issue_on.unwrap_or(open_days.today());
        open_days.check_document(issued_on)?;
        if !self.currency.is_in_use_on(issued_on) {
            return Err(Refusal::CurrencyNotInUse { currency: self.currency, issued_on });
        }
        let due_on = self.agreed_due_on.unwrap_or_else(|| self.terms.due_on(issued_on));
        if due_on < issued_on {
            return Err(Refusal::DueBeforeIssued { due_on, issued_on });
        }
        Ok(IssuePlan { issued_on, due_on, items: self.plan_items(issued_on, due_on)? })
    }

    fn plan_items(&self, issued_on: NaiveDate, due_on: NaiveDate) -> Result<Vec<PlannedItem>, Refusal> {
        let opened = |total| {
            Amounts::opened(total).map_err(|bad| match bad {
                BadAmounts::Money(error) => Refusal::Money(error),
                BadAmounts::Negative | BadAmounts::ExceedTotal => Refusal::TotalNotPositive { total },
            })
        };
        let total = self.totals.total;
        match &self.terms {
            PaymentTerms::AtOnce(terms) => {
                let terms = terms.clone();
                Ok(vec![PlannedItem { installment: None, due_on, terms, amounts: opened(total)? }])
            }
            PaymentTerms::Installments(installments) => {
                let parts = (1..).zip(installments.parts()).zip(installments.split(total)?);
                let item = |((number, part), amount): ((u16, &quittance_kernel::Installment), _)| {
                    let due_on = part.terms.due_on(issued_on);
                    let amounts = opened(amount)?;
                    Ok(PlannedItem { installment: Some(number), due_on, terms: part.terms.clone(), amounts })
                };
                parts.map(item).collect()
            }
        }
    }

    /// Issues the draft as planned, with the number taken for it, and opens the receivable. An only item has the invoice's id, others
    /// one of their own.
    #[must_use]
    pub(crate) fn issue(
        self,
        plan: IssuePlan,
        number: String,
        payment_reference: Option<String>,
        new_item_id: impl Fn() -> ItemId,
        recording: &Recording,
    ) -> IssuedInvoice {
        let IssuePlan { issued_on, due_on, items } = plan;
        let item = |planned: PlannedItem| OpenItem {
            id: planned.installment.map_or_else(|| self.id.into(), |_| new_item_id()),
            document: DocumentRef::Invoice(self.id),
            installment: planned.installment,
            customer: self.customer,
            number: number.clone(),
            issued_on,
            due_on: planned.due_on,
            terms: planned.terms,
            amounts: planned.amounts,
            timeline: Timeline::since(Some(issued_on), planned.amounts.open()),
            updated_at: recording.at,
        };
        let items: Vec<OpenItem> = items.into_iter().map(item).collect();
        let entries = items.iter().map(|item| item.opening_entry(recording)).collect();
        let issuance = Issuance { number, payment_reference, issued_on, due_on, issued_at: recording.at };
        let state = State::Issued(issuance);
        let invoice = Invoice { state, version: self.version + 1, updated_at: recording.at, ..self };
        IssuedInvoice { invoice, items, entries }
    }

    /// Voids an issued invoice as if it had not been issued. It keeps its number. The void is effective on the tenant's day, but not
    /// before the issue date.
    ///
    /// # Errors
    /// `InvoiceNotIssued`, `InvoiceSettled` while anything is settled on it, `InvoiceDelivered`.
    pub(crate) fn void(
        self,
        items: Vec<OpenItem>,
        delivered: bool,
        recording: &Recording,
    ) -> Result<(Invoice, Vec<OpenItem>, Vec<Entry>), Refusal> {
        let issuance = self.issued()?.clone();
        let voided_on = recording.open_days.today().max(issuance.issued_on);
        let (mut voided, mut entries) = (Vec::with_capacity(items.len()), Vec::with_capacity(items.len()));
        for item in items {
            let (item, more) = item.void(voided_on, recording)?;
            voided.push(item);
            entries.extend(more);
        }
        if delivered {
            return Err(Refusal::InvoiceDelivered);
        }
        let state = State::Voided { issuance, voided_on, reason: recording.reason.clone() };
        Ok((Invoice { state, version: self.version + 1, ..self }, voided, entries))
    }
}

#[cfg(test)]
mod tests {
    use quittance_kernel::{AllocationId, Money, PaymentId};

    use super::*;
    use crate::domain::InvoiceStatus;
    use crate::domain::entry::EntryKind;
    use crate::domain::open_item::Settlement;
    use crate::domain::samples::{because, day, days_to, draft, eur, issued, issued_in_parts, now, recording};

    #[test]
    fn issuing_takes_the_planned_date_or_today() {
        let invoice = draft("100.00", "2/10 net 30");
        let plan = invoice.plan_issue(days_to("2026-03-02")).unwrap();
        assert_eq!((plan.issued_on(), plan.due_on), (day("2026-03-02"), day("2026-04-01")));

        let planned = Invoice {
            planned_issue_on: Some(day("2026-02-01")),
            agreed_due_on: Some(day("2026-02-10")),
            ..invoice.clone()
        };
        let plan = planned.plan_issue(days_to("2026-03-02")).unwrap();
        assert_eq!((plan.issued_on(), plan.due_on), (day("2026-02-01"), day("2026-02-10")));

        let future = Invoice { planned_issue_on: Some(day("2026-03-03")), ..invoice.clone() };
        assert_eq!(future.plan_issue(days_to("2026-03-02")).unwrap_err().reason(), "ISSUED_IN_FUTURE");
        let overtaken = Invoice { agreed_due_on: Some(day("2026-03-01")), ..invoice };
        assert_eq!(overtaken.plan_issue(days_to("2026-03-02")).unwrap_err().reason(), "DUE_BEFORE_ISSUED");
    }

    #[test]
    fn an_issued_invoice_is_owed() {
        let (invoice, item) = issued("100.00", "2/10 net 30", "2026-03-02");
        let issuance = invoice.issued().unwrap();
        assert_eq!((issuance.number.as_str(), issuance.issued_at), (item.number.as_str(), now()));
        assert_eq!((item.open(), item.due_on, invoice.version), (eur("119.00"), day("2026-04-01"), 2));
        assert_eq!((item.id.uuid(), item.installment), (invoice.id.uuid(), None));
        assert_eq!(invoice.status(Some(item.open())), InvoiceStatus::Issued);
        assert_eq!(invoice.status(Some(eur("0.00"))), InvoiceStatus::Paid);
        assert_eq!(invoice.plan_issue(days_to("2026-03-02")).unwrap_err().reason(), "INVOICE_NOT_DRAFT");
    }

    #[test]
    fn each_installment_is_an_item_with_its_own_date_and_discount() {
        let terms = "500.01 due on receipt; 45% 2/10 net 30; rest net 60";
        let IssuedInvoice { invoice, items, entries } = issued_in_parts("4201.689075", terms, "2026-01-31");
        let facts = items.iter().map(|item| (item.installment, item.open(), item.due_on));
        let expected = [
            (Some(1), eur("500.01"), day("2026-01-31")),
            (Some(2), eur("2250.00"), day("2026-03-02")),
            (Some(3), eur("2250.00"), day("2026-04-01")),
        ];
        assert_eq!(facts.collect::<Vec<_>>(), expected);
        assert!(items.iter().all(|item| item.id.uuid() != invoice.id.uuid()), "each has an id of its own");
        assert_eq!(items[1].discount_on(day("2026-02-10")), Ok(Some(eur("45.00"))));
        assert_eq!(items[2].discount_on(day("2026-02-10")), Ok(None));
        assert_eq!(invoice.issued().unwrap().due_on, day("2026-04-01"), "all of it is due with the last");
        assert_eq!(entries.iter().map(|entry| entry.amount).collect::<Vec<_>>(), expected.map(|(_, open, _)| open));

        let (voided, items, entries) = invoice.void(items, false, &because("Wrong")).unwrap();
        assert!(items.iter().all(|item| item.open().is_zero()) && entries.len() == 3);
        assert_eq!(voided.status(Some(eur("0.00"))), InvoiceStatus::Voided);
    }

    #[test]
    fn voiding_closes_the_item_and_keeps_the_number() {
        let (invoice, item) = issued("100.00", "net 30", "2026-03-02");
        let because = Recording { open_days: days_to("2026-03-05"), ..because("Wrong customer") };
        let (voided, items, entries) = invoice.clone().void(vec![item], false, &because).unwrap();
        let [(item, entry)] = &items.iter().zip(&entries).collect::<Vec<_>>()[..] else { panic!("one item") };
        assert_eq!((entry.kind, entry.amount), (EntryKind::Void, eur("-119.00")));
        assert_eq!((entry.effective_on, entry.reason.as_str()), (day("2026-03-05"), "Wrong customer"));
        assert_eq!((item.open(), item.amounts.voided()), (eur("0.00"), eur("119.00")));
        assert_eq!(voided.state.issuance(), invoice.state.issuance());
        assert_eq!((voided.status(Some(item.open())), voided.version), (InvoiceStatus::Voided, 3));
        let again = voided.void(items, false, &recording());
        assert_eq!(again.unwrap_err().reason(), "INVOICE_NOT_ISSUED");
    }

    #[test]
    fn a_void_counts_from_the_issue_date_at_the_earliest() {
        let (invoice, item) = issued("100.00", "net 30", "2026-03-02");
        let earlier = Recording { open_days: days_to("2026-03-01"), ..recording() };
        let (voided, _, entries) = invoice.void(vec![item], false, &earlier).unwrap();
        assert_eq!(entries[0].effective_on, day("2026-03-02"));
        assert!(matches!(voided.state, State::Voided { voided_on, .. } if voided_on == day("2026-03-02")));
    }

    #[test]
    fn what_was_settled_or_delivered_is_not_voided() {
        let (invoice, item) = issued("100.00", "net 30", "2026-03-02");
        let void = |item: &OpenItem, delivered| {
            invoice.clone().void(vec![item.clone()], delivered, &recording()).unwrap_err().reason()
        };
        assert_eq!(void(&item, true), "INVOICE_DELIVERED");
        let settlement = Settlement {
            allocation: AllocationId::at(now()),
            payment: PaymentId::at(now()),
            item: item.id,
            amount: Money::from_minor(1, invoice.currency),
            discount: None,
            write_off: None,
            effective_on: day("2026-03-05"),
            decided_by: None,
            tolerance_policy: None,
        };
        let (settled, _) = item.clone().settle(&settlement, None, &recording()).unwrap();
        assert_eq!(void(&settled, false), "INVOICE_SETTLED");
        let draft = draft("100.00", "net 30").void(vec![item], false, &recording());
        assert_eq!(draft.unwrap_err().reason(), "INVOICE_NOT_ISSUED");
    }
}
