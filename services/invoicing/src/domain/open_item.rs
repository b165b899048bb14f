//! Open items of issued documents, and the entries that change their balance.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use chrono::{DateTime, Days, NaiveDate, Utc};
use quittance_kernel::{
    Actor, AllocationId, CustomerId, InvoiceId, ItemId, Money, MoneyError, PaymentId, PolicyId, Rounding, Terms,
    TolerancePolicy, WriteOff,
};

use super::amounts::{Amounts, BadAmounts};
use super::entry::{Entry, EntryKind, Recording};
use super::refusal::Refusal;
use super::timeline::Timeline;

/// The document that opened an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum DocumentRef {
    /// An invoice.
    Invoice(InvoiceId),
}

/// A receivable: what a document, or one installment of it, is owed. It is open until it is settled, discounted, written off, credited or
/// voided to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenItem {
    /// Its id: that of its document, if the document has no installments.
    pub id: ItemId,
    /// The document that opened it.
    pub document: DocumentRef,
    /// Which installment of the document it is, from 1; `None` if the document has none.
    pub installment: Option<u16>,
    /// The debtor.
    pub customer: CustomerId,
    /// The document's number.
    pub number: String,
    /// Issue date.
    pub issued_on: NaiveDate,
    /// Due date.
    pub due_on: NaiveDate,
    /// Its terms as frozen on the document, which decide about discounts.
    pub terms: Terms,
    /// The total and its parts.
    pub amounts: Amounts,
    /// What it has owed on each date, as far as it was read.
    pub timeline: Timeline,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

/// Money that settles an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settlement {
    /// The allocation in payments; it settles only once.
    pub allocation: AllocationId,
    /// The payment.
    pub payment: PaymentId,
    /// The item it settles.
    pub item: ItemId,
    /// The amount.
    pub amount: Money,
    /// Early-payment discount granted with it.
    pub discount: Option<Money>,
    /// The small difference that closes the item with it.
    pub write_off: Option<WriteOff>,
    /// The date of the money. It counts from then on, or from a later date; see [`Timeline`].
    pub effective_on: NaiveDate,
    /// Who applied the money manually; `None` for payments' own matching.
    pub decided_by: Option<Actor>,
    /// The tolerance policy that it was decided by.
    pub tolerance_policy: Option<PolicyId>,
}

/// A settlement without a write-off has the hash of versions before write-offs existed, and so has one of payments' own matching: a call repeated
/// across an upgrade is the same call.
impl Hash for Settlement {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.allocation, self.payment, self.item, self.amount, self.discount, self.effective_on).hash(state);
        if let Some(write_off) = self.write_off {
            write_off.hash(state);
        }
        if let Some(actor) = &self.decided_by {
            actor.hash(state);
        }
        if let Some(policy) = self.tolerance_policy {
            policy.hash(state);
        }
    }
}

/// The entries of a settlement's amount, discount and write-off.
const SETTLING: [EntryKind; 3] = [EntryKind::Settlement, EntryKind::Discount, EntryKind::SmallDifference];
const REVERSING: [EntryKind; 3] =
    [EntryKind::SettlementReversal, EntryKind::DiscountReversal, EntryKind::SmallDifferenceReversal];

impl Settlement {
    /// Fails unless this is the settlement recorded before for its allocation, whoever decided it.
    ///
    /// # Errors
    /// `AllocationDiffers` if anything about it is different.
    pub(crate) fn repeats(&self, recorded: &Settlement) -> Result<(), Refusal> {
        let recorded = Settlement { decided_by: self.decided_by.clone(), ..recorded.clone() };
        if *self == recorded { Ok(()) } else { Err(Refusal::AllocationDiffers) }
    }

    /// Whether something about it depends on its tolerance policy.
    pub(crate) const fn needs_tolerance(&self) -> bool {
        self.discount.is_some() || (self.write_off.is_some() && self.decided_by.is_none())
    }

    fn discount_or_zero(&self) -> Money {
        self.discount.unwrap_or(Money::zero(self.amount.currency()))
    }

    fn write_off_or_zero(&self) -> Money {
        self.write_off.map_or(Money::zero(self.amount.currency()), |write_off| write_off.amount)
    }

    /// The amount by which it reduces the open balance.
    fn taken(&self) -> Result<Money, MoneyError> {
        self.amount.checked_add(self.discount_or_zero())?.checked_add(self.write_off_or_zero())
    }

    /// Its settled, discounted and written-off amounts, as movements of these kinds.
    fn movements(&self, kinds: [EntryKind; 3]) -> impl Iterator<Item = (EntryKind, Money)> {
        let write_off = self.write_off.map(|write_off| write_off.amount);
        let amounts = [Some(self.amount), self.discount, write_off];
        kinds.into_iter().zip(amounts).filter_map(|(kind, amount)| Some((kind, amount?)))
    }

    fn check_amounts(&self) -> Result<(), Refusal> {
        match [Some(self.amount), self.discount].into_iter().flatten().find(|amount| !amount.is_positive()) {
            Some(amount) => Err(Refusal::AmountNotPositive { amount }),
            None => Ok(()),
        }
    }
}

