//! Open items of issued documents, and the entries that change their balance.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::{AllocationId, CustomerId, ItemId, Money, MoneyError, PaymentId, Rounding, Terms, WriteOff};

use super::amounts::{Amounts, BadAmounts};
use super::refusal::Refusal;

/// A receivable. It is open until it is settled, discounted, written off, credited or voided to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenItem {
    /// Equal to the invoice's id.
    pub id: ItemId,
    /// The debtor.
    pub customer: CustomerId,
    /// The document's number.
    pub number: String,
    /// Issue date.
    pub issued_on: NaiveDate,
    /// Due date.
    pub due_on: NaiveDate,
    /// The terms frozen on the document, which decide about discounts.
    pub terms: Terms,
    /// The total and its parts.
    pub amounts: Amounts,
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
    /// The effective date.
    pub effective_on: NaiveDate,
}

/// The kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum EntryKind {
    /// Issued.
    Invoice,
    /// Paid.
    Settlement,
    /// Early-payment discount.
    Discount,
    /// A small difference written off, or an excess kept.
    WriteOff,
    /// The reversal of a settlement.
    SettlementReversal,
    /// The reversal of a discount.
    DiscountReversal,
    /// The reversal of a write-off.
    WriteOffReversal,
    /// Credited.
    Credit,
    /// Voided.
    Void,
}

impl EntryKind {
    const ALL: [EntryKind; 9] = [
        EntryKind::Invoice,
        EntryKind::Settlement,
        EntryKind::Discount,
        EntryKind::WriteOff,
        EntryKind::SettlementReversal,
        EntryKind::DiscountReversal,
        EntryKind::WriteOffReversal,
        EntryKind::Credit,
        EntryKind::Void,
    ];

    /// The name in storage.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            EntryKind::Invoice => "invoice",
            EntryKind::Settlement => "settlement",
            EntryKind::Discount => "discount",
            EntryKind::WriteOff => "write_off",
            EntryKind::SettlementReversal => "settlement_reversal",
            EntryKind::DiscountReversal => "discount_reversal",
            EntryKind::WriteOffReversal => "write_off_reversal",
            EntryKind::Credit => "credit",
            EntryKind::Void => "void",
        }
    }

    /// The kind with this label, if there is one.
    pub(crate) fn parse(label: &str) -> Option<EntryKind> {
        EntryKind::ALL.into_iter().find(|kind| kind.label() == label)
    }
}

/// A movement of an item. Entries are insert-only; their sum is the open balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Entry {
    /// Its kind.
    pub kind: EntryKind,
    /// The amount; positive increases the balance.
    pub amount: Money,
    /// The effective date.
    pub effective_on: NaiveDate,
}

/// A settlement without a write-off has the hash of versions before write-offs existed: a call repeated across an upgrade is
/// the same call.
impl Hash for Settlement {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.allocation, self.payment, self.item, self.amount, self.discount, self.effective_on).hash(state);
        if let Some(write_off) = self.write_off {
            write_off.hash(state);
        }
    }
}

/// The entries of a settlement's amount, discount and write-off.
const SETTLING: [EntryKind; 3] = [EntryKind::Settlement, EntryKind::Discount, EntryKind::WriteOff];
const REVERSING: [EntryKind; 3] =
    [EntryKind::SettlementReversal, EntryKind::DiscountReversal, EntryKind::WriteOffReversal];

impl Settlement {
    /// Fails unless this is the settlement recorded before for its allocation.
    ///
    /// # Errors
    /// `AllocationDiffers` if anything about it is different.
    pub(crate) fn repeats(&self, recorded: &Settlement) -> Result<(), Refusal> {
        if self == recorded { Ok(()) } else { Err(Refusal::AllocationDiffers) }
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

    fn check_amounts(&self) -> Result<(), Refusal> {
        match [Some(self.amount), self.discount].into_iter().flatten().find(|amount| !amount.is_positive()) {
            Some(amount) => Err(Refusal::AmountNotPositive { amount }),
            None => Ok(()),
        }
    }
}

impl OpenItem {
    /// The open balance.
    pub(crate) const fn open(&self) -> Money {
        self.amounts.open()
    }

    /// Its first entry.
    pub(crate) const fn opening_entry(&self) -> Entry {
        Entry { kind: EntryKind::Invoice, amount: self.amounts.total(), effective_on: self.issued_on }
    }

    /// Settles it in part or in full, with the discount granted and the difference written off, if any.
    ///
    /// # Errors
    /// `ItemClosed`, `Money` (another currency), `AmountNotPositive`, `SettledBeforeIssued`, `WriteOffNotAllowed`,
    /// `SettlementExceedsOpen` and `DiscountNotAllowed`.
    pub(crate) fn settle(self, settlement: &Settlement) -> Result<(OpenItem, Vec<Entry>), Refusal> {
        if self.amounts.is_closed() {
            return Err(Refusal::ItemClosed);
        }
        let taken = settlement.taken()?;
        let exceeds = taken.compare(self.open())? == Ordering::Greater;
        settlement.check_amounts()?;
        if settlement.effective_on < self.issued_on {
            return Err(Refusal::SettledBeforeIssued { issued_on: self.issued_on });
        }
        if let Some(write_off) = settlement.write_off {
            self.check_write_off(write_off.amount, settlement.amount, taken)?;
        }
        if exceeds {
            return Err(Refusal::SettlementExceedsOpen { open: self.open() });
        }
        if settlement.discount.is_some() {
            self.check_discount(settlement, taken)?;
        }
        let open = self.open();
        let (discount, write_off) = (settlement.discount_or_zero(), settlement.write_off_or_zero());
        let amounts = self.amounts.settling(settlement.amount, discount, write_off).map_err(|bad| match bad {
            BadAmounts::Money(error) => Refusal::Money(error),
            BadAmounts::Negative | BadAmounts::ExceedTotal => Refusal::SettlementExceedsOpen { open },
        })?;
        let entries = entries(settlement, SETTLING, settlement.effective_on);
        let entries = entries.into_iter().map(|entry| Entry { amount: entry.amount.negated(), ..entry }).collect();
        Ok((OpenItem { amounts, ..self }, entries))
    }

