//! Numbered subfields (DK Anlage 3, part on MT940; Polish banks use the same with other separators):
//! `166?00GUTSCHRIFT?20EREF+...?30BANK?31ACCOUNT?32NAME`.

use super::{id, is_reason, keywords, squeezed};
use crate::{Detail, Entry};

/// The length of a subfield, in characters: a full one continues in the next without a break.
const FULL_SUBFIELD: usize = 27;

/// The transaction code and the subfields in order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Subfields {
    /// Geschäftsvorfallcode; empty where the text begins with a subfield.
    transaction: String,
    fields: Vec<(u8, String)>,
}

/// Splits a text that has subfields; `None` if it has none.
pub(super) fn split(text: &str) -> Option<Subfields> {
    let digits = text.bytes().take(3).take_while(u8::is_ascii_digit).count();
    let (transaction, rest) = match digits {
        3 => text.split_at_checked(3)?,
        _ => ("", text),
    };
    if transaction == "999" || (rest.is_empty() && !transaction.is_empty()) {
        let fields = vec![(20, rest.to_owned())];
        return Some(Subfields { transaction: transaction.to_owned(), fields });
    }
    let rest = rest.trim_start();
    let separator = rest.chars().next().filter(|first| is_separator(*first))?;
    let mut fields: Vec<(u8, String)> = Vec::new();
    for part in rest.split(separator).skip(1) {
        let number = part.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let number = number.and_then(|digits| digits.parse().ok()).filter(|number| is_known(*number));
        match (number, fields.last_mut()) {
            (Some(number), _) => fields.push((number, part.get(2..).unwrap_or_default().to_owned())),
            (None, _) if part.trim().is_empty() => {}
            // The separator is part of the text.
            (None, Some((_, text))) => {
                text.push(separator);
                text.push_str(part);
            }
            (None, None) => return None,
        }
    }
    // Without a code before them, a single number may be chance.
    (!transaction.is_empty() || fields.len() > 1).then(|| Subfields { transaction: transaction.to_owned(), fields })
}

fn is_separator(letter: char) -> bool {
    matches!(letter, '?' | '>' | '<' | '&' | '~' | '^' | '@' | '#' | '$' | '|' | '!' | '\'' | '*' | ';')
}

fn is_known(number: u8) -> bool {
    matches!(number, 0..=3 | 10 | 20..=39 | 60..=79)
}

impl Subfields {
    /// Applies the subfields to the entry.
    pub(super) fn complete(&self, entry: &mut Entry, detail: &mut Detail) {
        let booking_text = squeezed(&self.only(0));
        if !booking_text.is_empty() {
            entry.information = booking_text;
        }
        let remittance = joined(self.fields.iter().filter(|(number, _)| matches!(number, 20..=29 | 60..=65)));
        keywords::complete(entry, detail, &remittance);
        detail.counterparty.name = squeezed(&self.name());
        detail.counterparty.bank = squeezed(&self.only(30));
        let account = [self.only(38), self.only(31)].into_iter().find(|text| !text.trim().is_empty());
        detail.counterparty.account = account.map(|text| text.split_whitespace().collect()).unwrap_or_default();
        if self.is_return() {
            detail.return_reason = self.reason(&detail.remittance);
        }
    }

    fn only(&self, wanted: u8) -> String {
        self.fields.iter().filter(|(number, _)| *number == wanted).map(|(_, text)| text.as_str()).collect()
    }

    fn name(&self) -> String {
        let parts = [self.only(32), self.only(33)];
        let [first, second] = &parts;
        let separator = if first.chars().count() >= FULL_SUBFIELD { "" } else { " " };
        format!("{first}{separator}{second}")
    }

    /// 108, 109: returned direct debits; 159: returned transfer.
    fn is_return(&self) -> bool {
        matches!(self.transaction.as_str(), "108" | "109" | "159" | "183" | "184" | "185")
    }

    /// The reason in the text, or by subfield 34 (text key extension), which has its own numbers for some reasons.
    fn reason(&self, text: &str) -> Option<String> {
        let mut words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
        if let Some(code) = words.find(|word| is_reason(word)) {
            return Some(code.to_owned());
        }
        let extension = self.only(34);
        let code = match extension.trim() {
            "" => return None,
            "901" => "AC01",
            "902" => "AC04",
            "903" => "AC06",
            "904" => "AG01",
            "905" => "AG02",
            "913" => "MS02",
            "914" => "MS03",
            other => other,
        };
        Some(id(code))
    }
}

/// The texts as lines: one that fills its subfield continues in the next.
fn joined<'a>(fields: impl Iterator<Item = &'a (u8, String)>) -> String {
    let mut text = String::new();
    let mut full = true;
    let mut before = 0;
    for (number, part) in fields {
        // Subfield 60 continues 29.
        if !full || (*number >= 60 && before < 29) {
            text.push('\n');
        }
        (full, before) = (part.chars().count() >= FULL_SUBFIELD, *number);
        text.push_str(part);
    }
    text
}
