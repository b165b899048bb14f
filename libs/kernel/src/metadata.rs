//! Metadata: keys and values that callers keep on a resource for themselves.

use std::{
    collections::BTreeMap,
    hash::{Hash, Hasher},
};

use crate::reason::{FIELD_REQUIRED, TEXT_HAS_CONTROL_CHARACTERS, TEXT_TOO_LONG};

/// The most entries of a resource.
pub const MAX_ENTRIES: usize = 50;
/// The longest key, in characters.
pub const MAX_KEY: usize = 40;
/// The longest value, in characters.
pub const MAX_VALUE: usize = 500;

/// The metadata of a resource, within its bounds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata(BTreeMap<String, String>);

/// A change of metadata.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum MetadataChange {
    /// All stays.
    #[default]
    None,
    /// These entries instead of all others.
    Replace(Metadata),
    /// These keys get another value, or are removed where there is none; other keys stay.
    Set(BTreeMap<String, Option<String>>),
}

/// What is wrong with metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadMetadata {
    /// There are too many entries.
    #[error("has more than {MAX_ENTRIES} entries")]
    TooManyEntries,
    /// A key has the wrong form.
    #[error("a key is 1 to {MAX_KEY} letters, digits, hyphens, underscores and points")]
    Key,
    /// A value is empty.
    #[error("is required")]
    NoValue,
    /// A value is too long.
    #[error("has more than {MAX_VALUE} characters")]
    ValueTooLong,
    /// A value has control characters, such as line breaks.
    #[error("has control characters")]
    ControlCharacters,
}

impl BadMetadata {
    /// The machine-readable reason.
    pub const fn reason(self) -> &'static str {
        match self {
            BadMetadata::TooManyEntries => "METADATA_TOO_MANY_ENTRIES",
            BadMetadata::Key => "METADATA_KEY_MALFORMED",
            BadMetadata::NoValue => FIELD_REQUIRED,
            BadMetadata::ValueTooLong => TEXT_TOO_LONG,
            BadMetadata::ControlCharacters => TEXT_HAS_CONTROL_CHARACTERS,
        }
    }
}

impl Metadata {
    /// Metadata with these entries.
    ///
    /// # Errors
    /// All violations, each with the key it is about; too many entries are about none.
    pub fn new(entries: BTreeMap<String, String>) -> Result<Metadata, Vec<(Option<String>, BadMetadata)>> {
        let mut bad = Vec::new();
        if entries.len() > MAX_ENTRIES {
            bad.push((None, BadMetadata::TooManyEntries));
        }
        for (key, value) in &entries {
            bad.extend(check_key(key).err().map(|why| (Some(key.clone()), why)));
            bad.extend(check_value(value).err().map(|why| (Some(key.clone()), why)));
        }
        if bad.is_empty() { Ok(Metadata(entries)) } else { Err(bad) }
    }

    /// The entries by key.
    pub fn entries(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A key that can be one.
///
/// # Errors
/// `Key`.
pub fn check_key(key: &str) -> Result<(), BadMetadata> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(is_part) { Ok(()) } else { Err(BadMetadata::Key) }
}

/// A value that can be one.
///
/// # Errors
/// `NoValue`, `ValueTooLong`, `ControlCharacters`.
pub fn check_value(value: &str) -> Result<(), BadMetadata> {
    if value.is_empty() {
        Err(BadMetadata::NoValue)
    } else if value.chars().count() > MAX_VALUE {
        Err(BadMetadata::ValueTooLong)
    } else if value.chars().any(char::is_control) {
        Err(BadMetadata::ControlCharacters)
    } else {
        Ok(())
    }
}

impl MetadataChange {
    /// The metadata after the change.
    ///
    /// # Errors
    /// `TooManyEntries`.
    pub fn onto(&self, now: &Metadata) -> Result<Metadata, BadMetadata> {
        let changes = match self {
            MetadataChange::None => return Ok(now.clone()),
            MetadataChange::Replace(metadata) => return Ok(metadata.clone()),
            MetadataChange::Set(changes) => changes,
        };
        let mut entries = now.0.clone();
        for (key, value) in changes {
            match value {
                Some(value) => entries.insert(key.clone(), value.clone()),
                None => entries.remove(key),
            };
        }
        if entries.len() > MAX_ENTRIES { Err(BadMetadata::TooManyEntries) } else { Ok(Metadata(entries)) }
    }
}

/// Nothing is nothing: a command without metadata has the hash that it had before there was any.
impl Hash for Metadata {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if !self.is_empty() {
            self.0.hash(state);
        }
    }
}

impl Hash for MetadataChange {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            MetadataChange::None => {}
            MetadataChange::Replace(metadata) => {
                state.write_u8(1);
                metadata.0.hash(state);
            }
            MetadataChange::Set(changes) => {
                state.write_u8(2);
                changes.hash(state);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn metadata(pairs: &[(&str, &str)]) -> Metadata {
        Metadata::new(entries(pairs)).unwrap()
    }

    #[test]
    fn all_that_is_wrong_is_said() {
        let long = "x".repeat(MAX_VALUE + 1);
        let pairs =
            [("", "a"), ("cost centre", "b"), ("empty", ""), ("lines", "a\nb"), ("long", &long), ("ok.1-a_B", "Ü")];
        let bad = Metadata::new(entries(&pairs)).unwrap_err();
        let bad: Vec<_> = bad.iter().map(|(key, why)| (key.as_deref().unwrap(), *why)).collect();
        assert_eq!(
            bad,
            [
                ("", BadMetadata::Key),
                ("cost centre", BadMetadata::Key),
                ("empty", BadMetadata::NoValue),
                ("lines", BadMetadata::ControlCharacters),
                ("long", BadMetadata::ValueTooLong),
            ]
        );
        let many: BTreeMap<_, _> = (0..=MAX_ENTRIES).map(|n| (n.to_string(), "x".to_owned())).collect();
        assert_eq!(Metadata::new(many).unwrap_err(), [(None, BadMetadata::TooManyEntries)]);
    }

    #[test]
    fn a_change_replaces_or_sets() {
        let now = metadata(&[("a", "1"), ("b", "2")]);
        assert_eq!(MetadataChange::None.onto(&now), Ok(now.clone()));
        assert_eq!(MetadataChange::Replace(Metadata::default()).onto(&now), Ok(Metadata::default()));
        let set =
            BTreeMap::from([("a".to_owned(), None), ("b".to_owned(), Some("3".to_owned())), ("c".to_owned(), None)]);
        assert_eq!(MetadataChange::Set(set).onto(&now), Ok(metadata(&[("b", "3")])));
        let many = (0..MAX_ENTRIES).map(|n| (format!("k{n}"), Some("x".to_owned()))).collect();
        assert_eq!(MetadataChange::Set(many).onto(&now), Err(BadMetadata::TooManyEntries));
    }
}