    /// Reverses a settlement in full. The caller checks that it was not reversed before.
    ///
    /// # Errors
    /// `ReversedBeforeSettled`, and `SettlementNotFound` if the item has less settled.
    pub(crate) fn reverse(
        self,
        settlement: &Settlement,
        effective_on: NaiveDate,
    ) -> Result<(OpenItem, Vec<Entry>), Refusal> {
        if effective_on < settlement.effective_on {
            return Err(Refusal::ReversedBeforeSettled { settled_on: settlement.effective_on });
        }
        let (amount, discount) = (settlement.amount.negated(), settlement.discount_or_zero().negated());
        let write_off = settlement.write_off_or_zero().negated();
        let amounts = self.amounts.settling(amount, discount, write_off).map_err(|bad| match bad {
            BadAmounts::Money(error) => Refusal::Money(error),
            BadAmounts::Negative | BadAmounts::ExceedTotal => Refusal::SettlementNotFound,
        })?;
        let entries = entries(settlement, REVERSING, effective_on);
        Ok((OpenItem { amounts, ..self }, entries))
    }

    /// Credits the item in full.
    ///
    /// # Errors
    /// `ItemClosed`, `InvoiceSettled` while anything is settled or discounted, `IssuedBeforeInvoice`.
    pub(crate) fn credit_in_full(self, issued_on: NaiveDate) -> Result<(OpenItem, Entry), Refusal> {
        self.check_untouched()?;
        if issued_on < self.issued_on {
            return Err(Refusal::IssuedBeforeInvoice { invoice_issued_on: self.issued_on });
        }
        let entry = Entry { kind: EntryKind::Credit, amount: self.open().negated(), effective_on: issued_on };
        let amounts = self.amounts.crediting().map_err(|_| Refusal::ItemClosed)?;
        Ok((OpenItem { amounts, ..self }, entry))
    }

    /// Voids the item in full, effective on the given day, but not before the issue date.
    ///
    /// # Errors
    /// `ItemClosed`, `InvoiceSettled` while anything is settled or discounted.
    pub(super) fn void(self, today: NaiveDate) -> Result<(OpenItem, Entry), Refusal> {
        self.check_untouched()?;
        let effective_on = today.max(self.issued_on);
        let entry = Entry { kind: EntryKind::Void, amount: self.open().negated(), effective_on };
        let amounts = self.amounts.voiding().map_err(|_| Refusal::ItemClosed)?;
        Ok((OpenItem { amounts, ..self }, entry))
    }

    /// Fails unless nothing is settled or discounted, or all of it was reversed.
    pub(super) fn check_untouched(&self) -> Result<(), Refusal> {
        if self.amounts.is_closed() {
            Err(Refusal::ItemClosed)
        } else if self.amounts.is_settled_in_part() {
            Err(Refusal::InvoiceSettled)
        } else {
            Ok(())
        }
    }

    /// The discount that a tier of the terms grants, rounded half up, as printed on the document.
    ///
    /// # Errors
    /// `Money`, if the amount is too large.
    pub(crate) fn discount_on(&self, paid_on: NaiveDate) -> Result<Option<Money>, Refusal> {
        let tier = self.terms.discount_on(self.issued_on, paid_on);
        tier.map(|tier| self.amounts.total().times(tier.percent.fraction(), Rounding::HalfUp))
            .transpose()
            .map_err(Refusal::Money)
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

    /// A discount requires payment in time and in full: it closes the item, and all discounts on the item together are
    /// within the tier open on the effective date.
    fn check_discount(&self, settlement: &Settlement, taken: Money) -> Result<(), Refusal> {
        if taken != self.open() {
            return Err(Refusal::DiscountNotAllowed { why: "with it the settlement does not close the item" });
        }
        let granted = self
            .discount_on(settlement.effective_on)?
            .ok_or(Refusal::DiscountNotAllowed { why: "no discount is open on that day" })?;
        let wanted = self.amounts.discounted().checked_add(settlement.discount_or_zero())?;
        if wanted.compare(granted)? == Ordering::Greater {
            return Err(Refusal::DiscountNotAllowed { why: "it is greater than the terms grant" });
        }
        Ok(())
    }
}

/// Its settled, discounted and written-off amounts, as entries of these kinds.
fn entries(settlement: &Settlement, kinds: [EntryKind; 3], effective_on: NaiveDate) -> Vec<Entry> {
    let write_off = settlement.write_off.map(|write_off| write_off.amount);
    let amounts = [Some(settlement.amount), settlement.discount, write_off];
    let entries = kinds.into_iter().zip(amounts);
    entries.filter_map(|(kind, amount)| Some(Entry { kind, amount: amount?, effective_on })).collect()
}

#[cfg(test)]
#[path = "open_item_tests.rs"]
mod tests;
