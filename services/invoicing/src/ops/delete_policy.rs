//! `DeletePolicy`.

use quittance_kernel::PolicyId;
use quittance_policies::db::delete;
use quittance_service::{CommonError, Etag, Operation};

use super::{Write, policies};
use crate::{Error, app::TenantSettings, outbox};

/// Deletes the draft of a policy.
#[derive(Debug, Hash)]
pub(crate) struct DeletePolicy {
    pub(crate) policy: PolicyId,
    pub(crate) etag: Etag,
}

impl Operation for DeletePolicy {
    const NAME: &'static str = "DeletePolicy";
    type Settings = TenantSettings;
    type Output = ();

    async fn run(&self, w: &mut Write<'_>) -> Result<(), Error> {
        let policy = policies::lock(w, self.policy, &self.etag).await?.as_draft().map_err(CommonError::from)?;
        delete(w.tx, policy.id).await?;
        w.publish(outbox::policy_deleted(w.tx.tenant(), &policy));
        Ok(())
    }
}
