//! Reasons for unapplied money.

/// The reason why money is unapplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnappliedReason {
    /// The text names nothing known, and the payer is unknown.
    NoReferenceNoPayer,
    /// The payer is known and owes nothing.
    PayerHasNoOpenItem,
    /// The payer is known, and none of its open items has this amount, or more than one has.
    NoSingleEqualItem,
    /// Everything the text names is paid or closed: a double payment.
    ItemAlreadyPaid,
    /// The amount exceeds the open balance of the named documents.
    AmountExceedsItems,
    /// The amount is less than the open balance of the named documents, so it is unknown which of them it pays.
    AmountBelowItems,
    /// A number or reference belongs to more than one item.
    AmbiguousReference,
    /// The items found are in another currency.
    CurrencyDiffers,
    /// The payer's items were issued after the money was received.
    PaidBeforeIssue,
    /// More than one explanation fits.
    SeveralExplanations,
    /// The items found belong to another customer than the payer.
    PayerDiffers,
    /// The text names an unknown document, and the amount points to another.
    UnknownDocument,
    /// Only a name identifies the payer.
    NameOnly,
    /// A possible duplicate: a payment with the same payer, amount and text was applied within a few days.
    PossibleDuplicate,
    /// The amount is larger than matching supports.
    AmountBeyondMatching,
    /// Invoicing refused an allocation.
    RefusedByInvoicing,
    /// A person reversed an allocation.
    UnappliedManually,
}

impl UnappliedReason {
    /// Every reason.
    pub const ALL: [UnappliedReason; 17] = [
        UnappliedReason::NoReferenceNoPayer,
        UnappliedReason::PayerHasNoOpenItem,
        UnappliedReason::NoSingleEqualItem,
        UnappliedReason::ItemAlreadyPaid,
        UnappliedReason::AmountExceedsItems,
        UnappliedReason::AmountBelowItems,
        UnappliedReason::AmbiguousReference,
        UnappliedReason::CurrencyDiffers,
        UnappliedReason::PaidBeforeIssue,
        UnappliedReason::SeveralExplanations,
        UnappliedReason::PayerDiffers,
        UnappliedReason::UnknownDocument,
        UnappliedReason::NameOnly,
        UnappliedReason::PossibleDuplicate,
        UnappliedReason::AmountBeyondMatching,
        UnappliedReason::RefusedByInvoicing,
        UnappliedReason::UnappliedManually,
    ];

    /// The name in storage and in the contract.
    pub const fn label(self) -> &'static str {
        match self {
            UnappliedReason::NoReferenceNoPayer => "NO_REFERENCE_NO_PAYER",
            UnappliedReason::PayerHasNoOpenItem => "PAYER_HAS_NO_OPEN_ITEM",
            UnappliedReason::NoSingleEqualItem => "NO_SINGLE_EQUAL_ITEM",
            UnappliedReason::ItemAlreadyPaid => "ITEM_ALREADY_PAID",
            UnappliedReason::AmountExceedsItems => "AMOUNT_EXCEEDS_ITEMS",
            UnappliedReason::AmountBelowItems => "AMOUNT_BELOW_ITEMS",
            UnappliedReason::AmbiguousReference => "AMBIGUOUS_REFERENCE",
            UnappliedReason::CurrencyDiffers => "CURRENCY_DIFFERS",
            UnappliedReason::PaidBeforeIssue => "PAID_BEFORE_ISSUE",
            UnappliedReason::SeveralExplanations => "SEVERAL_EXPLANATIONS",
            UnappliedReason::PayerDiffers => "PAYER_DIFFERS",
            UnappliedReason::UnknownDocument => "UNKNOWN_DOCUMENT",
            UnappliedReason::NameOnly => "NAME_ONLY",
            UnappliedReason::PossibleDuplicate => "POSSIBLE_DUPLICATE",
            UnappliedReason::AmountBeyondMatching => "AMOUNT_BEYOND_MATCHING",
            UnappliedReason::RefusedByInvoicing => "REFUSED_BY_INVOICING",
            UnappliedReason::UnappliedManually => "UNAPPLIED_BY_HAND",
        }
    }

    /// The reason with this label, if there is one.
    pub fn parse(label: &str) -> Option<UnappliedReason> {
        UnappliedReason::ALL.into_iter().find(|reason| reason.label() == label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_round_trip() {
        for reason in UnappliedReason::ALL {
            assert_eq!(UnappliedReason::parse(reason.label()), Some(reason));
        }
        assert_eq!(UnappliedReason::parse("no_single_equal_item"), None);
    }
}
