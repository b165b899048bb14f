//! What matching found, and why money was left over.

use quittance_kernel::{CustomerId, Money};
use quittance_matching::{MatchRule, UnappliedReason};

use super::allocation::Share;

/// What matching found for a payment, and why money is left over now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct MatchOutcome {
    /// The decisive rule; `None` where nothing was found.
    pub rule: Option<MatchRule>,
    /// What it rests on, for example the document number as it stands in the text.
    pub evidence: Vec<String>,
    /// Why money is left; `None` where nothing is left.
    pub unapplied_reason: Option<UnappliedReason>,
}

/// What matching makes of one payment, in the terms of the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The decisive rule: what it found decides, even where nothing can be applied. `None`: nothing was found.
    pub rule: Option<MatchRule>,
    /// What it rests on.
    pub evidence: Vec<String>,
    /// What to apply, the earliest due first. Together at most the payment's amount.
    pub shares: Vec<Share>,
    /// Why money is left; `None` where nothing is.
    pub unapplied_reason: Option<UnappliedReason>,
    /// Who paid, where that is known.
    pub customer: Option<CustomerId>,
    /// What a person may choose from, the likelier first; empty where nothing has to be chosen.
    pub alternatives: Vec<Alternative>,
}

/// An explanation of a payment that was not certain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alternative {
    /// The rule that found it.
    pub rule: MatchRule,
    /// How sure the rule is, in thousandths.
    pub score: u16,
    /// Why it was not applied.
    pub doubt: Option<UnappliedReason>,
    /// What it rests on.
    pub evidence: Vec<String>,
    /// What would be applied.
    pub shares: Vec<Share>,
    /// What would be left of the money.
    pub left_over: Money,
    /// What would stay open on the items.
    pub left_open: Money,
}