/// A recorded settlement and its reversal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordedSettlement {
    /// The settlement.
    pub settlement: Settlement,
    /// The effective date of its entries: its own, or a later one.
    pub counts_on: NaiveDate,
    /// The effective date of its reversal; `None` if not reversed.
    pub reversed_on: Option<NaiveDate>,
}

impl OpenItem {
    /// The open balance.
    pub(crate) const fn open(&self) -> Money {
        self.amounts.open()
    }

    /// The item and its debtor.
    const fn key(&self) -> (ItemId, CustomerId) {
        (self.id, self.customer)
    }

    /// Its first entry.
    pub(super) fn opening_entry(&self, recording: &Recording) -> Entry {
        recording.entry(self.key(), EntryKind::Document, self.amounts.total(), self.issued_on)
    }

    /// The item after movements of this date, and their entries, which count from the first open day from which the balance allows it.
    pub(super) fn moved(
        self,
        movements: impl IntoIterator<Item = (EntryKind, Money)>,
        dated_on: NaiveDate,
        recording: &Recording,
    ) -> Result<(OpenItem, Vec<Entry>), BadAmounts> {
        self.moved_from(movements, (dated_on, dated_on), recording)
    }

    /// As [`OpenItem::moved`], of what does not count before a date of its own. Its balance changes in no other way.
    fn moved_from(
        self,
        movements: impl IntoIterator<Item = (EntryKind, Money)>,
        (dated_on, from): (NaiveDate, NaiveDate),
        recording: &Recording,
    ) -> Result<(OpenItem, Vec<Entry>), BadAmounts> {
        let movements: Vec<(EntryKind, Money)> = movements.into_iter().collect();
        let amounts = self.amounts.after(movements.iter().copied())?;
        let from = recording.open_days.first_from(from);
        let effective_on = self.timeline.counts_from(from, amounts.open(), amounts.total())?;
        let entry = |(kind, amount)| Entry { dated_on, ..recording.entry(self.key(), kind, amount, effective_on) };
        let entries: Vec<Entry> = movements.into_iter().map(entry).collect();
        let mut timeline = self.timeline;
        timeline.add(effective_on, amounts.open().checked_sub(self.amounts.open())?)?;
        Ok((OpenItem { amounts, timeline, updated_at: recording.at, ..self }, entries))
    }

    /// Settles it in part or in full, with the discount granted and the difference written off, if any.
    ///
    /// # Errors
    /// `ItemClosed`, `Money` (another currency), `AmountNotPositive`, `EffectiveInFuture`, `WriteOffNotAllowed`, `SettlementExceedsOpen` and
    /// `DiscountNotAllowed`. `tolerances` is the policy that the settlement names, where it depends on it.
    pub(crate) fn settle(
        self,
        settlement: &Settlement,
        tolerances: Option<&TolerancePolicy>,
        recording: &Recording,
    ) -> Result<(OpenItem, Vec<Entry>), Refusal> {
        if self.amounts.is_closed() {
            return Err(Refusal::ItemClosed);
        }
        let taken = settlement.taken()?;
        let exceeds = taken.compare(self.open())? == Ordering::Greater;
        settlement.check_amounts()?;
        recording.open_days.check_entry(settlement.effective_on)?;
        if let Some(write_off) = settlement.write_off {
            self.check_write_off(write_off.amount, settlement.amount, taken)?;
            // A person decides about a difference without a limit of ours.
            let limits = tolerances.filter(|_| settlement.decided_by.is_none());
            if limits.map_or(Ok(false), |limits| self.exceeds_tolerance(write_off.amount, limits))? {
                return Err(Refusal::WriteOffNotAllowed { why: "it exceeds the tolerance" });
            }
        }
        if exceeds {
            return Err(Refusal::SettlementExceedsOpen { open: self.open() });
        }
        if settlement.discount.is_some() {
            self.check_discount(settlement, tolerances.map_or(0, TolerancePolicy::granted_grace_days), taken)?;
        }
        let open = self.open();
        let movements = settlement.movements(SETTLING).map(|(kind, amount)| (kind, amount.negated()));
        self.moved(movements, settlement.effective_on, recording).map_err(|bad| match bad {
            BadAmounts::Money(error) => Refusal::Money(error),
            BadAmounts::Negative | BadAmounts::ExceedTotal => Refusal::SettlementExceedsOpen { open },
        })
    }

    /// Reverses a settlement in full. The caller checks that it was not reversed before.
    ///
    /// # Errors
    /// `ReversedBeforeSettled`, `EffectiveInFuture`, and `SettlementNotFound` if the item has less settled.
    pub(crate) fn reverse(
        self,
        recorded: &RecordedSettlement,
        effective_on: NaiveDate,
        recording: &Recording,
    ) -> Result<(OpenItem, Vec<Entry>), Refusal> {
        if effective_on < recorded.counts_on {
            return Err(Refusal::ReversedBeforeSettled { settled_on: recorded.counts_on });
        }
        recording.open_days.check_entry(effective_on)?;
        self.moved(recorded.settlement.movements(REVERSING), effective_on, recording).map_err(|bad| match bad {
            BadAmounts::Money(error) => Refusal::Money(error),
            BadAmounts::Negative | BadAmounts::ExceedTotal => Refusal::SettlementNotFound,
        })
    }

