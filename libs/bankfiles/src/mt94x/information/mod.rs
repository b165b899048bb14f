//! `:86:`, whose format depends on the country: numbered subfields (Germany, Austria, Poland), SEPA keywords,
//! slash-separated codes (Netherlands, SWIFT), or plain text.

mod keywords;
mod numbered;
mod slashes;

use super::tags::Field;
use crate::{Detail, Entry, fields};

/// Completes an entry from the `:86:` fields that follow it.
pub(super) fn complete(entry: &mut Entry, texts: &[Field]) {
    let mut detail = entry.details.pop().unwrap_or_default();
    let known = detail.counterparty.clone();
    let texts: Vec<&Field> = texts.iter().filter(|field| !field.joined().trim().is_empty()).collect();
    match texts.as_slice() {
        [] => {}
        [only] if only.tag == "NS" => plain_numbered(entry, &mut detail, only),
        [only] => any_dialect(entry, &mut detail, only),
        // Several :86: in a row are lines of plain text.
        many => {
            let lines: Vec<String> = many.iter().map(|field| plain_text(field)).collect();
            detail.remittance = lines.join("\n");
        }
    }
    if detail.counterparty.name.is_empty() && detail.counterparty.account.is_empty() {
        detail.counterparty = known;
    }
    take_supplement(entry, &mut detail);
    add_references(entry, &mut detail);
    if detail != Detail::default() {
        entry.details.push(detail);
    }
}

fn any_dialect(entry: &mut Entry, detail: &mut Detail, field: &Field) {
    let text = field.joined();
    if let Some(subfields) = numbered::split(text.trim_start()) {
        subfields.complete(entry, detail);
    } else if let Some(parts) = slashes::split(text.trim()) {
        slashes::complete(detail, &parts);
    } else if keywords::are_in(&text) {
        let lines = plain_text(field);
        keywords::complete(entry, detail, &lines);
    } else {
        detail.remittance = plain_text(field);
    }
}

fn plain_text(field: &Field) -> String {
    let lines = field.lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// `:NS:` has one subfield a line: 01 to 14 remittance, 15 and 16 name, 17 booking text, 19 bank, 20 account.
fn plain_numbered(entry: &mut Entry, detail: &mut Detail, field: &Field) {
    let mut remittance = Vec::new();
    let mut name = Vec::new();
    for (number, text) in numbered_lines(field) {
        match number {
            1..=14 => remittance.push(text),
            15 | 16 => name.push(text),
            17 => text.clone_into(&mut entry.information),
            19 => text.clone_into(&mut detail.counterparty.bank),
            20 => text.clone_into(&mut detail.counterparty.account),
            _ => {}
        }
    }
    detail.remittance = remittance.join("\n");
    detail.counterparty.name = name.join(" ");
}

/// The account owner: `:NS:22` after the account.
pub(super) fn account_owner(field: &Field) -> String {
    numbered_lines(field).find(|(number, _)| *number == 22).map(|(_, text)| text.to_owned()).unwrap_or_default()
}

fn numbered_lines(field: &Field) -> impl Iterator<Item = (u8, &str)> {
    field.lines.iter().filter_map(|line| {
        let (number, text) = line.split_at_checked(2)?;
        Some((number.parse().ok()?, text.trim())).filter(|(_, text)| !text.is_empty())
    })
}

/// The supplementary line of `:61:` is the counterparty's account with some banks, a name with others.
fn take_supplement(entry: &mut Entry, detail: &mut Detail) {
    let first = entry.information.lines().next().unwrap_or_default().trim();
    let is_account = has_iban_shape(first)
        || first
            .strip_prefix('P')
            .is_some_and(|rest| rest.len() >= 7 && rest.bytes().all(|byte| byte.is_ascii_digit()));
    if is_account && detail.counterparty.account.is_empty() {
        first.clone_into(&mut detail.counterparty.account);
    }
}

/// Two letters, two digits, then up to thirty more: the check digits are not verified, as banks do not mistype.
fn has_iban_shape(text: &str) -> bool {
    let all = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let mut start = text.bytes();
    let country = start.by_ref().take(2).all(|byte| byte.is_ascii_uppercase());
    let check = start.take(2).all(|byte| byte.is_ascii_digit());
    (15..=34).contains(&text.len()) && all && country && check
}

/// Finds references with check digits in the payer's text: ISO 11649 and Swiss ones.
fn add_references(entry: &Entry, detail: &mut Detail) {
    let texts = [detail.remittance.as_str(), entry.customer_reference.as_str()];
    let words = texts.into_iter().flat_map(|text| text.split(|letter: char| !letter.is_ascii_alphanumeric()));
    let found: Vec<String> = words
        .filter(|word| fields::is_creditor_reference(word) || fields::is_swiss_reference(word))
        .map(str::to_owned)
        .collect();
    for reference in found {
        if !detail.creditor_references.contains(&reference) && detail.creditor_references.len() < 100 {
            detail.creditor_references.push(reference);
        }
    }
}

/// A meaningful id: banks fill the field with placeholders if the payer gave none.
fn id(text: &str) -> String {
    match text.trim() {
        "NOTPROVIDED" | "NOT PROVIDED" | "NONREF" | "NOTAVAILABLE" => String::new(),
        text => text.to_owned(),
    }
}

/// Words with single spaces.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A reason code of ISO 20022: `AC04`, `MS03`, `MD06`.
fn is_reason(text: &str) -> bool {
    text.len() == 4
        && text.bytes().take(2).all(|byte| byte.is_ascii_uppercase())
        && text.bytes().skip(2).all(|byte| byte.is_ascii_digit())
}
