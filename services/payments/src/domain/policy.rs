//! What a tenant tolerates when payments are matched.

use std::collections::{HashMap, HashSet};

use quittance_kernel::{Currency, CustomerId, Money, Percent};

use quittance_matching::{Fallback, Policy};

/// How much may be missing or too much on a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Tolerance {
    /// Of the document's total.
    pub percent: Percent,
    /// At most.
    pub cap: Money,
}

/// What a tenant tolerates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MatchingPolicy {
    /// Days after a discount's last in which it may still be granted.
    pub grace_days: u16,
    /// Whether it is.
    pub accept_late_discount: bool,
    /// What happens to money of a known payer that nothing else explains.
    pub fallback: Fallback,
    /// By currency; none for the others.
    pub tolerances: HashMap<Currency, Tolerance>,
    /// Customers whose small differences are not tolerated.
    pub blocked: HashSet<CustomerId>,
    /// Grows with every change; 0 where none was set.
    pub version: u32,
}

impl MatchingPolicy {
    /// The policy for payments in a currency.
    pub(crate) fn of(&self, currency: Currency) -> Policy {
        let tolerance = self.tolerances.get(&currency);
        Policy {
            tolerance: tolerance.map(|tolerance| tolerance.percent.fraction()).unwrap_or_default(),
            tolerance_cap: tolerance.map_or(0, |tolerance| i64::try_from(tolerance.cap.to_minor()).unwrap_or(i64::MAX)),
            grace_days: self.grace_days,
            accept_late_discount: self.accept_late_discount,
            believe_number_alone: true,
            fallback: self.fallback,
        }
    }
}
