//! What invoicing's events do to the receivables ledger: the items they open, the entries they add, and the due dates they extend. Whoever follows the ledger needs no more than these, whatever
//! else is added to it later. Events recorded before items and entries were published are completed from their other fields.

use std::mem::take;

use crate::{
    common::v1::Money,
    invoicing::v1::{self as pb, EntryKind, invoicing_event::Payload},
};

/// What an event does to the ledger.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LedgerChange {
    /// The items it opens.
    pub items: Vec<pb::OpenItem>,
    /// The entries it adds.
    pub entries: Vec<pb::Entry>,
    /// The due dates it extends.
    pub extensions: Vec<pb::DueDateExtension>,
    /// The credit it opens or uses, after it. None of a credit note recorded before credits were published, all of which was applied.
    pub credit: Option<pb::Credit>,
    /// The entries it adds to that credit.
    pub credit_entries: Vec<pb::CreditEntry>,
}

impl LedgerChange {
    /// Takes items and entries out of an event; its other fields stay.
    pub fn take(payload: &mut Payload) -> Self {
        match payload {
            Payload::InvoiceIssued(issued) => Self::issued(issued),
            Payload::InvoiceVoided(voided) => Self::of(take(&mut voided.entries), || {
                vec![entry(&voided.invoice_id, EntryKind::Void, voided.amount.as_ref().map(negated), &voided.voided_on)]
            }),
            Payload::InvoiceCredited(credited) if credited.credit.is_some() => {
                let (credit, entries) = (take(&mut credited.credit), take(&mut credited.credit_entries));
                Self::of_credit(credit, entries, take(&mut credited.entries))
            }
            Payload::InvoiceCredited(credited) => Self::of(take(&mut credited.entries), || {
                let amount = credited.amount.as_ref().map(negated);
                vec![entry(&credited.invoice_id, EntryKind::Credit, amount, &credited.issued_on)]
            }),
            Payload::CreditApplied(applied) => {
                let (credit, entries) = (take(&mut applied.credit), take(&mut applied.credit_entries));
                Self::of_credit(credit, entries, take(&mut applied.entries))
            }
            Payload::CreditWrittenOff(written_off) => {
                let (credit, entries) = (take(&mut written_off.credit), take(&mut written_off.credit_entries));
                Self::of_credit(credit, entries, Vec::new())
            }
            Payload::CreditEntryReversed(reversed) => {
                let (credit, entries) = (take(&mut reversed.credit), take(&mut reversed.credit_entries));
                Self::of_credit(credit, entries, take(&mut reversed.entries))
            }
            Payload::ItemSettled(settled) => Self::of(take(&mut settled.entries), || {
                let settlement = settled.settlement.clone().unwrap_or_default();
                let kinds = [EntryKind::Settlement, EntryKind::Discount, EntryKind::SmallDifference];
                let mut entries = settlement_entries(&settlement, kinds, &settlement.effective_on);
                for entry in &mut entries {
                    entry.amount = entry.amount.as_ref().map(negated);
                }
                entries
            }),
            Payload::SettlementReversed(reversed) => Self::of(take(&mut reversed.entries), || {
                let settlement = reversed.settlement.clone().unwrap_or_default();
                let kinds =
                    [EntryKind::SettlementReversal, EntryKind::DiscountReversal, EntryKind::SmallDifferenceReversal];
                settlement_entries(&settlement, kinds, &reversed.effective_on)
            }),
            Payload::ItemWrittenOff(written_off) => Self::of(take(&mut written_off.entries), Vec::new),
            Payload::RecoveryRecorded(recovered) => Self::of(take(&mut recovered.entries), Vec::new),
            Payload::TenantCreated(_)
            | Payload::TenantUpdated(_)
            | Payload::CustomerCreated(_)
            | Payload::CustomerUpdated(_)
            | Payload::InvoiceDrafted(_)
            | Payload::InvoiceUpdated(_)
            | Payload::InvoiceDeleted(_)
            | Payload::InvoiceDelivered(_)
            | Payload::SeriesCreated(_)
            | Payload::SeriesUpdated(_)
            | Payload::SeriesDeleted(_)
            | Payload::TermsCreated(_)
            | Payload::TermsUpdated(_)
            | Payload::TermsDeleted(_)
            | Payload::PolicyCreated(_)
            | Payload::PeriodClosed(_)
            | Payload::PeriodReopened(_)
            | Payload::PolicyActivated(_)
            | Payload::PolicyDeleted(_)
            | Payload::ApprovalRequested(_)
            | Payload::ApprovalGranted(_)
            | Payload::ApprovalRejected(_) => Self::default(),
            Payload::DueDateExtended(extended) => {
                Self { extensions: take(&mut extended.extension).into_iter().collect(), ..Self::default() }
            }
        }
    }

