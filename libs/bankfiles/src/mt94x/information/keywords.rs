//! SEPA keywords within a text: `EREF+`, `MREF+`, `SVWZ+` (DK Anlage 3).

use super::id;
use crate::{Detail, Entry};

const KEYWORDS: [&str; 16] = [
    "EREF", "KREF", "MREF", "CRED", "DEBT", "SVWZ", "ABWA", "ABWE", "COAM", "OAMT", "RREF", "SQTP", "PURP", "IBAN",
    "BIC", "RTRN",
];

/// Whether a text has keywords.
pub(super) fn are_in(text: &str) -> bool {
    text.contains("SVWZ+") || text.contains("EREF+") || text.contains("KREF+") || text.contains("MREF+")
}

/// Applies the keywords to the entry; a text before the first one is remittance too.
pub(super) fn complete(entry: &mut Entry, detail: &mut Detail, text: &str) {
    let mut remittance = Vec::new();
    for (keyword, value) in split(text) {
        let line = one_line(value);
        let (id_line, behind) = first_line(value);
        match keyword {
            "" | "SVWZ" => remittance.push(value.trim().to_owned()),
            "EREF" => detail.end_to_end_id = id(id_line),
            "KREF" if entry.customer_reference.is_empty() => entry.customer_reference = id(id_line),
            "MREF" => detail.mandate_id = id(id_line),
            "ABWA" | "ABWE" => detail.ultimate_counterparty.name = line,
            "RTRN" => detail.return_reason = Some(line),
            "IBAN" => detail.counterparty.account = line,
            "BIC" => detail.counterparty.bank = line,
            _ => {}
        }
        if matches!(keyword, "EREF" | "KREF" | "MREF" | "CRED") {
            remittance.push(behind.to_owned());
        }
    }
    remittance.retain(|part| !part.is_empty());
    detail.remittance = remittance.join("\n");
}

/// An id ends with its line, unless that is empty: the rest has no keyword.
fn first_line(value: &str) -> (&str, &str) {
    let value = value.trim();
    let (first, behind) = value.split_once('\n').unwrap_or((value, ""));
    (first.trim(), behind.trim())
}

/// A value of one line; a line break within it is the bank's.
fn one_line(value: &str) -> String {
    value.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The parts of a text by keyword; the part before the first has none.
fn split(text: &str) -> Vec<(&str, &str)> {
    let marks = text.match_indices('+').filter_map(|(plus, _)| {
        let before = text.get(..plus)?;
        let keyword = KEYWORDS.into_iter().find(|keyword| before.ends_with(keyword))?;
        Some((plus.checked_sub(keyword.len())?, plus.checked_add(1)?, keyword))
    });
    let mut parts = Vec::new();
    let mut keyword = "";
    let mut from = 0;
    for (start, end, next) in marks {
        parts.push((keyword, text.get(from..start).unwrap_or_default()));
        (keyword, from) = (next, end);
    }
    parts.push((keyword, text.get(from..).unwrap_or_default()));
    parts
}
