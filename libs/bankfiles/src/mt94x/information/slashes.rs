//! Codes between slashes: `/TRTP/SEPA OVERBOEKING/IBAN/.../NAME/.../REMI/.../EREF/...`, `/CNTP/account/bic/name/`.

use super::{id, squeezed};
use crate::{Detail, Party, fields};

const CODES: [&str; 44] = [
    "TRTP", "IBAN", "BIC", "NAME", "REMI", "EREF", "ORDP", "BENM", "ADDR", "ISDT", "CSID", "MARF", "PREF", "RTRN",
    "CNTP", "TRCD", "ULTB", "ULTD", "ULTC", "SVCL", "PURP", "UDTR", "UCRD", "OCMT", "CHGS", "EXCH", "KREF", "SWOC",
    "INST", "ID", "OAMT", "CHG", "FX", "CREF", "BREF", "MREF", "CRED", "ORD", "BEN", "RFB", "ROC", "SUM", "NREF",
    "IREF",
];

/// The codes and what follows them, in order; `None` if the text does not begin with one.
pub(super) fn split(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut parts: Vec<(&str, &str)> = Vec::new();
    let mut rest = text;
    let (first, behind) = code_at(rest)?;
    let mut code = first;
    rest = behind;
    let mut from = 0;
    let mut cursor = 0;
    while let Some(found) = rest.get(cursor..).and_then(|tail| tail.find('/')) {
        let at = cursor.saturating_add(found);
        match rest.get(at..).and_then(code_at) {
            Some((next, behind)) => {
                parts.push((code, rest.get(from..at).unwrap_or_default()));
                code = next;
                rest = behind;
                (from, cursor) = (0, 0);
            }
            None => cursor = at.saturating_add(1),
        }
    }
    parts.push((code, rest.get(from..).unwrap_or_default()));
    Some(parts)
}

/// The code at the start of a text, and the text from the slash after it.
fn code_at(text: &str) -> Option<(&str, &str)> {
    let (code, _) = text.strip_prefix('/')?.split_once('/').filter(|(code, _)| code.len() <= 4)?;
    let behind = text.get(code.len().saturating_add(2)..)?;
    CODES.contains(&code).then_some((code, behind))
}

/// Applies the codes to the entry.
pub(super) fn complete(detail: &mut Detail, parts: &[(&str, &str)]) {
    let mut ultimate = false;
    for (code, raw) in parts {
        let value = raw.trim_matches(['/', ' ']);
        let text = squeezed(value);
        match *code {
            "ULTB" | "ULTD" | "ULTC" | "UDTR" | "UCRD" => {
                ultimate = true;
                named(&mut detail.ultimate_counterparty, &text);
            }
            "ORDP" | "BENM" | "ORD" | "BEN" => {
                ultimate = false;
                named(&mut detail.counterparty, &text);
            }
            "NAME" if ultimate => named(&mut detail.ultimate_counterparty, &text),
            "NAME" => named(&mut detail.counterparty, &text),
            "IBAN" => detail.counterparty.account = text.replace(' ', ""),
            "BIC" => detail.counterparty.bank = text,
            "CNTP" => detail.counterparty = counterparty(raw),
            "REMI" => remittance(detail, raw),
            "EREF" => detail.end_to_end_id = id(&text),
            "MARF" | "MREF" => detail.mandate_id = id(&text),
            "PREF" if detail.bank_reference.is_empty() => detail.bank_reference = id(&text),
            "RTRN" if !text.is_empty() => detail.return_reason = Some(text),
            _ => {}
        }
    }
}

fn named(party: &mut Party, name: &str) {
    if party.name.is_empty() {
        name.clone_into(&mut party.name);
    }
}

/// `account/bic/name/city`; each may be empty.
fn counterparty(text: &str) -> Party {
    let mut parts = text.split('/').map(str::trim);
    let mut part = || parts.next().unwrap_or_default().to_owned();
    Party { account: part(), bank: part(), name: part() }.checked()
}

impl Party {
    /// Some banks omit the account together with its slash.
    fn checked(self) -> Party {
        let has_no_account =
            fields::is_bic(&self.account) && !fields::is_bic(&self.bank) && !fields::is_iban(&self.account);
        if has_no_account && self.name.is_empty() {
            return Party { account: String::new(), bank: self.account, name: self.bank };
        }
        self
    }
}

/// `USTD//text`, `STRD/CUR/reference`, `STRD/ISO/RF...`, or plain text.
fn remittance(detail: &mut Detail, raw: &str) {
    if let Some(structured) = raw.strip_prefix("STRD/") {
        let mut parts = structured.split('/').map(str::trim).filter(|part| !part.is_empty());
        let ((Some("CUR" | "ISO" | "BBA" | "SCOR"), Some(reference)) | (Some(reference), _)) =
            (parts.next(), parts.next())
        else {
            return;
        };
        detail.creditor_references.push(reference.to_owned());
        return;
    }
    let text = raw.strip_prefix("USTD/").unwrap_or(raw);
    let text = text.trim_matches(['/', ' ']);
    if !detail.remittance.is_empty() && !text.is_empty() {
        detail.remittance.push('\n');
    }
    detail.remittance.push_str(text);
}
