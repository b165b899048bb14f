//! A document that a text names, and how surely.

use crate::index::ItemIx;

/// Significant characters without which a number that lost its prefix is taken for chance.
pub(super) const MIN_CERTAIN_CHARS: usize = 5;
/// Letters right behind a number that make it another one: `INV-17A`.
pub(super) const MAX_SUFFIX: usize = 2;

/// How a document's number stands in the text, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Reading {
    /// Every letter and digit; what stands between them may differ.
    Exact,
    /// Leading zeros are lost or too many.
    Zeros,
    /// As a member of a list that continues an exact one: `INV1001/1002`.
    Listed,
    /// Between the first and the last of a range: `INV 1001-1003`.
    InRange,
    /// Its prefix is missing.
    NoPrefix,
}

/// A document that the text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Mention {
    /// The document.
    pub item: ItemIx,
    /// How it stands there.
    pub reading: Reading,
    /// Letters and digits that stand in the text for it.
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
