//! What payments of a made book are like.

/// What payments are like, and how many of a hundred.
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

/// What a payment is like.
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
    /// Pays less than is owed.
    Short,
    /// Arrives less a bank's fee.
    BankFee,
    /// Comes from someone else's account.
    ThirdParty,
    /// Comes from the account of a group for one of its two companies.
    Subsidiary,
    /// Names nothing, and two items of the payer have its amount. Nobody can decide it.
    SameAmount,
    /// Pays again what was paid. There is nothing to apply.
    Duplicate,
    /// Has nothing to do with any item.
    Stranger,
}

impl Kind {
    /// Whether someone who knew all of the book could say what is paid.
    pub(super) const fn is_decidable(self) -> bool {
        !matches!(self, Kind::SameAmount | Kind::Duplicate | Kind::Stranger)
    }
}
