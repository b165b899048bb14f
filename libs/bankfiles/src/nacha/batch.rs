//! Batch headers and entries, whose columns differ between classes.

use rust_decimal::Decimal;

use super::record::Record;
use super::{Batch, Item};
use crate::fields;

/// The column layout of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Layout {
    /// Payments within the country.
    #[default]
    Domestic,
    /// CTX, ATX, TRX, ENR: the number of addenda is before the name.
    Counted,
    /// International: `IAT`, and `COR` for one.
    International,
    /// Accounting advice of the ACH operator.
    Advice,
}

/// Reads a batch header (5).
pub(super) fn header(record: &Record) -> (Batch, Layout) {
    let sec = record.text(51, 53).to_ascii_uppercase();
    let layout = match sec.as_str() {
        "IAT" => Layout::International,
        "COR" if record.text(5, 20) == "IATCOR" => Layout::International,
        "ADV" => Layout::Advice,
        "CTX" | "ATX" | "TRX" | "ENR" => Layout::Counted,
        _ => Layout::Domestic,
    };
    let international = layout == Layout::International;
    let batch = Batch {
        company: if international { String::new() } else { record.text(5, 20) },
        company_id: record.text(41, 50),
        description: record.text(54, 63),
        effective_on: fields::date(&record.text(70, 75)),
        number: record.text(88, 94),
        sec,
        ..Batch::default()
    };
    (batch, layout)
}

/// The direction of an entry, by its transaction code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Credit,
    Debit,
    /// The code is invalid, or not one of this class.
    None,
}

/// The side of a transaction code. Tens: 2 checking, 3 savings, 4 general ledger, 5 loan, 8 accounting advice.
pub(super) fn side(code: &str, layout: Layout) -> Side {
    let mut digits = code.chars().map(|digit| digit.to_digit(10));
    let (Some(Some(tens)), Some(Some(ones)), None) = (digits.next(), digits.next(), digits.next()) else {
        return Side::None;
    };
    match (tens, ones) {
        (8, 1..=8) if layout == Layout::Advice && ones % 2 == 1 => Side::Credit,
        (8, 1..=8) if layout == Layout::Advice => Side::Debit,
        (2..=5, 0..=4) => Side::Credit,
        (2..=5, _) => Side::Debit,
        _ => Side::None,
    }
}

/// Reads an entry detail record (6). Its amount is signed; `None` if it is not digits.
pub(super) fn item(record: &Record, layout: Layout) -> (Item, Option<Decimal>, Side) {
    let code = record.text(2, 3);
    let side = side(&code, layout);
    let amount = if layout == Layout::Advice { record.amount(28, 39) } else { record.amount(30, 39) };
    let mut item = Item { routing: record.text(4, 12), code, ..Item::default() };
    match layout {
        Layout::Domestic | Layout::Counted => {
            item.account = record.text(13, 29);
            item.individual_id = record.text(40, 54);
            item.name = if layout == Layout::Counted { record.text(59, 74) } else { record.text(55, 76) };
            item.trace = record.text(80, 94);
        }
        Layout::International => {
            item.account = record.text(40, 74);
            item.trace = record.text(80, 94);
        }
        Layout::Advice => {
            item.account = record.text(13, 27);
            item.individual_id = record.text(49, 53);
            item.name = record.text(55, 76);
            item.trace = record.text(80, 94);
        }
    }
    let unsigned = amount.unwrap_or_default();
    item.amount = match side {
        Side::Credit => unsigned,
        Side::Debit => -unsigned,
        Side::None => Decimal::ZERO,
    };
    (item, amount, side)
}
