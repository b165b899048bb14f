//! A document named in a text, and how reliably.

use crate::index::ItemIx;

/// The minimum of significant characters for a number without its prefix; a shorter one may be chance.
pub(super) const MIN_CERTAIN_CHARS: usize = 5;
/// Letters directly after a number that make it another one: `INV-17A`.
pub(super) const MAX_SUFFIX: usize = 2;

/// The form of a document's number in the text, the most reliable first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Reading {
    /// Every letter and digit; separators may differ.
    Exact,
    /// Leading zeros are missing or added.
    Zeros,
    /// As a member of a list that continues an exact one: `INV1001/1002`.
    Listed,
    /// Between the first and the last of a range: `INV 1001-1003`.
    InRange,
    /// Its prefix is missing.
    NoPrefix,
}

/// A document named in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Mention {
    /// The document.
    pub item: ItemIx,
    /// Its form in the text.
    pub reading: Reading,
    /// The number of its letters and digits in the text.
    pub chars: usize,
    /// First run of the text that belongs to it.
    pub first: usize,
    /// Last run that belongs to it.
    pub last: usize,
    /// Words before it say that it is a document.
    pub called: bool,
}

impl Mention {
    pub(super) fn is_certain(&self) -> bool {
        match self.reading {
            Reading::Exact | Reading::Zeros | Reading::Listed | Reading::InRange => true,
            Reading::NoPrefix => self.called || self.chars >= MIN_CERTAIN_CHARS,
        }
    }
}
