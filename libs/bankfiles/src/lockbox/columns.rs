//! The columns of the records.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::fields;
use crate::lines::Line;

/// A record: a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// The physical line.
    pub(super) at: u64,
    columns: Vec<char>,
}

impl Record {
    pub(super) fn new(line: &Line) -> Record {
        Record { at: line.number, columns: line.text().chars().take(400).collect() }
    }

    /// The record type.
    pub(super) fn kind(&self) -> char {
        self.columns.first().copied().unwrap_or(' ')
    }

    /// The columns from `first` to `last`, counted from 1, without spaces around them.
    pub(super) fn text(&self, first: usize, last: usize) -> String {
        let width = last.saturating_add(1).saturating_sub(first);
        let text: String = self.columns.iter().skip(first.saturating_sub(1)).take(width).collect();
        text.trim().to_owned()
    }

    pub(super) fn number(&self, first: usize, last: usize) -> Option<u64> {
        self.text(first, last).parse().ok()
    }

    /// Cents as dollars.
    pub(super) fn amount(&self, first: usize, last: usize) -> Option<Decimal> {
        fields::implied(&self.text(first, last), 2)
    }
}

/// A check: record 6.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Check {
    /// Batch and item.
    pub(super) key: String,
    pub(super) amount: Option<Decimal>,
    pub(super) routing: String,
    pub(super) account: String,
    pub(super) number: String,
    /// The check's date, if the bank enters it: `MMDDYY`.
    pub(super) dated_on: Option<NaiveDate>,
    pub(super) remitter: String,
}

/// Columns 8 to 17 amount, 18 to 26 routing, 27 to 36 account, 37 to 46 check number, then optional data of the bank: date,
/// remitter, payee.
pub(super) fn check(record: &Record) -> Check {
    let date = record.text(47, 52);
    let dated_on = match (date.get(4..6), date.get(..4)) {
        (Some(year), Some(day)) if date.len() == 6 => fields::date(&format!("{year}{day}")),
        _ => None,
    };
    let has_date = date.len() == 6 && date.bytes().all(|byte| byte.is_ascii_digit());
    let remitter = if has_date { record.text(53, 82) } else { record.text(47, 76) };
    Check {
        key: record.text(2, 7),
        amount: record.amount(8, 17),
        routing: record.text(18, 26),
        account: record.text(27, 36),
        number: record.text(37, 46),
        dated_on,
        remitter,
    }
}

/// An invoice of an overflow record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Invoice {
    pub(super) number: String,
    pub(super) paid: Option<Decimal>,
    pub(super) deduction: Option<Decimal>,
}

/// Known widths of an invoice number. An amount of ten digits follows it, and maybe a deduction of ten.
const INVOICE_WIDTHS: [usize; 4] = [15, 16, 10, 20];
const AMOUNT_WIDTH: usize = 10;

/// The invoice of record 4, after batch, item, overflow type, sequence and the mark of the last: column 12.
pub(super) fn overflow(record: &Record) -> Option<Invoice> {
    let length = record.columns.iter().rposition(|letter| !letter.is_whitespace())?.saturating_add(1);
    let rest = length.checked_sub(11)?;
    let fit = INVOICE_WIDTHS.into_iter().find(|width| {
        let behind = rest.checked_sub(*width);
        matches!(behind, Some(AMOUNT_WIDTH | 20)) && invoice(record, *width).is_some()
    });
    let whole = || {
        let number = record.text(12, 400);
        (!number.is_empty()).then_some(Invoice { number, paid: None, deduction: None })
    };
    fit.and_then(|width| invoice(record, width)).or_else(whole)
}

fn invoice(record: &Record, width: usize) -> Option<Invoice> {
    let number = record.text(12, width.saturating_add(11));
    let paid_at = width.saturating_add(12);
    let paid = record.amount(paid_at, paid_at.saturating_add(9)).filter(|paid| !paid.is_sign_negative())?;
    let deduction = record.amount(paid_at.saturating_add(10), paid_at.saturating_add(19));
    (!number.is_empty()).then_some(Invoice { number, paid: Some(paid), deduction })
}
