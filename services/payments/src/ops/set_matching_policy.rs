//! `SetMatchingPolicy`.

use std::hash::{Hash, Hasher};

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
    /// Hashes what the command had when tolerances were part of it, none of them, so that a call repeated across the upgrade is the same call.
    fn hash<H: Hasher>(&self, state: &mut H) {
        (0_u16, false, self.policy.fallback, self.before).hash(state);
        let (tolerances, blocked): ([u8; 0], [u8; 0]) = ([], []);
        tolerances.as_slice().hash(state);
        blocked.as_slice().hash(state);
    }
}

impl Operation for SetMatchingPolicy {
    const NAME: &'static str = "SetMatchingPolicy";
    type Settings = TenantSettings;
    type Output = MatchingPolicy;

    async fn run(&self, w: &mut Write<'_>) -> Result<MatchingPolicy, Error> {
        if !db::policy::put(w.tx, &self.policy, self.before).await? {
            return Err(CommonError::Stale("the matching policy".to_owned()).into());
        }
        w.publish(outbox::matching_policy_updated(w.tx.tenant(), &self.policy));
        Ok(self.policy.clone())
    }
}
