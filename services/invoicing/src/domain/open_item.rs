//! Open items: what is owed on an issued document, and the entries that move it.

use std::cmp::Ordering;

use chrono::NaiveDate;
use quittance_kernel::{AllocationId, CustomerId, ItemId, Money, PaymentId, Rounding, Terms};

use super::amounts::{Amounts, BadAmounts};
use super::refusal::Refusal;

/// A receivable. It is open until it is settled, discounted, credited or voided to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenItem {
    /// Equal to the invoice's id.
    pub id: ItemId,
    /// Who owes it.
    pub customer: CustomerId,
    /// The document's number.
    pub number: String,
    /// Issue date.
    pub issued_on: NaiveDate,
    /// Due date.
    pub due_on: NaiveDate,
    /// The terms as frozen on the document: they decide about discounts.
    pub terms: Terms,
    /// What was owed at first and what has become of it.
    pub amounts: Amounts,
}

/// Money that settles an item.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Settlement {
    /// Given by payments; settles once.
    pub allocation: AllocationId,
    /// Whose payment.
    pub payment: PaymentId,
    /// What it settles.
    pub item: ItemId,
    /// How much.
    pub amount: Money,
    /// Early-payment discount granted with it.
    pub discount: Option<Money>,
    /// When it counts.
    pub effective_on: NaiveDate,
}

/// What moves an open item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// Issued.
    Invoice,
    /// Paid.
    Settlement,
    /// Early-payment discount.
    Discount,
    /// A payment taken back.
    SettlementReversal,
    /// A discount taken back.
    DiscountReversal,
    /// Credited.
    Credit,
    /// Voided.
    Void,
}

impl EntryKind {
    const ALL: [EntryKind; 7] = [
        EntryKind::Invoice,
        EntryKind::Settlement,
        EntryKind::Discount,
        EntryKind::SettlementReversal,
        EntryKind::DiscountReversal,
        EntryKind::Credit,
        EntryKind::Void,
    ];

    /// The name in storage.
    pub const fn label(self) -> &'static str {
        match self {
            EntryKind::Invoice => "invoice",
            EntryKind::Settlement => "settlement",
            EntryKind::Discount => "discount",
            EntryKind::SettlementReversal => "settlement_reversal",
            EntryKind::DiscountReversal => "discount_reversal",
            EntryKind::Credit => "credit",
            EntryKind::Void => "void",
        }
    }

    /// The kind with this label, if there is one.
    pub fn parse(label: &str) -> Option<EntryKind> {
        EntryKind::ALL.into_iter().find(|kind| kind.label() == label)
    }
}

/// One movement of an item. Entries are only ever added; their sum is what is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Entry {
    /// What it is.
    pub kind: EntryKind,
    /// Positive: owed more.
    pub amount: Money,
    /// When it counts.
    pub effective_on: NaiveDate,
}

impl Settlement {
    /// Whether this is the settlement that was recorded for its allocation, asked for again.
    ///
    /// # Errors
    /// `AllocationDiffers` if anything about it is different.
    pub fn repeats(&self, recorded: &Settlement) -> Result<(), Refusal> {
        if self == recorded { Ok(()) } else { Err(Refusal::AllocationDiffers) }
    }

    fn discount_or_zero(&self) -> Money {
        self.discount.unwrap_or(Money::zero(self.amount.currency()))
    }

    fn check_amounts(&self) -> Result<(), Refusal> {
        match [Some(self.amount), self.discount].into_iter().flatten().find(|amount| !amount.is_positive()) {
            Some(amount) => Err(Refusal::AmountNotPositive { amount }),
            None => Ok(()),
        }
    }
}

impl OpenItem {
    /// What is still owed.
    pub const fn open(&self) -> Money {
        self.amounts.open()
    }

    /// The entry with which it came into being.
    pub const fn opening_entry(&self) -> Entry {
        Entry { kind: EntryKind::Invoice, amount: self.amounts.total(), effective_on: self.issued_on }
    }

