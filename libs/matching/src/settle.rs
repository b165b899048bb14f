//! What an amount does to items it is meant for: discounts as the terms frozen on each allow on the value date, small
//! differences within tolerance, and what stays open or is left over. The table of the domain's section 4.13.

use chrono::NaiveDate;
use quittance_kernel::Money;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::book::Item;
use crate::index::ItemIx;
use crate::line::Part;

/// Of more items than this that could each earn a discount, all took theirs or none did; of fewer, every combination is
/// tried (at most 4,096).
const MAX_COMBINED: usize = 12;

/// How far a payment may be off, and how late a discount may be taken. Decided by the seller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Part of a document's total that may be missing or too much, as a fraction: 0.005 is half a percent.
    pub tolerance: Decimal,
    /// The most that may be missing or too much on a document, in minor units. Zero: no tolerance.
    pub tolerance_cap: i64,
    /// Days after the discount's last in which it may still be granted.
    pub grace_days: u16,
    /// Whether it is.
    pub accept_late_discount: bool,
    /// Whether a document named exactly is paid in part or beyond where nothing at all is said of the payer: so for
    /// payments that a platform records, which names the document itself; not for what banks deliver.
    pub believe_number_alone: bool,
    /// What happens to money of a known payer that nothing else explains.
    pub fallback: Fallback,
}

/// What happens to money of a known payer that nothing else explains.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Fallback {
    /// It stays on the customer's account.
    #[default]
    OnAccount,
    /// It pays what is due first, without tolerance.
    OldestFirst,
}

impl Fallback {
    /// The name in storage.
    pub const fn label(self) -> &'static str {
        match self {
            Fallback::OnAccount => "on_account",
            Fallback::OldestFirst => "oldest_first",
        }
    }

    /// The fallback with this label, if there is one.
    pub fn parse(label: &str) -> Option<Fallback> {
        [Fallback::OnAccount, Fallback::OldestFirst].into_iter().find(|fallback| fallback.label() == label)
    }
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            tolerance: Decimal::ZERO,
            tolerance_cap: 0,
            grace_days: 0,
            accept_late_discount: false,
            believe_number_alone: false,
            fallback: Fallback::OnAccount,
        }
    }
}

impl Policy {
    /// How much may be missing or too much on a document, in minor units: the same whether it is paid alone or with
    /// others.
    pub fn tolerance_of(&self, item: &Item) -> i64 {
        if !item.tolerates || self.tolerance_cap == 0 {
            return 0;
        }
        let part = (self.tolerance * Decimal::from(item.total)).trunc().to_i64().unwrap_or(i64::MAX);
        part.min(self.tolerance_cap).max(0)
    }

    /// The discount the item earns on this value date.
    pub fn discount(&self, item: &Item, value_on: NaiveDate) -> i64 {
        item.discount_on(value_on, if self.accept_late_discount { self.grace_days } else { 0 })
    }
}

/// How well an amount fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fit {
    /// To the cent, what is owed or what is owed less the discounts earned.
    Cent,
    /// To the cent, with discounts that are not earned any more: they stay open.
    Unearned,
    /// Within tolerance.
    Tolerance,
    /// More than is owed.
    Over,
    /// Less than is owed.
    Short,
}

/// What an amount does to items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How well it fits.
    pub fit: Fit,
    /// What goes to each item, the earliest due first. None where less came than the items need to get something each.
    pub parts: Vec<Part>,
    /// What is left of the amount.
    pub left_over: i64,
    /// What stays open on the items.
    pub left_open: i64,
}

/// The largest amount that matching reckons with, in minor units: a thousand of them can be summed. What is larger is left to a person, never brought
/// down to what fits.
pub const MAX_AMOUNT: i64 = i64::MAX / 1_000;

/// An amount in minor units; `None` beyond [`MAX_AMOUNT`].
pub fn minor(amount: Money) -> Option<i64> {
    i64::try_from(amount.to_minor()).ok().filter(|minor| minor.unsigned_abs() <= MAX_AMOUNT.unsigned_abs())
}

/// What the amount does to all of the items, each open, of one currency, each once. Items that cannot be summed are paid nothing.
pub fn settle(items: &[(ItemIx, &Item)], amount: i64, value_on: NaiveDate, policy: &Policy) -> Outcome {
    let mut items: Vec<(ItemIx, &Item)> = items.to_vec();
    items.sort_by(|(_, a), (_, b)| (a.due_on, a.number.as_str()).cmp(&(b.due_on, b.number.as_str())));
    let earned: Vec<i64> = items.iter().map(|(_, item)| policy.discount(item, value_on)).collect();
    let Some(open) = sum(items.iter().map(|(_, item)| item.open)) else {
        return Outcome { fit: Fit::Short, parts: Vec::new(), left_over: 0, left_open: i64::MAX };
    };
    // Discounts are parts of what is open.
    let expected = open.saturating_sub(sum(earned.iter().copied()).unwrap_or(open));
    let difference = expected.saturating_sub(amount);
    if let Some(parts) = within_tolerance(&items, &earned, difference, policy) {
        let fit = if difference == 0 { Fit::Cent } else { Fit::Tolerance };
        return Outcome { fit, parts, left_over: 0, left_open: 0 };
    }
    if difference < 0 {
        // Who pays in time has the discount, taken or not.
        let explained = amount == open || combination(&items, &earned, open.saturating_sub(amount)).is_some();
        let fit = if explained { Fit::Cent } else { Fit::Over };
        return Outcome { fit, parts: whole(&items, &earned), left_over: difference.saturating_neg(), left_open: 0 };
    }
    short(&items, &earned, amount, open)
}

