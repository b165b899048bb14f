//! `SetMatchingPolicy`: what the tenant tolerates from now on.

use chrono::{DateTime, Utc};
use quittance_db::{Command, OneOp, OneResult, Tx, run_one};
use quittance_kernel::{CustomerId, RequestId, TenantId};

use super::KeptId;
use crate::{App, Error, db, domain::MatchingPolicy};

/// Replaces the policy.
#[derive(Debug, Clone)]
pub(crate) struct SetMatchingPolicy {
    pub(crate) request: RequestId,
    pub(crate) policy: MatchingPolicy,
    /// The version that was read.
    pub(crate) before: u32,
}

impl std::hash::Hash for SetMatchingPolicy {
    /// Over the parts in their order: maps have none of their own.
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
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

impl Command for SetMatchingPolicy {
    const NAME: &'static str = "SetMatchingPolicy";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op;

impl OneOp for Op {
    type Command = SetMatchingPolicy;
    type Answer = KeptId;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &SetMatchingPolicy) -> OneResult<KeptId, Error> {
        let customers: Vec<CustomerId> = command.policy.blocked.iter().copied().collect();
        let known = db::item::known_customers(tx, &customers).await?;
        Ok(match customers.into_iter().find(|customer| !known.contains(customer)) {
            Some(unknown) => Err(Error::CustomerNotFound(unknown)),
            None if db::policy::put(tx, &command.policy, command.before).await? => Ok(KeptId(tx.tenant().uuid())),
            None => Err(Error::PolicyStale),
        })
    }
}

/// Replaces the tenant's policy. Returns it as it is then.
#[tracing::instrument(name = "payments.set_matching_policy", skip_all)]
pub(crate) async fn set_matching_policy(
    app: &App,
    tenant: TenantId,
    command: SetMatchingPolicy,
) -> Result<MatchingPolicy, Error> {
    app.today(tenant).await?;
    let now: DateTime<Utc> = app.now();
    run_one(app.db(), tenant, now, &Op, command).await?;
    let mut tx = app.db().begin(tenant).await?;
    let policy = db::policy::find(&mut tx).await?;
    tx.commit().await?;
    Ok(policy)
}
