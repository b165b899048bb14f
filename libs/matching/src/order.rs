//! The order in which unallocated money settles open items.

use crate::book::Item;
use crate::index::ItemIx;

/// By due date; of one day, fees first, then letters, interest, invoices.
pub fn by_due_date<'a>(items: &[(ItemIx, &'a Item)]) -> Vec<(ItemIx, &'a Item)> {
    let mut order = items.to_vec();
    order.sort_by(|(_, a), (_, b)| {
        (a.due_on, rank_last(a), a.number.as_str()).cmp(&(b.due_on, rank_last(b), b.number.as_str()))
    });
    order
}

/// Fees first, then letters, interest and invoices; each by due date.
pub fn by_priority<'a>(items: &[(ItemIx, &'a Item)]) -> Vec<(ItemIx, &'a Item)> {
    let mut order = items.to_vec();
    order.sort_by(|(_, a), (_, b)| (a.kind, a.due_on, a.number.as_str()).cmp(&(b.kind, b.due_on, b.number.as_str())));
    order
}

/// Of one due date, invoices come before what accrued on them.
const fn rank_last(item: &Item) -> u8 {
    match item.kind {
        super::book::ItemKind::Invoice => 0,
        super::book::ItemKind::Interest => 1,
        super::book::ItemKind::Letter => 2,
        super::book::ItemKind::Fee => 3,
    }
}
