//! Kinds of payments of a generated book.

/// The kinds of payments, and their percentages.
pub(super) const MIX: [(Kind, u32); 19] = [
    (Kind::Exact, 16),
    (Kind::Reference, 8),
    (Kind::Rewritten, 12),
    (Kind::Mistyped, 7),
    (Kind::List, 8),
    (Kind::ListInPart, 2),
    (Kind::ListMistyped, 2),
    (Kind::Range, 3),
    (Kind::Unnamed, 8),
    (Kind::UnnamedPair, 3),
    (Kind::Discount, 6),
    (Kind::LateDiscount, 4),
    (Kind::Short, 4),
    (Kind::BankFee, 4),
    (Kind::ThirdParty, 4),
    (Kind::Subsidiary, 3),
    (Kind::SameAmount, 2),
    (Kind::Duplicate, 2),
    (Kind::Stranger, 2),
];

/// The kind of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    /// Names one document as it is.
    Exact,
    /// Names our creditor reference.
    Reference,
    /// Names one document with other separators, lost zeros or prefix, a line break.
    Rewritten,
    /// Names one document with one mistake.
    Mistyped,
    /// Names two to four documents.
    List,
    /// Pays two to four documents and names all but one.
    ListInPart,
    /// Names two to four documents, one of them with a mistake.
    ListMistyped,
    /// Names the first and the last of documents in a row.
    Range,
    /// Names nothing; the account is known.
    Unnamed,
    /// Names nothing and pays two.
    UnnamedPair,
    /// Takes a discount in time.
    Discount,
    /// Takes a discount too late.
    LateDiscount,
    /// Underpays.
    Short,
    /// Arrives less a bank's fee.
    BankFee,
    /// Comes from someone else's account.
    ThirdParty,
    /// Comes from the account of a group for one of its two companies.
    Subsidiary,
    /// Names nothing, and two items of the payer have its amount: undecidable.
    SameAmount,
    /// A double payment: there is nothing to apply.
    Duplicate,
    /// Has nothing to do with any item.
    Stranger,
}

impl Kind {
    /// Whether the payment is decidable with full knowledge of the book.
    pub(super) const fn is_decidable(self) -> bool {
        !matches!(self, Kind::SameAmount | Kind::Duplicate | Kind::Stranger)
    }
}
