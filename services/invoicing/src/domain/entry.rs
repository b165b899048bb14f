//! Entries: the only way in which the balance of an open item changes.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::{
    Actor, AllocationId, BadDebtId, CreditNoteId, CustomerId, EntryId, InvoiceId, ItemId, Money, RequestId,
};

use super::period::OpenDays;

/// The kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum EntryKind {
    /// The document was issued.
    Document,
    /// Paid.
    Settlement,
    /// Early-payment discount.
    Discount,
    /// A small difference written off with a settlement, or an excess kept.
    SmallDifference,
    /// The reversal of a settlement.
    SettlementReversal,
    /// The reversal of a discount.
    DiscountReversal,
    /// The reversal of a small difference.
    SmallDifferenceReversal,
    /// Written off as a bad debt.
    BadDebt,
    /// A bad debt that is paid after all.
    Recovery,
    /// Credited: a credit was applied.
    Credit,
    /// The reversal of the application of a credit.
    CreditReversal,
    /// Voided.
    Void,
}

/// What an entry changes: the total, or one of its closed parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The total.
    Total,
    /// What was paid.
    Settled,
    /// The discounts.
    Discounted,
    /// The small differences.
    WrittenOff,
    /// The bad debts.
    BadDebt,
    /// What was credited.
    Credited,
    /// What was voided.
    Voided,
}

impl EntryKind {
    const ALL: [EntryKind; 12] = [
        EntryKind::Document,
        EntryKind::Settlement,
        EntryKind::Discount,
        EntryKind::SmallDifference,
        EntryKind::SettlementReversal,
        EntryKind::DiscountReversal,
        EntryKind::SmallDifferenceReversal,
        EntryKind::BadDebt,
        EntryKind::Recovery,
        EntryKind::Credit,
        EntryKind::CreditReversal,
        EntryKind::Void,
    ];

    /// The name in storage.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            EntryKind::Document => "invoice",
            EntryKind::Settlement => "settlement",
            EntryKind::Discount => "discount",
            EntryKind::SmallDifference => "write_off",
            EntryKind::SettlementReversal => "settlement_reversal",
            EntryKind::DiscountReversal => "discount_reversal",
            EntryKind::SmallDifferenceReversal => "write_off_reversal",
            EntryKind::BadDebt => "bad_debt",
            EntryKind::Recovery => "recovery",
            EntryKind::Credit => "credit",
            EntryKind::CreditReversal => "credit_reversal",
            EntryKind::Void => "void",
        }
    }

    /// The kind with this label, if there is one.
    pub(crate) fn parse(label: &str) -> Option<EntryKind> {
        EntryKind::ALL.into_iter().find(|kind| kind.label() == label)
    }

    /// What it changes.
    pub(crate) const fn part(self) -> Part {
        match self {
            EntryKind::Document => Part::Total,
            EntryKind::Settlement | EntryKind::SettlementReversal => Part::Settled,
            EntryKind::Discount | EntryKind::DiscountReversal => Part::Discounted,
            EntryKind::SmallDifference | EntryKind::SmallDifferenceReversal => Part::WrittenOff,
            EntryKind::BadDebt | EntryKind::Recovery => Part::BadDebt,
            EntryKind::Credit | EntryKind::CreditReversal => Part::Credited,
            EntryKind::Void => Part::Voided,
        }
    }
}

/// What caused an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The document of the item: its issue, or its voiding.
    Document(InvoiceId),
    /// The allocation of a payment, or its reversal.
    Allocation(AllocationId),
    /// A credit note: the application of its credit, or the reversal of that.
    CreditNote(CreditNoteId),
    /// A bad debt, or its recovery.
    BadDebt(BadDebtId),
}

/// A movement of an item. Entries are insert-only; the sum of an item's entries is its open balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its id.
    pub id: EntryId,
    /// The item.
    pub item: ItemId,
    /// The debtor.
    pub customer: CustomerId,
    /// Its kind.
    pub kind: EntryKind,
    /// The amount; positive increases the balance.
    pub amount: Money,
    /// The effective date: it counts from then on.
    pub effective_on: NaiveDate,
    /// The date of what caused it, which is not after the effective date.
    pub dated_on: NaiveDate,
    /// The recorded time.
    pub recorded_at: DateTime<Utc>,
    /// What caused it; `None` if recorded before this was kept.
    pub source: Option<Source>,
    /// Who caused it; `None` if recorded before this was kept.
    pub actor: Option<Actor>,
    /// The request of the call; `None` for a job.
    pub request: Option<RequestId>,
    /// Why. May be empty.
    pub reason: String,
}

/// What the entries of one decision have in common, and where their ids come from.
#[derive(Debug, Clone)]
pub(crate) struct Recording {
    /// What causes them.
    pub source: Source,
    /// Who causes them.
    pub actor: Actor,
    /// The request of the call.
    pub request: Option<RequestId>,
    /// Why. May be empty.
    pub reason: String,
    /// The recorded time.
    pub at: DateTime<Utc>,
    /// The days on which they can be dated, and count.
    pub open_days: OpenDays,
    /// Gives each entry its id.
    pub new_id: fn(DateTime<Utc>) -> EntryId,
}

impl Recording {
    /// The same, caused by another than the caller, if there is one.
    pub(crate) fn by(self, actor: Option<&Actor>) -> Recording {
        Recording { actor: actor.cloned().unwrap_or(self.actor), ..self }
    }

    /// An entry of an item and its debtor.
    pub(super) fn entry(
        &self,
        (item, customer): (ItemId, CustomerId),
        kind: EntryKind,
        amount: Money,
        effective_on: NaiveDate,
    ) -> Entry {
        Entry {
            id: (self.new_id)(self.at),
            item,
            customer,
            kind,
            amount,
            effective_on,
            dated_on: effective_on,
            recorded_at: self.at,
            source: Some(self.source),
            actor: Some(self.actor.clone()),
            request: self.request,
            reason: self.reason.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_round_trip() {
        for kind in EntryKind::ALL {
            assert_eq!(EntryKind::parse(kind.label()), Some(kind));
        }
        assert_eq!(EntryKind::parse("opening"), None);
    }
}
