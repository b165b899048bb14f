//! The matching policy of a tenant.

use std::collections::{HashMap, HashSet};

use quittance_kernel::{Currency, CustomerId, Money, Percent};

use quittance_matching::{Fallback, Policy};

/// The tolerance on a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Tolerance {
    /// As a percentage of the document's total.
    pub percent: Percent,
    /// The upper limit.
    pub cap: Money,
}

/// The matching policy of a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MatchingPolicy {
    /// Days of grace after a discount's last day.
    pub grace_days: u16,
    /// Whether it is.
    pub accept_late_discount: bool,
    /// The fallback for money of a known payer that no rule explains.
    pub fallback: Fallback,
    /// Tolerances by currency; none for the others.
    pub tolerances: HashMap<Currency, Tolerance>,
    /// Customers excluded from tolerance of small differences.
    pub blocked: HashSet<CustomerId>,
    /// Grows with every change; 0 if none was set.
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
