//! Indexes of items and customers in the book.

/// An item of a [`super::Book`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemIx(pub(super) u32);

/// A customer of a [`super::Book`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomerIx(pub(super) u32);

impl ItemIx {
    /// How many items were added before it.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl CustomerIx {
    /// How many customers were added before it.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The origin of a customer's account or name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The customer's record has it.
    Record,
    /// A person confirmed a payment from it.
    Learned,
}