/// Every item whole, with its discount.
fn whole(items: &[(ItemIx, &Item)], discounts: &[i64]) -> Vec<Part> {
    let parts = items.iter().zip(discounts);
    let parts = parts.map(|((ix, item), discount)| Part {
        item: *ix,
        amount: item.open - discount,
        discount: *discount,
        write_off: 0,
    });
    parts.collect()
}

/// Every item whole; the difference is written off (or kept) where the items' own tolerances have room, in their order.
/// `None` if they have not enough.
fn within_tolerance(
    items: &[(ItemIx, &Item)],
    discounts: &[i64],
    difference: i64,
    policy: &Policy,
) -> Option<Vec<Part>> {
    let mut left = difference;
    let mut parts = whole(items, discounts);
    for (part, (_, item)) in parts.iter_mut().zip(items) {
        let room = policy.tolerance_of(item);
        // On every item more is paid than is written off.
        part.write_off = left.clamp(-room, room.min((part.amount - 1) / 2).max(0));
        part.amount -= part.write_off;
        left -= part.write_off;
    }
    (left == 0).then_some(parts)
}

/// Less came than is owed.
fn short(items: &[(ItemIx, &Item)], earned: &[i64], amount: i64, open: i64) -> Outcome {
    let left_open = open.saturating_sub(amount);
    let claimable: Vec<i64> = items
        .iter()
        .zip(earned)
        .map(|((_, item), earned)| if *earned > 0 { *earned } else { nominal_discount(item) })
        .collect();
    if let Some(claimed) = combination(items, &claimable, left_open) {
        let parts = items.iter().zip(earned).zip(&claimed).map(|(((ix, item), earned), claimed)| {
            let discount = if earned == claimed { *earned } else { 0 };
            Part { item: *ix, amount: item.open - claimed, discount, write_off: 0 }
        });
        let parts: Vec<Part> = parts.collect();
        let granted = sum(parts.iter().map(|part| part.discount)).unwrap_or(left_open);
        return Outcome { fit: Fit::Unearned, parts, left_over: 0, left_open: left_open - granted };
    }
    let mut left = amount;
    let parts = items.iter().map(|(ix, item)| {
        let amount = left.min(item.open);
        left -= amount;
        Part { item: *ix, amount, discount: 0, write_off: 0 }
    });
    let parts: Vec<Part> = parts.collect();
    let all_get_some = parts.iter().all(|part| part.amount > 0);
    Outcome { fit: Fit::Short, parts: if all_get_some { parts } else { Vec::new() }, left_over: 0, left_open }
}

/// The discount the document states, whenever it is paid: the last one that was open.
pub(super) fn nominal_discount(item: &Item) -> i64 {
    if item.open == item.total { item.tiers.last().map_or(0, |tier| tier.amount) } else { 0 }
}

/// Which of the discounts were taken, each whole or not at all, so that together they make up the shortfall; `None` if
/// no combination does, or more than one.
fn combination(items: &[(ItemIx, &Item)], discounts: &[i64], shortfall: i64) -> Option<Vec<i64>> {
    let all = sum(discounts.iter().copied())?;
    let closes = items.iter().zip(discounts).all(|((_, item), discount)| item.open > *discount);
    if shortfall <= 0 || all < shortfall || !closes {
        return None;
    }
    if all == shortfall {
        return Some(discounts.to_vec());
    }
    let places: Vec<usize> =
        (0..discounts.len()).filter(|place| discounts.get(*place).is_some_and(|d| *d > 0)).collect();
    if places.len() > MAX_COMBINED {
        return None;
    }
    let taken = |bits: u32| {
        let mut taken = vec![0; discounts.len()];
        for (_, place) in places.iter().enumerate().filter(|(bit, _)| bits & (1 << bit) != 0) {
            taken[*place] = discounts[*place];
        }
        taken
    };
    let mut fitting =
        (1..1_u32 << places.len()).map(taken).filter(|taken| sum(taken.iter().copied()) == Some(shortfall));
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first)
}

/// `None` where the sum is beyond all numbers here.
fn sum(mut values: impl Iterator<Item = i64>) -> Option<i64> {
    values.try_fold(0, i64::checked_add)
}