    fn of(entries: Vec<pb::Entry>, earlier: impl FnOnce() -> Vec<pb::Entry>) -> Self {
        let entries = if entries.is_empty() { earlier() } else { entries };
        Self { entries, ..Self::default() }
    }

    fn of_credit(credit: Option<pb::Credit>, credit_entries: Vec<pb::CreditEntry>, entries: Vec<pb::Entry>) -> Self {
        Self { entries, credit, credit_entries, ..Self::default() }
    }

    fn issued(issued: &mut pb::InvoiceIssued) -> Self {
        let (items, entries) = (take(&mut issued.items), take(&mut issued.entries));
        if !items.is_empty() {
            return Self { items, entries, ..Self::default() };
        }
        let item = pb::OpenItem {
            item_id: issued.invoice_id.clone(),
            customer_id: issued.customer_id.clone(),
            number: issued.number.clone(),
            issued_on: issued.issued_on.clone(),
            due_on: issued.due_on.clone(),
            total: issued.total.clone(),
            open_amount: issued.total.clone(),
            document_kind: pb::DocumentKind::Invoice.into(),
            document_id: issued.invoice_id.clone(),
            terms: issued.terms.clone(),
            ..pb::OpenItem::default()
        };
        let opening = entry(&item.item_id, EntryKind::Document, item.total.clone(), &item.issued_on);
        Self { items: vec![item], entries: vec![opening], ..Self::default() }
    }
}

fn entry(item: &str, kind: EntryKind, amount: Option<Money>, effective_on: &str) -> pb::Entry {
    pb::Entry {
        item_id: item.to_owned(),
        kind: kind.into(),
        amount,
        effective_on: effective_on.to_owned(),
        ..pb::Entry::default()
    }
}

/// What was paid, discounted and written off, as entries of these kinds.
fn settlement_entries(settlement: &pb::Settlement, kinds: [EntryKind; 3], effective_on: &str) -> Vec<pb::Entry> {
    let source = Some(pb::entry::Source::AllocationId(settlement.allocation_id.clone()));
    let amounts = [&settlement.amount, &settlement.discount, &settlement.write_off];
    let given = kinds.into_iter().zip(amounts).filter_map(|(kind, amount)| Some((kind, amount.clone()?)));
    given
        .map(|(kind, amount)| pb::Entry {
            source: source.clone(),
            ..entry(&settlement.item_id, kind, Some(amount), effective_on)
        })
        .collect()
}

