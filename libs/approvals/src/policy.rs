//! The tenant's policy: which calls need a second person.

use std::collections::BTreeMap;

use chrono::Duration;
use quittance_kernel::{Currency, Money, PolicyId, UnknownCurrency};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How long a request waits for a decision, in days, unless the policy says otherwise.
pub(crate) const DEFAULT_VALID_DAYS: u8 = 14;
/// The longest that a policy can let a request wait, in days.
pub(crate) const MAX_VALID_DAYS: u8 = 90;

/// Which calls need a second person.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ApprovalPolicy {
    /// The methods that need approval, with the amounts above which they do.
    pub rules: BTreeMap<String, Thresholds>,
    /// How long a request waits for a decision, in days.
    pub valid_days: u8,
}

/// Amounts by currency above which a call needs approval. In a currency that is not listed every call does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "BTreeMap<String, Decimal>", try_from = "BTreeMap<String, Decimal>")]
pub struct Thresholds(pub BTreeMap<Currency, Decimal>);

impl From<Thresholds> for BTreeMap<String, Decimal> {
    fn from(thresholds: Thresholds) -> Self {
        thresholds.0.into_iter().map(|(currency, amount)| (currency.code().to_owned(), amount)).collect()
    }
}

impl TryFrom<BTreeMap<String, Decimal>> for Thresholds {
    type Error = UnknownCurrency;

    fn try_from(stored: BTreeMap<String, Decimal>) -> Result<Self, UnknownCurrency> {
        let read = stored.into_iter().map(|(code, amount)| Ok((Currency::parse(&code)?, amount)));
        read.collect::<Result<_, _>>().map(Thresholds)
    }
}

/// A policy that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// Its id.
    pub id: PolicyId,
    /// What it says.
    pub policy: ApprovalPolicy,
}

/// What requires the approval of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Requirement {
    /// The amount that was exceeded; `None` where every call needs approval.
    pub(crate) threshold: Option<Money>,
}

impl ApprovalPolicy {
    /// What requires the approval of a call of this method over this amount; `None` if it needs none.
    pub(crate) fn requirement(&self, method: &str, amount: Option<Money>) -> Option<Requirement> {
        let thresholds = self.rules.get(method)?;
        let Some(amount) = amount else { return Some(Requirement { threshold: None }) };
        match thresholds.0.get(&amount.currency()) {
            None => Some(Requirement { threshold: None }),
            Some(threshold) if amount.amount() > *threshold => {
                Some(Requirement { threshold: Money::from_sum(*threshold, amount.currency()).ok() })
            }
            Some(_) => None,
        }
    }

    /// Whether a call of this method over this amount needs approval.
    pub fn needs_approval(&self, method: &str, amount: Option<Money>) -> bool {
        self.requirement(method, amount).is_some()
    }

    /// How long a request waits for a decision.
    pub(crate) fn validity(&self) -> Duration {
        Duration::days(self.valid_days.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_needs_approval_above_its_threshold_and_in_every_other_currency() {
        let eur = |amount: i64| Money::from_sum(Decimal::from(amount), Currency::EUR).unwrap();
        let thresholds = Thresholds([(Currency::EUR, Decimal::from(100))].into());
        let rules = [("WriteOffItem".to_owned(), thresholds), ("ActivatePolicy".to_owned(), Thresholds::default())];
        let policy = ApprovalPolicy { rules: rules.into(), valid_days: 14 };
        assert_eq!(policy.requirement("WriteOffItem", Some(eur(100))), None);
        let above = Requirement { threshold: Some(eur(100)) };
        assert_eq!(policy.requirement("WriteOffItem", Some(eur(101))), Some(above));
        let always = Some(Requirement { threshold: None });
        let dollars = Money::from_sum(Decimal::ONE, Currency::parse("USD").unwrap()).unwrap();
        assert_eq!(policy.requirement("WriteOffItem", Some(dollars)), always);
        assert_eq!(policy.requirement("ActivatePolicy", None), always);
        assert_eq!(policy.requirement("VoidInvoice", Some(eur(1_000_000))), None);
    }
}
