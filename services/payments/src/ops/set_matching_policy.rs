//! `SetMatchingPolicy`.

use std::hash::{Hash, Hasher};

use quittance_kernel::CustomerId;
use quittance_service::{CommonError, Operation};

use super::Write;
use crate::{Error, app::TenantSettings, db, domain::MatchingPolicy, outbox};

/// Replaces the tenant's matching policy.
#[derive(Debug)]
pub(crate) struct SetMatchingPolicy {
    pub(crate) policy: MatchingPolicy,
    /// The version that the caller read.
    pub(crate) before: u32,
}

impl Hash for SetMatchingPolicy {
    /// Hashes the parts in order: maps do not implement it.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let policy = &self.policy;
        (policy.grace_days, policy.accept_late_discount, policy.fallback, self.before).hash(state);
        let mut tolerances: Vec<_> = policy.tolerances.iter().collect();
        tolerances.sort_by_key(|(currency, _)| currency.code());
        tolerances.hash(state);
        let mut blocked: Vec<_> = policy.blocked.iter().collect();
        blocked.sort();
        blocked.hash(state);
    }
}

impl Operation for SetMatchingPolicy {
    const NAME: &'static str = "SetMatchingPolicy";
    type Settings = TenantSettings;
    type Output = MatchingPolicy;

    async fn run(&self, w: &mut Write<'_>) -> Result<MatchingPolicy, Error> {
        let customers: Vec<CustomerId> = self.policy.blocked.iter().copied().collect();
        let known = db::item::known_customers(w.tx, &customers).await?;
        if let Some(unknown) = customers.into_iter().find(|customer| !known.contains(customer)) {
            return Err(Error::CustomerNotFound(unknown));
        }
        if !db::policy::put(w.tx, &self.policy, self.before).await? {
            return Err(CommonError::Stale("the matching policy".to_owned()).into());
        }
        w.publish(outbox::matching_policy_updated(w.tx.tenant(), &self.policy));
        Ok(self.policy.clone())
    }
}