/// The amount with the other sign.
fn negated(money: &Money) -> Money {
    let amount = match money.amount.strip_prefix('-') {
        Some(amount) => amount.to_owned(),
        None => format!("-{}", money.amount),
    };
    Money { currency_code: money.currency_code.clone(), amount }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eur(amount: &str) -> Option<Money> {
        Some(Money { currency_code: "EUR".to_owned(), amount: amount.to_owned() })
    }

    fn amounts(change: &LedgerChange) -> Vec<(EntryKind, &str)> {
        let amounts = change.entries.iter().map(|entry| {
            let amount = entry.amount.as_ref().map_or("", |money| money.amount.as_str());
            (entry.kind(), amount)
        });
        amounts.collect()
    }

    #[test]
    fn an_event_of_before_entries_is_completed() {
        let issued = pb::InvoiceIssued { invoice_id: "i".to_owned(), total: eur("100.00"), ..Default::default() };
        let change = LedgerChange::take(&mut Payload::InvoiceIssued(issued));
        assert_eq!(amounts(&change), [(EntryKind::Document, "100.00")]);
        let item = change.items.first().unwrap();
        assert_eq!((item.item_id.as_str(), item.document_id.as_str(), item.installment), ("i", "i", 0));

        let settlement = pb::Settlement {
            allocation_id: "a".to_owned(),
            item_id: "i".to_owned(),
            amount: eur("105.00"),
            discount: eur("2.00"),
            write_off: eur("-7.00"),
            effective_on: "2026-03-02".to_owned(),
            ..Default::default()
        };
        let settled = pb::ItemSettled { settlement: Some(settlement.clone()), ..Default::default() };
        let change = LedgerChange::take(&mut Payload::ItemSettled(settled));
        let expected =
            [(EntryKind::Settlement, "-105.00"), (EntryKind::Discount, "-2.00"), (EntryKind::SmallDifference, "7.00")];
        assert_eq!(amounts(&change), expected);
        assert_eq!(change.entries[0].effective_on, "2026-03-02");
        let reversed = pb::SettlementReversed {
            settlement: Some(settlement),
            effective_on: "2026-03-05".to_owned(),
            ..Default::default()
        };
        let change = LedgerChange::take(&mut Payload::SettlementReversed(reversed));
        assert_eq!(amounts(&change)[2], (EntryKind::SmallDifferenceReversal, "-7.00"));
        assert_eq!(change.entries[2].effective_on, "2026-03-05");
        let voided = pb::InvoiceVoided { invoice_id: "i".to_owned(), amount: eur("100.00"), ..Default::default() };
        assert_eq!(amounts(&LedgerChange::take(&mut Payload::InvoiceVoided(voided))), [(EntryKind::Void, "-100.00")]);
    }

    #[test]
    fn a_credit_note_reduces_what_its_entries_say() {
        let before = pb::InvoiceCredited { invoice_id: "i".to_owned(), amount: eur("100.00"), ..Default::default() };
        let change = LedgerChange::take(&mut Payload::InvoiceCredited(before.clone()));
        assert_eq!((amounts(&change), &change.credit), (vec![(EntryKind::Credit, "-100.00")], &None));
        let credit = pb::Credit { credit_id: "c".to_owned(), ..Default::default() };
        let credit_entry = pb::CreditEntry { credit_id: "c".to_owned(), ..Default::default() };
        let on_account =
            pb::InvoiceCredited { credit: Some(credit.clone()), credit_entries: vec![credit_entry.clone()], ..before };
        let change = LedgerChange::take(&mut Payload::InvoiceCredited(on_account));
        let expected = LedgerChange { credit: Some(credit), credit_entries: vec![credit_entry], ..Default::default() };
        assert_eq!(change, expected, "all of it is kept on account");
    }

    #[test]
    fn items_and_entries_are_taken_as_they_were_published() {
        let item = pb::OpenItem { item_id: "1".to_owned(), installment: 1, ..Default::default() };
        let entry = entry("1", EntryKind::Document, eur("50.00"), "2026-03-02");
        let issued = pb::InvoiceIssued {
            invoice_id: "i".to_owned(),
            items: vec![item.clone()],
            entries: vec![entry.clone()],
            ..Default::default()
        };
        let mut payload = Payload::InvoiceIssued(issued);
        let expected = LedgerChange { items: vec![item], entries: vec![entry], ..LedgerChange::default() };
        assert_eq!(LedgerChange::take(&mut payload), expected);
        let mut other = Payload::TenantCreated(pb::TenantCreated::default());
        assert_eq!(LedgerChange::take(&mut other), LedgerChange::default());
    }
}
