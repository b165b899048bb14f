//! Transaction details (16) and the summaries of an account record (03).

use std::collections::VecDeque;

use chrono::NaiveDate;

use super::record::Record;
use crate::fields;

/// The availability of an amount.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Funds {
    /// `Z`, or not said.
    #[default]
    Unknown,
    /// `0`: at once.
    Immediate,
    /// `V`: on the day given.
    On(Option<NaiveDate>),
    /// `1`, `2`, `S`, `D`: in parts or days later.
    Later,
}

/// A type code with an amount, in the account record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Summary<'a> {
    pub(super) code: &'a str,
    pub(super) amount: &'a str,
}

/// A parsed transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Transaction<'a> {
    pub(super) code: &'a str,
    pub(super) amount: &'a str,
    pub(super) funds: Funds,
    pub(super) bank_reference: &'a str,
    pub(super) customer_reference: &'a str,
    /// Lines joined by a line break.
    pub(super) text: String,
}

/// The summaries of an account record, behind number and currency.
pub(super) fn summaries<'a>(mut fields: impl Iterator<Item = &'a str>) -> Vec<Summary<'a>> {
    let mut found = Vec::new();
    // A continued line that ends in a delimiter has an extra empty field there.
    while let Some(code) = fields.by_ref().find(|field| !field.is_empty()) {
        let Some(amount) = fields.next() else {
            found.push(Summary { code, amount: "" });
            break;
        };
        let _item_count = fields.next();
        let _funds = fields.next().map(|funds| take_funds(funds, || fields.next()));
        found.push(Summary { code, amount });
    }
    found
}

/// Reads a transaction record.
pub(super) fn transaction(record: &Record) -> Transaction<'_> {
    let mut rest = Rest { lines: record.lines.iter().map(String::as_str).collect() };
    let code = rest.field().unwrap_or_default();
    let amount = rest.field().unwrap_or_default();
    let funds = rest.field().map(|funds| take_funds(funds, || rest.field())).unwrap_or_default();
    let bank_reference = rest.field().unwrap_or_default();
    let customer_reference = rest.field().unwrap_or_default();
    Transaction { code, amount, funds, bank_reference, customer_reference, text: rest.text() }
}

/// The rest of a record: fields to take, then text that may contain commas.
struct Rest<'a> {
    lines: VecDeque<&'a str>,
}

impl<'a> Rest<'a> {
    fn field(&mut self) -> Option<&'a str> {
        let line = self.lines.pop_front()?;
        let Some((field, rest)) = line.split_once(',') else { return Some(line.trim()) };
        self.lines.push_front(rest);
        Some(field.trim())
    }

    fn text(self) -> String {
        let lines = self.lines.into_iter().map(str::trim).filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Takes the fields after a funds type.
fn take_funds<'a>(funds: &str, mut next: impl FnMut() -> Option<&'a str>) -> Funds {
    match funds {
        "0" => Funds::Immediate,
        "1" | "2" => Funds::Later,
        "S" | "s" => {
            let _parts = (next(), next(), next());
            Funds::Later
        }
        "V" | "v" => {
            let date = next().and_then(fields::date);
            let _time = next();
            Funds::On(date)
        }
        "D" | "d" => {
            let count = next().and_then(|count| count.parse::<u32>().ok()).unwrap_or(0);
            for _ in 0..count.saturating_mul(2) {
                if next().is_none() {
                    break;
                }
            }
            Funds::Later
        }
        _ => Funds::Unknown,
    }
}
