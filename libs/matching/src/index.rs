//! By what the engine names items and customers: their places in the book.

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

/// How an account or a name came to be a customer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The customer's record has it.
    Record,
    /// A person confirmed a payment from it.
    Learned,
}
