//! The policies of a tenant, for the operations that change or need them.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use quittance_approvals::{ApprovalMessage, Approves, InForce};
use quittance_db::Tx;
use quittance_events::Event;
use quittance_kernel::{CustomerId, PolicyId, TenantId, TolerancePolicy};
use quittance_policies::{PolicyError, State, db};
use quittance_service::{CommonError, Etag};
use uuid::Uuid;

use super::Write;
use crate::{
    Error,
    app::TenantSettings,
    domain::{Policy, PolicyContent},
    outbox,
};

/// Locks a policy, in the version that the caller has read.
pub(super) async fn lock(w: &mut Write<'_>, id: PolicyId, etag: &Etag) -> Result<Policy, Error> {
    let policy: Policy = db::lock(w.tx, id).await?.ok_or_else(|| CommonError::from(PolicyError::NotFound(id)))?;
    etag.check(format_args!("policy {id}"), policy.etag())?;
    Ok(policy)
}

/// The tolerance policies with these ids that are active.
pub(super) async fn active_tolerances(
    w: &mut Write<'_>,
    ids: BTreeSet<PolicyId>,
) -> Result<HashMap<PolicyId, TolerancePolicy>, Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<Uuid> = ids.into_iter().map(PolicyId::uuid).collect();
    let found: Vec<Policy> = db::find_all(w.tx, &ids).await?;
    let tolerances = found.into_iter().filter_map(|policy| match (policy.content, policy.state) {
        (PolicyContent::Tolerances(tolerances), State::Active(_)) => Some((policy.id, tolerances)),
        _ => None,
    });
    Ok(tolerances.collect())
}

impl Approves for TenantSettings {
    async fn approval_policy(tx: &mut Tx, today: NaiveDate) -> Result<Option<InForce>, Error> {
        let policy: Option<Policy> = db::in_force(tx, PolicyContent::APPROVALS, today).await?;
        Ok(policy.and_then(|Policy { id, content, .. }| match content {
            PolicyContent::Approvals(policy) => Some(InForce { id, policy }),
            PolicyContent::Tolerances(_) | PolicyContent::LateEntries(_) => None,
        }))
    }

    fn approval_event(tenant: TenantId, customer: Option<CustomerId>, approval: &ApprovalMessage) -> Event {
        outbox::approval_decided(tenant, customer, approval)
    }
}
