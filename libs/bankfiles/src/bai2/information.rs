//! The text of a transaction. Its form is up to the bank; many write `KEY: value`, one a line or in a row.

use crate::{Detail, Entry, Party};

/// Known keys, longest first if one ends in another.
const KEYS: [&str; 38] = [
    "ORIG CO NAME:",
    "CO ENTRY DESCR:",
    "ORIGINATOR NAME:",
    "ORIG BANK NAME:",
    "INDIVIDUAL NAME:",
    "COMPANY NAME:",
    "ENTRY DESCRIPTION:",
    "DESC DATE:",
    "IND NAME:",
    "ORIG ID:",
    "TRACE#:",
    "IND ID:",
    "REMI:",
    "REMARK:",
    "EREF:",
    "CREF:",
    "DBNM:",
    "CRNM:",
    "DACT:",
    "CACT:",
    "DABA:",
    "CABA:",
    "DBIC:",
    "CBIC:",
    "CHKN:",
    "IDNM:",
    "SEC:",
    "EED:",
    "TRN:",
    "OBI:",
    "ORG:",
    "OGB:",
    "BNF:",
    "RFB:",
    "BBI:",
    "SND:",
    "REC:",
    "BBK:",
];

/// Completes an entry from its text.
pub(super) fn complete(entry: &mut Entry, text: &str) {
    let text = text.trim();
    if text.is_empty() || text == "-" {
        return;
    }
    let parts = split(text);
    let value = |keys: &[&str]| {
        let found = keys.iter().find_map(|key| parts.iter().find(|(name, value)| name == key && !value.is_empty()));
        found.map(|(_, value)| (*value).to_owned()).unwrap_or_default()
    };
    let before = parts.first().filter(|(key, _)| key.is_empty()).map(|(_, before)| *before).unwrap_or_default();
    before.lines().next().unwrap_or_default().trim().clone_into(&mut entry.information);
    let credit = !entry.amount.value.is_sign_negative();
    let counterparty = if credit {
        Party {
            name: value(&["DBNM:", "ORIG CO NAME:", "ORIGINATOR NAME:", "COMPANY NAME:", "ORG:"]),
            account: value(&["DACT:"]),
            bank: value(&["DBIC:", "DABA:", "OGB:"]),
        }
    } else {
        Party {
            name: value(&["CRNM:", "ORIG CO NAME:", "COMPANY NAME:", "BNF:", "IND NAME:", "INDIVIDUAL NAME:"]),
            account: value(&["CACT:"]),
            bank: value(&["CBIC:", "CABA:", "BBK:"]),
        }
    };
    let remittance = value(&["REMI:", "OBI:", "REMARK:"]);
    let detail = Detail {
        counterparty,
        end_to_end_id: value(&["EREF:", "RFB:"]),
        remittance: if remittance.is_empty() { text.to_owned() } else { remittance },
        return_reason: return_reason(text),
        ..Detail::default()
    };
    entry.details.push(detail);
}

/// The parts of a text by key; the part before the first has none.
fn split(text: &str) -> Vec<(&str, &str)> {
    let mut parts = Vec::new();
    let mut key = "";
    let mut from = 0;
    for (colon, _) in text.match_indices(':') {
        let end = colon.saturating_add(1);
        let before = text.get(..end).unwrap_or_default();
        let Some(next) = KEYS.into_iter().find(|key| before.ends_with(key)) else { continue };
        let start = end.saturating_sub(next.len());
        let free = before.get(..start).is_some_and(|left| left.is_empty() || !left.ends_with(char::is_alphanumeric));
        if start < from || !free {
            continue;
        }
        parts.push((key, text.get(from..start).unwrap_or_default().trim()));
        (key, from) = (next, end);
    }
    parts.push((key, text.get(from..).unwrap_or_default().trim()));
    parts
}

/// The reason of an ACH return, in quotes or after `REASON`: `R01`.
fn return_reason(text: &str) -> Option<String> {
    let (_, behind) = text.split_once("eason").or_else(|| text.split_once("EASON"))?;
    let word = behind.split(|letter: char| !letter.is_ascii_alphanumeric()).find(|word| !word.is_empty())?;
    let is_code =
        word.len() == 3 && word.starts_with(['R', 'C']) && word.bytes().skip(1).all(|byte| byte.is_ascii_digit());
    is_code.then(|| word.to_owned())
}
