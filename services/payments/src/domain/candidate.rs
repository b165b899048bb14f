//! Items that a payment may pay.

use chrono::NaiveDate;
use quittance_kernel::{CreditorReference, CustomerId, ItemId, Money, Rounding, Terms};

use uuid::Uuid;

use quittance_matching::{CustomerIx, Item, ItemKind, Number, Tier, minor};

/// A candidate item for a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The item.
    pub item: ItemId,
    /// The debtor.
    pub customer: CustomerId,
    /// The document's number.
    pub number: String,
    /// Our ISO 11649 reference on the document.
    pub payment_reference: Option<String>,
    /// The issue date.
    pub issued_on: NaiveDate,
    /// The due date.
    pub due_on: NaiveDate,
    /// The open balance, less what other payments have pending on it. Zero for a closed item.
    pub open: Money,
    /// What is to be paid in all: the original amount, less what was credited.
    pub total: Money,
    /// The discounts granted on it.
    pub discounted: Money,
    /// The latest effective date of what was paid on it; `None` if nothing was.
    pub paid_on: Option<NaiveDate>,
    /// Its payment terms.
    pub terms: Terms,
    /// The document that it is an installment of; `None` for a whole document.
    pub part_of: Option<Uuid>,
}

impl Candidate {
    /// The item as input of matching; `None` if an amount exceeds its limit.
    pub(crate) fn item(&self, customer: CustomerIx) -> Option<Item> {
        let tiers = self.terms.discounts().iter().filter_map(|discount| {
            let until = self.issued_on.checked_add_days(chrono::Days::new(discount.days.into()))?;
            let whole = self.total.times(discount.percent.fraction(), Rounding::HalfUp).ok()?;
            let amount = whole.checked_sub(self.discounted).ok()?;
            Some(Tier { until, amount: minor(amount).filter(|amount| *amount > 0)? })
        });
        Some(Item {
            customer,
            number: Number::new(&self.number),
            reference: self.payment_reference.as_deref().and_then(|text| CreditorReference::parse(text).ok()),
            currency: self.total.currency(),
            kind: ItemKind::Invoice,
            issued_on: self.issued_on,
            due_on: self.due_on,
            open: minor(self.open)?,
            total: minor(self.total)?,
            tiers: tiers.collect(),
            paid_on: self.paid_on,
            tolerates: true,
            part_of: self.part_of.map(|document| document.as_u128()),
        })
    }
}