    /// Settles it, in part or in full, with the discount if one is granted.
    ///
    /// # Errors
    /// `ItemClosed`, `Money` (another currency), `AmountNotPositive`, `SettledBeforeIssued`, `SettlementExceedsOpen` and
    /// `DiscountNotAllowed`.
    pub fn settle(self, settlement: &Settlement) -> Result<(OpenItem, Vec<Entry>), Refusal> {
        if self.amounts.is_closed() {
            return Err(Refusal::ItemClosed);
        }
        let discount = settlement.discount_or_zero();
        let taken = settlement.amount.checked_add(discount)?;
        let exceeds = taken.compare(self.open())? == Ordering::Greater;
        settlement.check_amounts()?;
        if settlement.effective_on < self.issued_on {
            return Err(Refusal::SettledBeforeIssued { issued_on: self.issued_on });
        }
        if exceeds {
            return Err(Refusal::SettlementExceedsOpen { open: self.open() });
        }
        if settlement.discount.is_some() {
            self.check_discount(settlement, taken)?;
        }
        let open = self.open();
        let amounts = self.amounts.settling(settlement.amount, discount).map_err(|bad| match bad {
            BadAmounts::Money(error) => Refusal::Money(error),
            BadAmounts::Negative | BadAmounts::ExceedTotal => Refusal::SettlementExceedsOpen { open },
        })?;
        let entries = entries(settlement, EntryKind::Settlement, EntryKind::Discount, settlement.effective_on);
        let entries = entries.into_iter().map(|entry| Entry { amount: entry.amount.negated(), ..entry }).collect();
        Ok((OpenItem { amounts, ..self }, entries))
    }

    /// Takes a settlement back, whole. Whether it was taken back before is the caller's to know.
    ///
    /// # Errors
    /// `ReversedBeforeSettled`, and `SettlementNotFound` if the item does not hold as much.
    pub fn reverse(self, settlement: &Settlement, effective_on: NaiveDate) -> Result<(OpenItem, Vec<Entry>), Refusal> {
        if effective_on < settlement.effective_on {
            return Err(Refusal::ReversedBeforeSettled { settled_on: settlement.effective_on });
        }
        let (amount, discount) = (settlement.amount.negated(), settlement.discount_or_zero().negated());
        let amounts = self.amounts.settling(amount, discount).map_err(|bad| match bad {
            BadAmounts::Money(error) => Refusal::Money(error),
            BadAmounts::Negative | BadAmounts::ExceedTotal => Refusal::SettlementNotFound,
        })?;
        let entries = entries(settlement, EntryKind::SettlementReversal, EntryKind::DiscountReversal, effective_on);
        Ok((OpenItem { amounts, ..self }, entries))
    }

    /// Credits all of it.
    ///
    /// # Errors
    /// `ItemClosed`, `InvoiceSettled` while anything is settled or discounted, `IssuedBeforeInvoice`.
    pub fn credit_in_full(self, issued_on: NaiveDate) -> Result<(OpenItem, Entry), Refusal> {
        self.check_untouched()?;
        if issued_on < self.issued_on {
            return Err(Refusal::IssuedBeforeInvoice { invoice_issued_on: self.issued_on });
        }
        let entry = Entry { kind: EntryKind::Credit, amount: self.open().negated(), effective_on: issued_on };
        let amounts = self.amounts.crediting().map_err(|_| Refusal::ItemClosed)?;
        Ok((OpenItem { amounts, ..self }, entry))
    }

    /// Voids all of it. It counts on the given day, but not before the issue date.
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

    /// Nothing was settled, discounted, credited or voided, or all of it was taken back.
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
    pub fn discount_on(&self, paid_on: NaiveDate) -> Result<Option<Money>, Refusal> {
        let tier = self.terms.discount_on(self.issued_on, paid_on);
        tier.map(|tier| self.amounts.total().times(tier.percent.fraction(), Rounding::HalfUp))
            .transpose()
            .map_err(Refusal::Money)
    }

    /// A discount is for who pays in time and in full: it closes the item, and all discounts on the item together stay
    /// within what the tier that was open on the effective date grants.
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

fn entries(settlement: &Settlement, paid: EntryKind, discounted: EntryKind, effective_on: NaiveDate) -> Vec<Entry> {
    let payment = Entry { kind: paid, amount: settlement.amount, effective_on };
    let discount = settlement.discount.map(|amount| Entry { kind: discounted, amount, effective_on });
    std::iter::once(payment).chain(discount).collect()
}

#[cfg(test)]
#[path = "open_item_tests.rs"]
mod tests;
