//! Violations of input fields. All of them are reported, not only the first.

use std::collections::HashSet;
use std::hash::Hash;

use quittance_kernel::reason;

/// A field and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadField {
    /// The path in the resource, such as `contacts[2].email`.
    pub field: String,
    /// The violation.
    pub problem: Problem,
}

/// A violation of a text or a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A required text is empty.
    #[error("must not be empty")]
    Empty,
    /// The text has too many characters.
    #[error("has more than {max} characters")]
    TooLong {
        /// The limit.
        max: usize,
    },
    /// The text has a control character, which no document can print.
    #[error("has a control character")]
    ControlCharacter,
    /// The list has too many entries.
    #[error("has more than {max} entries")]
    TooMany {
        /// The limit.
        max: usize,
    },
    /// The list has an entry twice.
    #[error("is given twice")]
    Duplicate,
    /// Not a country code.
    #[error("is not a country code of ISO 3166-1: two capital letters")]
    NotACountry,
    /// Not an e-mail address.
    #[error("is not an e-mail address")]
    NotAnEmail,
    /// Not a time zone.
    #[error("is not a time zone of the IANA database, such as Europe/Berlin")]
    NotATimeZone,
    /// Longer terms than are allowed.
    #[error("is more than {max} days")]
    TooManyDays {
        /// The limit.
        max: u16,
    },
}

impl Problem {
    /// The machine-readable reason.
    pub const fn reason(&self) -> &'static str {
        match self {
            Problem::Empty => reason::FIELD_REQUIRED,
            Problem::TooLong { .. } => reason::TEXT_TOO_LONG,
            Problem::ControlCharacter => reason::TEXT_HAS_CONTROL_CHARACTERS,
            Problem::TooMany { .. } => "LIST_TOO_LONG",
            Problem::Duplicate => "LIST_DUPLICATE",
            Problem::NotACountry => "COUNTRY_MALFORMED",
            Problem::NotAnEmail => "EMAIL_MALFORMED",
            Problem::NotATimeZone => "TIME_ZONE_UNKNOWN",
            Problem::TooManyDays { .. } => "TERMS_TOO_LONG",
        }
    }
}

/// An optional text on one line.
///
/// # Errors
/// `TooLong` beyond `max` characters, `ControlCharacter`.
pub(crate) fn optional_line(text: &str, max: usize) -> Result<(), Problem> {
    if text.chars().any(char::is_control) { Err(Problem::ControlCharacter) } else { short_enough(text, max) }
}

/// A required text on one line.
///
/// # Errors
/// `Empty` if nothing but white space is given; otherwise as [`optional_line`].
pub(crate) fn required_line(text: &str, max: usize) -> Result<(), Problem> {
    if text.trim().is_empty() { Err(Problem::Empty) } else { optional_line(text, max) }
}

/// An optional text of several lines. Line breaks and tabs are allowed.
///
/// # Errors
/// `TooLong` beyond `max` characters, `ControlCharacter`.
pub(crate) fn optional_block(text: &str, max: usize) -> Result<(), Problem> {
    if text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
        Err(Problem::ControlCharacter)
    } else {
        short_enough(text, max)
    }
}

/// A required text of several lines.
///
/// # Errors
/// `Empty` if nothing but white space is given; otherwise as [`optional_block`].
pub(crate) fn required_block(text: &str, max: usize) -> Result<(), Problem> {
    if text.trim().is_empty() { Err(Problem::Empty) } else { optional_block(text, max) }
}

/// An optional e-mail address: non-empty parts around an at sign. Whether it exists is known only after sending.
///
/// # Errors
/// `NotAnEmail`, `TooLong` beyond the 254 characters of RFC 5321, `ControlCharacter`.
pub(crate) fn optional_email(text: &str) -> Result<(), Problem> {
    const MAX_EMAIL: usize = 254;
    optional_line(text, MAX_EMAIL)?;
    let parts = text.rsplit_once('@');
    let has_form = parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if text.is_empty() || (has_form && !text.contains(char::is_whitespace)) { Ok(()) } else { Err(Problem::NotAnEmail) }
}

/// A list with at most `max` entries.
///
/// # Errors
/// `TooMany`.
pub(crate) fn at_most(count: usize, max: usize) -> Result<(), Problem> {
    if count > max { Err(Problem::TooMany { max }) } else { Ok(()) }
}

fn short_enough(text: &str, max: usize) -> Result<(), Problem> {
    if text.chars().count() > max { Err(Problem::TooLong { max }) } else { Ok(()) }
}

/// Collects violations, field by field.
#[derive(Debug, Default)]
pub(super) struct Checks {
    bad: Vec<BadField>,
}

impl Checks {
    pub(super) fn check(&mut self, field: impl Into<String>, result: Result<(), Problem>) {
        if let Err(problem) = result {
            self.bad.push(BadField { field: field.into(), problem });
        }
    }

    /// Adds the violations of a part, under the part's path.
    pub(super) fn nest(&mut self, path: &str, part: Vec<BadField>) {
        let nested = part.into_iter().map(|bad| BadField { field: format!("{path}.{}", bad.field), ..bad });
        self.bad.extend(nested);
    }

    /// Marks every entry that equals an earlier one.
    pub(super) fn distinct<T: Eq + Hash>(&mut self, list: &str, entries: impl Iterator<Item = T>) {
        let mut seen = HashSet::new();
        for (i, entry) in entries.enumerate() {
            if !seen.insert(entry) {
                self.check(format!("{list}[{i}]"), Err(Problem::Duplicate));
            }
        }
    }

    pub(super) fn into_bad_fields(self) -> Vec<BadField> {
        self.bad
    }

    /// The value, if there are no violations.
    pub(super) fn accept<T>(self, value: T) -> Result<T, Vec<BadField>> {
        if self.bad.is_empty() { Ok(value) } else { Err(self.bad) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_bounds() {
        assert_eq!(required_line(" ", 5), Err(Problem::Empty));
        assert_eq!(required_line("äöüßé", 5), Ok(()));
        assert_eq!(required_line("äöüßéx", 5), Err(Problem::TooLong { max: 5 }));
        assert_eq!(optional_line("", 5), Ok(()));
        assert_eq!(optional_line("a\nb", 5), Err(Problem::ControlCharacter));
        assert_eq!(optional_block("a\n\tb", 5), Ok(()));
        assert_eq!(optional_block("a\0b", 5), Err(Problem::ControlCharacter));
        assert_eq!(required_block("\n", 5), Err(Problem::Empty));
    }

    #[test]
    fn an_address_without_its_parts_is_no_email() {
        for good in ["", "ap@example.com", "\"a@b\"@example.com"] {
            assert_eq!(optional_email(good), Ok(()), "{good}");
        }
        for bad in ["ap", "@example.com", "ap@", "a p@example.com"] {
            assert_eq!(optional_email(bad), Err(Problem::NotAnEmail), "{bad}");
        }
    }
}
