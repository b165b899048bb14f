//! Rules common to all payment messages.

use std::collections::HashSet;

use super::{
    AccountHolder, Iban, RemittanceInformation,
    identifiers::mod97,
    sepa_text::{is_sepa, to_sepa_text},
};

/// The longest name, in characters; longer ones are truncated.
const MOST_NAME: usize = 70;

/// The longest unstructured remittance information, in characters.
const MOST_REMITTANCE: usize = 140;

/// A violation in a message to write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {message}")]
pub struct Wrong {
    /// The path: `collections[0].debits[3].mandate.id`.
    pub at: String,
    /// A sentence for people.
    pub message: String,
}

/// All violations of a message.
#[derive(Debug, Default)]
pub(super) struct Checks {
    wrong: Vec<Wrong>,
    batch_ids: HashSet<String>,
    end_to_end_ids: HashSet<String>,
}

impl Checks {
    pub(super) fn finish(self) -> Result<(), Vec<Wrong>> {
        if self.wrong.is_empty() { Ok(()) } else { Err(self.wrong) }
    }

    pub(super) fn add(&mut self, at: impl Into<String>, message: impl Into<String>) {
        self.wrong.push(Wrong { at: at.into(), message: message.into() });
    }

    /// Adds a violation unless the rule holds.
    pub(super) fn rule(&mut self, holds: bool, at: &str, message: &str) {
        if !holds {
            self.add(at, message);
        }
    }

    /// An id: 1 to 35 of SEPA's characters; no slash at its ends, no two in a row (EPC implementation guidelines 1.4).
    pub(super) fn id(&mut self, at: &str, id: &str) {
        let length = id.chars().count();
        self.rule((1..=35).contains(&length), at, "an id has 1 to 35 characters");
        self.rule(id.chars().all(is_sepa), at, "an id has letters a to z, digits, blanks and / - ? : ( ) . , ' + only");
        let slashes = id.starts_with('/') || id.ends_with('/') || id.contains("//");
        self.rule(!slashes, at, "an id has no slash at its ends and no two in a row");
        self.rule(id.trim() == id, at, "an id has no blanks around it");
    }

    /// The id of a batch: also unique in the message.
    pub(super) fn batch_id(&mut self, at: &str, id: &str) {
        self.id(at, id);
        let is_new = self.batch_ids.insert(id.to_owned());
        self.rule(is_new, at, "the id is used twice");
    }

    /// An end-to-end id: also unique in the message, so that a return identifies its payment.
    pub(super) fn end_to_end_id(&mut self, at: &str, id: &str) {
        self.id(at, id);
        let is_new = self.end_to_end_ids.insert(id.to_owned());
        self.rule(is_new, at, "the end-to-end id is used twice");
    }

    pub(super) fn name(&mut self, at: &str, name: &str) {
        self.rule(!to_sepa_text(name).is_empty(), at, "a name is needed");
    }

    pub(super) fn holder(&mut self, at: &str, holder: &AccountHolder, in_sepa: bool) {
        self.name(&format!("{at}.name"), &holder.name);
        if in_sepa {
            self.in_sepa(&format!("{at}.iban"), &holder.iban);
        }
    }

    pub(super) fn in_sepa(&mut self, at: &str, iban: &Iban) {
        self.rule(iban.is_in_sepa(), at, "the account is in no country of SEPA");
    }

    pub(super) fn remittance(&mut self, at: &str, information: Option<&RemittanceInformation>) {
        match information {
            None => {}
            Some(RemittanceInformation::Text(text)) => {
                let length = to_sepa_text(text).chars().count();
                self.rule(length > 0, at, "the remittance information is empty");
                self.rule(length <= MOST_REMITTANCE, at, "remittance information has at most 140 characters");
            }
            Some(RemittanceInformation::Reference(reference)) => {
                self.rule(is_creditor_reference(reference), at, "this is not an ISO 11649 creditor reference");
            }
        }
    }
}

/// ISO 11649: `RF`, two check digits, up to 21 letters and digits.
fn is_creditor_reference(text: &str) -> bool {
    let compact: String = text.split_whitespace().collect();
    let Some((head, reference)) = compact.split_at_checked(4) else { return false };
    head.starts_with("RF")
        && (1..=21).contains(&reference.len())
        && reference.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && mod97(&[reference, head].concat()) == Some(1)
}

/// A name in SEPA's characters, truncated if too long.
pub(super) fn written_name(name: &str) -> String {
    to_sepa_text(name).chars().take(MOST_NAME).collect::<String>().trim_end().to_owned()
}
