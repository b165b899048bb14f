//! Why money is left over.

/// Why money is left unapplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnappliedReason {
    /// The text names nothing that is known, and the payer is not known.
    NoReferenceNoPayer,
    /// The payer is known and owes nothing.
    PayerHasNoOpenItem,
    /// The payer is known, and none of its open items has this amount, or more than one has.
    NoSingleEqualItem,
    /// Everything the text names is paid or closed: a double payment.
    ItemAlreadyPaid,
    /// More came than is open on what was named.
    AmountExceedsItems,
    /// Less came than is open on the documents that were named, so it is not known which of them it pays.
    AmountBelowItems,
    /// A number or reference belongs to more than one item.
    AmbiguousReference,
    /// What was found is owed in another currency.
    CurrencyDiffers,
    /// What the payer owes was issued after the money came.
    PaidBeforeIssue,
    /// More than one explanation fits.
    SeveralExplanations,
    /// What was found is another customer's than the payer.
    PayerDiffers,
    /// The text names a document that we do not know, and the amount points to another.
    UnknownDocument,
    /// Nothing but a name identifies the payer.
    NameOnly,
    /// The payer, the amount, the text and the days around are those of a payment that was applied already.
    PossibleDuplicate,
    /// The amount is larger than matching reckons with.
    AmountBeyondMatching,
    /// Invoicing refused an allocation.
    RefusedByInvoicing,
    /// A person took an allocation back.
    UnappliedByHand,
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
        UnappliedReason::UnappliedByHand,
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
            UnappliedReason::UnappliedByHand => "UNAPPLIED_BY_HAND",
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
