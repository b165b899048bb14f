//! The tenant's policies.

use std::collections::BTreeMap;

use quittance_approvals::ApprovalPolicy;
use quittance_kernel::{Currency, CustomerId, Money, Percent, Tolerance, TolerancePolicy};
use quittance_policies::Content;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::period::LateEntries;

/// A policy.
pub(crate) type Policy = quittance_policies::Policy<PolicyContent>;

/// What a policy says. The names in storage are the kinds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PolicyContent {
    /// Which calls need a second person.
    Approvals(ApprovalPolicy),
    /// What is tolerated when money is matched.
    Tolerances(#[serde(with = "StoredTolerances")] TolerancePolicy),
    /// What happens to entries that are dated in a closed period.
    LateEntries(LateEntries),
}

/// A tolerance policy in storage.
#[derive(Serialize, Deserialize)]
struct StoredTolerances {
    /// Percentage and cap by currency.
    tolerances: BTreeMap<String, (Decimal, Decimal)>,
    blocked: Vec<String>,
    grace_days: u16,
    accept_late_discount: bool,
}

impl StoredTolerances {
    fn serialize<S: serde::Serializer>(policy: &TolerancePolicy, serializer: S) -> Result<S::Ok, S::Error> {
        let tolerances = policy.tolerances.iter().map(|(currency, tolerance)| {
            (currency.code().to_owned(), (tolerance.percent.value(), tolerance.cap.amount()))
        });
        let stored = StoredTolerances {
            tolerances: tolerances.collect(),
            blocked: policy.blocked.iter().map(ToString::to_string).collect(),
            grace_days: policy.grace_days,
            accept_late_discount: policy.accept_late_discount,
        };
        Serialize::serialize(&stored, serializer)
    }

    fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<TolerancePolicy, D::Error> {
        use serde::de::Error;
        let stored = <StoredTolerances as Deserialize>::deserialize(deserializer)?;
        let tolerance = |(code, (percent, cap)): (String, (Decimal, Decimal))| {
            let currency = Currency::parse(&code).map_err(D::Error::custom)?;
            let percent = Percent::new(percent).map_err(D::Error::custom)?;
            Ok((currency, Tolerance { percent, cap: Money::from_sum(cap, currency).map_err(D::Error::custom)? }))
        };
        let blocked = |id: &str| CustomerId::parse(id).map_err(D::Error::custom);
        Ok(TolerancePolicy {
            tolerances: stored.tolerances.into_iter().map(tolerance).collect::<Result<_, D::Error>>()?,
            blocked: stored.blocked.iter().map(|id| blocked(id)).collect::<Result<_, D::Error>>()?,
            grace_days: stored.grace_days,
            accept_late_discount: stored.accept_late_discount,
        })
    }
}

impl PolicyContent {
    /// The kind of policies about approvals.
    pub(crate) const APPROVALS: &'static str = "approvals";
    /// The kind of policies about what is tolerated.
    pub(crate) const TOLERANCES: &'static str = "tolerances";
    /// The kind of policies about late entries.
    pub(crate) const LATE_ENTRIES: &'static str = "late_entries";
    /// All kinds.
    pub(crate) const KINDS: [&'static str; 3] =
        [PolicyContent::APPROVALS, PolicyContent::TOLERANCES, PolicyContent::LATE_ENTRIES];
}

impl Content for PolicyContent {
    fn kind(&self) -> &'static str {
        match self {
            PolicyContent::Approvals(_) => PolicyContent::APPROVALS,
            PolicyContent::Tolerances(_) => PolicyContent::TOLERANCES,
            PolicyContent::LateEntries(_) => PolicyContent::LATE_ENTRIES,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is stored is read by every later version.
    #[test]
    fn contents_are_stored_by_their_kinds() {
        for stored in [
            r#"{"approvals":{"rules":{"ActivatePolicy":{},"WriteOffItem":{"EUR":"500.00"}},"valid_days":14}}"#,
            r#"{"tolerances":{"tolerances":{"EUR":["0.5","2.00"]},"blocked":["018f4e2a-7d3b-7c55-9a86-000000000001"],"grace_days":3,"accept_late_discount":true}}"#,
            r#"{"late_entries":"carry_forward"}"#,
            r#"{"late_entries":"refuse"}"#,
        ] {
            let content: PolicyContent = serde_json::from_str(stored).unwrap();
            assert_eq!(serde_json::to_string(&content).unwrap(), stored);
            assert!(stored.contains(content.kind()) && PolicyContent::KINDS.contains(&content.kind()));
        }
    }
}
