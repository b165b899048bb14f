//! Results of matching, and reasons for unapplied money.

use quittance_kernel::{CustomerId, Money};
use quittance_matching::{MatchRule, UnappliedReason};

use super::allocation::Share;

/// The result of matching a payment, and why money is unapplied now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct MatchOutcome {
    /// The decisive rule; `None` if nothing was found.
    pub rule: Option<MatchRule>,
    /// Its evidence, for example the document number as written in the text.
    pub evidence: Vec<String>,
    /// Why money is left; `None` where nothing is left.
    pub unapplied_reason: Option<UnappliedReason>,
}

/// The result of matching for one payment, with stored ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The decisive rule, even if nothing can be applied. `None` if nothing was found.
    pub rule: Option<MatchRule>,
    /// Its evidence.
    pub evidence: Vec<String>,
    /// The shares to apply, the earliest due first. In sum at most the payment's amount.
    pub shares: Vec<Share>,
    /// Why money is unapplied; `None` if none is.
    pub unapplied_reason: Option<UnappliedReason>,
    /// The payer, if known.
    pub customer: Option<CustomerId>,
    /// The alternatives for review, the likeliest first; empty if no review is needed.
    pub alternatives: Vec<Alternative>,
}

/// An uncertain explanation of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alternative {
    /// The rule that found it.
    pub rule: MatchRule,
    /// The confidence of the rule, in thousandths.
    pub score: u16,
    /// Why it was not applied.
    pub doubt: Option<UnappliedReason>,
    /// Its evidence.
    pub evidence: Vec<String>,
    /// The shares it would apply.
    pub shares: Vec<Share>,
    /// The money it would leave unapplied.
    pub left_over: Money,
    /// The residual it would leave open on the items.
    pub left_open: Money,
}
