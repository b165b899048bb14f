//! The policies of a tenant, for the operations that change or need them.

use chrono::NaiveDate;
use quittance_approvals::{ApprovalMessage, Approves, InForce};
use quittance_db::Tx;
use quittance_events::Event;
use quittance_kernel::{CustomerId, PolicyId, TenantId};
use quittance_policies::{PolicyError, db};
use quittance_service::{CommonError, Etag};

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

impl Approves for TenantSettings {
    async fn approval_policy(tx: &mut Tx, today: NaiveDate) -> Result<Option<InForce>, Error> {
        let policy: Option<Policy> = db::in_force(tx, PolicyContent::APPROVALS, today).await?;
        Ok(policy.map(|Policy { id, content: PolicyContent::Approvals(policy), .. }| InForce { id, policy }))
    }

    fn approval_event(tenant: TenantId, customer: Option<CustomerId>, approval: &ApprovalMessage) -> Event {
        outbox::approval_decided(tenant, customer, approval)
    }
}
