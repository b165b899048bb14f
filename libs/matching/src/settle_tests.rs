//! What an amount settles: discounts, tolerances, and the order of settlement.
#![expect(clippy::inconsistent_digit_grouping, reason = "cents are set apart")]

use super::{
    tests::{Shelf, day},
    *,
};

/// Day, late discount accepted, amounts; discount, write-offs, left over, left open.
type Row = (&'static str, bool, [i64; 3], i64, [i64; 3], [i64; 3], [i64; 3]);

/// Half of an item is not a small difference, whatever is tolerated.
#[test]
fn less_is_written_off_than_is_paid() {
    let mut shelf = Shelf::default();
    let ada = shelf.customer("Ada");
    let ix = shelf.item(ada, "INV-1", 10_00);
    let item = shelf.book.item(ix).unwrap();
    let policy = Policy { tolerance: rust_decimal::Decimal::ONE, tolerance_cap: 5_00, ..Policy::default() };
    let settled = |amount| settle(&[(ix, item)], amount, day("2026-03-02"), &policy);
    assert_eq!((settled(5_00).fit, settled(5_00).left_open), (Fit::Short, 5_00));
    assert_eq!((settled(5_01).fit, settled(5_01).parts[0].write_off), (Fit::Tolerance, 4_99));
    assert_eq!((settled(15_00).fit, settled(15_00).parts[0].write_off), (Fit::Tolerance, -5_00));
}

/// Section 4.13: an invoice of 1,000, a discount of 20 to 15 January, grace to the 20th, tolerance at most 5.
#[test]
fn the_discount_and_tolerance_table_holds_row_by_row() {
    let mut shelf = Shelf::default();
    let ada = shelf.customer("Ada");
    let ix = shelf.discounted(ada, "INV-1", 1_000_00, &[("2026-01-15", 20_00)]);
    let (full, less) = ([1_005_00, 1_000_00, 995_00], [985_00, 980_00, 975_00]);
    let (kept, over, open) = ([-5_00, 0, 5_00], [25_00, 20_00, 15_00], [15_00, 20_00, 25_00]);
    let none = [0, 0, 0];
    let rows: [Row; 8] = [
        ("2026-01-15", false, less, 20_00, kept, none, none),
        ("2026-01-15", false, full, 20_00, none, over, none),
        ("2026-01-16", true, full, 20_00, none, over, none),
        ("2026-01-20", true, full, 20_00, none, over, none),
        ("2026-01-20", false, full, 0, kept, none, none),
        ("2026-01-20", true, less, 20_00, kept, none, none),
        ("2026-01-21", true, full, 0, kept, none, none),
        ("2026-01-21", true, less, 0, none, none, open),
    ];
    let item = shelf.book.item(ix).unwrap();
    for (on, accept_late_discount, amounts, discount, write_offs, left_over, left_open) in rows {
        let policy = Policy {
            tolerance: rust_decimal::Decimal::new(1, 2),
            tolerance_cap: 5_00,
            grace_days: 5,
            accept_late_discount,
            ..Policy::default()
        };
        for place in 0..3 {
            let outcome = settle(&[(ix, item)], amounts[place], day(on), &policy);
            let part = outcome.parts[0];
            let found = (part.discount, part.write_off, outcome.left_over, outcome.left_open);
            assert_eq!(
                found,
                (discount, write_offs[place], left_over[place], left_open[place]),
                "{on} {accept_late_discount} {place}"
            );
            assert_eq!(part.reduces() + outcome.left_open, item.open);
            assert_eq!(part.amount + outcome.left_over, amounts[place]);
        }
    }
}

/// The last of several payments in time earns the discount on all of the item.
#[test]
fn a_discount_is_earned_by_parts_that_are_all_in_time() {
    for (first_on, value_on, discount, left_open) in [
        ("2026-01-05", "2026-01-10", 20_00, 0),
        ("2026-01-05", "2026-01-15", 20_00, 0),
        ("2026-01-05", "2026-01-16", 0, 20_00),
        ("2026-01-16", "2026-01-10", 0, 20_00),
    ] {
        let mut shelf = Shelf::default();
        let ada = shelf.customer("Ada");
        let ix = shelf.discounted(ada, "INV-1", 1_000_00, &[("2026-01-15", 20_00)]);
        shelf.book.reduce(ix, 500_00, day(first_on));
        let item = shelf.book.item(ix).unwrap();
        let outcome = settle(&[(ix, item)], 480_00, day(value_on), &Policy::default());
        assert_eq!((outcome.parts[0].discount, outcome.left_open), (discount, left_open), "{first_on} {value_on}");
        // What is left is no more than the discount: nothing is granted on it.
        shelf.book.reduce(ix, 480_00, day(first_on));
        assert_eq!(shelf.book.item(ix).unwrap().discount_on(day("2026-01-05"), 0), 0);
    }
}

/// Section 4.14: 700 on 25 October.
#[test]
fn the_settlement_order_vector_holds() {
    let mut shelf = Shelf::default();
    let ada = shelf.customer("Ada");
    let mut add = |number: &str, minor: i64, due_on: &str, kind| {
        let ix = shelf.item(ada, number, minor);
        (ix, Item { due_on: day(due_on), kind, ..shelf.book.item(ix).unwrap().clone() })
    };
    let owned = [
        add("I1", 100, "2026-08-15", ItemKind::Invoice),
        add("I2", 250, "2026-09-01", ItemKind::Invoice),
        add("I3", 500, "2026-10-15", ItemKind::Invoice),
        add("N1", 7, "2026-10-15", ItemKind::Interest),
    ];
    let items: Vec<(ItemIx, &Item)> = owned.iter().map(|(ix, item)| (*ix, item)).collect();
    let settled = |order: Vec<(ItemIx, &Item)>| {
        let mut left = 700;
        let take = |(_, item): (ItemIx, &Item)| {
            let part = left.min(item.open);
            left -= part;
            part
        };
        order.into_iter().map(take).collect::<Vec<i64>>()
    };
    assert_eq!(settled(by_priority(&items)), [7, 100, 250, 343]);
    assert_eq!(settled(by_due_date(&items)), [100, 250, 350, 0]);
}
