//! Addenda records (7): payment information, returns, changes.

use super::batch::Layout;
use super::record::Record;
use super::{Change, Item, Return, ReturnKind};
use crate::fields;

/// Reads a return (99), also one that dishonors or contests a return.
pub(super) fn returned(record: &Record, item: &Item, layout: Layout) -> Return {
    let code = record.text(4, 6);
    let kind = return_kind(&code);
    let mut found = Return {
        kind,
        amount: item.amount,
        original_trace: record.text(7, 21),
        original_bank: record.text(28, 35),
        account: item.account.clone(),
        individual_id: item.individual_id.clone(),
        name: item.name.clone(),
        trace: item.trace.clone(),
        code,
        ..Return::default()
    };
    match kind {
        ReturnKind::Return => {
            found.died_on = fields::date(&record.text(22, 27)).filter(|_| matches!(found.code.as_str(), "R14" | "R15"));
            let first = if layout == Layout::International { 46 } else { 36 };
            found.information = record.text(first, 79);
        }
        ReturnKind::Dishonored => {
            found.return_trace = record.text(39, 53);
            found.return_reason = reason(&record.text(57, 58));
            found.information = record.text(59, 79);
        }
        ReturnKind::Contested => {
            found.return_trace = record.text(39, 53);
            found.return_reason = reason(&record.text(57, 58));
            found.dishonored_trace = record.text(59, 73);
        }
    }
    found
}

fn return_kind(code: &str) -> ReturnKind {
    match code {
        "R61" | "R62" | "R67" | "R68" | "R69" | "R70" | "R77" => ReturnKind::Dishonored,
        "R71" | "R72" | "R73" | "R74" | "R75" | "R76" => ReturnKind::Contested,
        _ => ReturnKind::Return,
    }
}

fn reason(digits: &str) -> String {
    if digits.is_empty() { String::new() } else { format!("R{digits}") }
}

/// Reads a notification of change (98), also a refused one.
pub(super) fn change(record: &Record, item: &Item, layout: Layout) -> Change {
    let last = if layout == Layout::International { 70 } else { 64 };
    let raw = record.raw(36, last);
    let part = |from: usize, width: usize| {
        let text: String = raw.chars().skip(from).take(width).collect();
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let mut found = Change {
        code: record.text(4, 6),
        original_trace: record.text(7, 21),
        original_bank: record.text(28, 35),
        corrected: raw.trim().to_owned(),
        wrong_account: item.account.clone(),
        trace: item.trace.clone(),
        ..Change::default()
    };
    match found.code.as_str() {
        "C01" => found.account = part(0, 17),
        "C02" => found.routing = part(0, 9),
        "C03" => (found.routing, found.account) = (part(0, 9), part(12, 17)),
        "C04" => found.name = part(0, 22),
        "C05" => found.transaction_code = part(0, 2),
        "C06" => (found.account, found.transaction_code) = (part(0, 17), part(20, 2)),
        "C07" => (found.routing, found.account, found.transaction_code) = (part(0, 9), part(9, 17), part(26, 2)),
        "C09" => found.individual_id = part(0, 22),
        _ => {}
    }
    found
}

/// The text of an addenda record that carries one; for IAT's 10 and 16 nothing but names and addresses.
pub(super) fn information(record: &Record) -> Option<String> {
    let text = match record.text(2, 3).as_str() {
        "02" => Some(record.text(4, 79)),
        // Kept to the last column: a segment may continue in the next record.
        "05" | "17" => Some(record.raw(4, 83).trim_end().to_owned()),
        "18" => Some(record.text(4, 38)),
        _ => None,
    };
    text.filter(|text| !text.is_empty())
}

/// The receiver's (credit) or originator's (debit) name in an international payment, by addenda 10 and 11.
pub(super) fn name(record: &Record) -> Option<String> {
    match record.text(2, 3).as_str() {
        "10" => Some(record.text(47, 81)),
        _ => None,
    }
}
