//! How the tenant's payments are matched, and what is tolerated.

use quittance_kernel::{Currency, PolicyId, TolerancePolicy};
use quittance_matching::{Fallback, Policy};

/// The matching policy of a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MatchingPolicy {
    /// The fallback for money of a known payer that no rule explains.
    pub fallback: Fallback,
    /// Grows with every change; 0 if none was set.
    pub version: u32,
}

/// What is tolerated, as invoicing has published it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tolerances {
    /// The policy in force; `None` if none was published: what was set here before invoicing had policies is in force then.
    pub policy: Option<PolicyId>,
    /// What it says.
    pub rules: TolerancePolicy,
}

impl MatchingPolicy {
    /// The policy for payments in a currency.
    pub(crate) fn of(&self, tolerances: &TolerancePolicy, currency: Currency) -> Policy {
        let tolerance = tolerances.tolerances.get(&currency);
        Policy {
            tolerance: tolerance.map(|tolerance| tolerance.percent.fraction()).unwrap_or_default(),
            tolerance_cap: tolerance.map_or(0, |tolerance| i64::try_from(tolerance.cap.to_minor()).unwrap_or(i64::MAX)),
            grace_days: tolerances.grace_days,
            accept_late_discount: tolerances.accept_late_discount,
            believe_number_alone: true,
            fallback: self.fallback,
        }
    }
}