    /// Applies a credit, or reverses that: a movement of this date that does not count before another one.
    ///
    /// # Errors
    /// `CreditExceedsOpen`; `CreditEntryNotReversible` if the item has less credited; `Money`.
    pub(super) fn credited(
        self,
        kind: EntryKind,
        amount: Money,
        dates: (NaiveDate, NaiveDate),
        recording: &Recording,
    ) -> Result<(OpenItem, Entry), Refusal> {
        let open = self.open();
        let refused = |bad| match bad {
            BadAmounts::Money(error) => Refusal::Money(error),
            BadAmounts::Negative => Refusal::CreditEntryNotReversible,
            BadAmounts::ExceedTotal => Refusal::CreditExceedsOpen { credit: amount.abs(), open },
        };
        let (item, mut entries) = self.moved_from([(kind, amount)], dates, recording).map_err(refused)?;
        let entry = entries.pop().ok_or(Refusal::NothingOpen)?;
        Ok((item, entry))
    }

    /// Voids the item in full.
    ///
    /// # Errors
    /// `ItemClosed`, `InvoiceSettled` while anything is settled or discounted.
    pub(super) fn void(self, voided_on: NaiveDate, recording: &Recording) -> Result<(OpenItem, Vec<Entry>), Refusal> {
        self.check_untouched()?;
        let movement = (EntryKind::Void, self.open().negated());
        self.moved([movement], voided_on, recording).map_err(|_| Refusal::ItemClosed)
    }

    /// Fails unless nothing is settled or discounted, or all of it was reversed, and nothing is credited.
    fn check_untouched(&self) -> Result<(), Refusal> {
        if self.amounts.is_closed() {
            Err(Refusal::ItemClosed)
        } else if self.amounts.is_settled_in_part() {
            Err(Refusal::InvoiceSettled)
        } else if self.amounts.is_credited_in_part() {
            Err(Refusal::InvoiceCreditedInPart)
        } else {
            Ok(())
        }
    }

    /// The discount that a tier of the terms grants on what is not credited, rounded half up, as printed on the document.
    ///
    /// # Errors
    /// `Money`, if the amount is too large.
    pub(crate) fn discount_on(&self, paid_on: NaiveDate) -> Result<Option<Money>, Refusal> {
        let tier = self.terms.discount_on(self.issued_on, paid_on);
        let base = self.amounts.total().checked_sub(self.amounts.credited())?;
        tier.map(|tier| base.times(tier.percent.fraction(), Rounding::HalfUp)).transpose().map_err(Refusal::Money)
    }

    /// A write-off is smaller than its settlement, and closes the item together with it.
    fn check_write_off(&self, write_off: Money, amount: Money, taken: Money) -> Result<(), Refusal> {
        if write_off.is_zero() {
            return Err(Refusal::WriteOffNotAllowed { why: "it is zero" });
        }
        if write_off.abs().compare(amount)? != Ordering::Less {
            return Err(Refusal::WriteOffNotAllowed { why: "it is not smaller than the settlement" });
        }
        if taken != self.open() {
            return Err(Refusal::WriteOffNotAllowed { why: "with it the settlement does not close the item" });
        }
        Ok(())
    }

    /// Whether a small difference is larger than what is tolerated on a document over what is not credited.
    fn exceeds_tolerance(&self, write_off: Money, limits: &TolerancePolicy) -> Result<bool, Refusal> {
        let total = self.amounts.total().checked_sub(self.amounts.credited())?;
        Ok(write_off.abs().compare(limits.of(self.customer, total))?.is_gt())
    }

    /// A discount requires payment in time, with so many days of grace, and in full: it closes the item, and all discounts on the item together are
    /// within the tier open on the effective date.
    fn check_discount(&self, settlement: &Settlement, grace_days: u16, taken: Money) -> Result<(), Refusal> {
        if taken != self.open() {
            return Err(Refusal::DiscountNotAllowed { why: "with it the settlement does not close the item" });
        }
        let grace = Days::new(grace_days.into());
        let paid_on = settlement.effective_on.checked_sub_days(grace).unwrap_or(NaiveDate::MIN);
        let granted = self
            .discount_on(paid_on.max(self.issued_on))?
            .ok_or(Refusal::DiscountNotAllowed { why: "no discount is open on that day" })?;
        let wanted = self.amounts.discounted().checked_add(settlement.discount_or_zero())?;
        if wanted.compare(granted)? == Ordering::Greater {
            return Err(Refusal::DiscountNotAllowed { why: "it is greater than the terms grant" });
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "open_item_histories.rs"]
mod histories;
#[cfg(test)]
#[path = "open_item_tests.rs"]
mod tests;
