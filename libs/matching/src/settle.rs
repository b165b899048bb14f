//! The settlement of items by an amount: discounts by the terms frozen on each for the value date, small
//! differences within tolerance, residuals and excess. The table of the domain's section 4.13.

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

/// The seller's policy for tolerances and late discounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The tolerance as a fraction of a document's total: 0.005 is half a percent.
    pub tolerance: Decimal,
    /// The largest tolerance on a document, in minor units. Zero: no tolerance.
    pub tolerance_cap: i64,
    /// Days of grace after a discount's last day.
    pub grace_days: u16,
    /// Whether a discount within the days of grace is granted.
    pub accept_late_discount: bool,
    /// Whether an exactly named document is paid in part or beyond if the payer is not named at all: true for
    /// payments recorded by a platform, which names the document itself; false for bank entries.
    pub believe_number_alone: bool,
    /// The fallback for money of a known payer that no rule explains.
    pub fallback: Fallback,
}

/// The fallback for money of a known payer that no rule explains.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Fallback {
    /// It stays on the customer's account.
    #[default]
    OnAccount,
    /// It pays the earliest due items, without tolerance.
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
    /// The tolerance on a document, in minor units: the same whether it is paid alone or with
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

/// How well an amount matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fit {
    /// Exactly the open balance, or less the discounts earned.
    Cent,
    /// Exactly, with expired discounts: they stay open.
    Unearned,
    /// Within tolerance.
    Tolerance,
    /// More than the open balance.
    Over,
    /// Less than the open balance.
    Short,
}

/// The settlement of items by an amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How well it matches.
    pub fit: Fit,
    /// The allocation to each item, the earliest due first. Empty if the amount is too small for all items.
    pub parts: Vec<Part>,
    /// The excess of the amount.
    pub left_over: i64,
    /// The residual of the items.
    pub left_open: i64,
}

/// The largest amount that matching supports, in minor units: a thousand of them can be summed. A larger one is left to a person, never reduced
/// to the limit.
pub const MAX_AMOUNT: i64 = i64::MAX / 1_000;

/// An amount in minor units; `None` beyond [`MAX_AMOUNT`].
pub fn minor(amount: Money) -> Option<i64> {
    i64::try_from(amount.to_minor()).ok().filter(|minor| minor.unsigned_abs() <= MAX_AMOUNT.unsigned_abs())
}

/// Settles all of the items, which must be open, distinct, and of one currency. Items that cannot be summed get nothing.
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
        // A payment in time earns the discount, taken or not.
        let explained = amount == open || combination(&items, &earned, open.saturating_sub(amount)).is_some();
        let fit = if explained { Fit::Cent } else { Fit::Over };
        return Outcome { fit, parts: whole(&items, &earned), left_over: difference.saturating_neg(), left_open: 0 };
    }
    short(&items, &earned, amount, open)
}

/// Every item in full, with its discount.
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

/// Every item in full; the difference is written off (or kept) within the items' own tolerances, in their order.
/// `None` if it exceeds them.
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

/// The amount is less than the open balance.
fn short(items: &[(ItemIx, &Item)], earned: &[i64], amount: i64, open: i64) -> Outcome {
    let left_open = open.saturating_sub(amount);
    let claimable: Vec<i64> = items
        .iter()
        .zip(earned)
        .map(|((_, item), earned)| if *earned > 0 { *earned } else { item.nominal_discount() })
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

/// The discounts taken, each in full or not at all, that add up to the shortfall; `None` if
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

/// `None` on overflow.
fn sum(mut values: impl Iterator<Item = i64>) -> Option<i64> {
    values.try_fold(0, i64::checked_add)
}
