//! `CreatePolicy`.

use quittance_kernel::{CustomerId, PolicyId};
use quittance_policies::db::insert;
use quittance_service::Operation;

use super::Write;
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{Policy, PolicyContent},
    outbox,
};

/// Creates the draft of a policy.
#[derive(Debug, Hash)]
pub(crate) struct CreatePolicy {
    pub(crate) content: PolicyContent,
    pub(crate) description: String,
}

impl Operation for CreatePolicy {
    const NAME: &'static str = "CreatePolicy";
    type Settings = TenantSettings;
    type Output = Policy;

    async fn run(&self, w: &mut Write<'_>) -> Result<Policy, Error> {
        if let PolicyContent::Tolerances(policy) = &self.content {
            let blocked: Vec<CustomerId> = policy.blocked.iter().copied().collect();
            let known = db::customer::find_all(w.tx, &blocked).await?;
            if let Some(unknown) = blocked.into_iter().find(|customer| !known.contains_key(customer)) {
                return Err(Error::CustomerNotFound(unknown));
            }
        }
        let policy = Policy::draft(PolicyId::at(w.now), self.content.clone(), self.description.clone(), w.now);
        insert(w.tx, &policy).await?;
        w.publish(outbox::policy_created(w.tx.tenant(), &policy));
        Ok(policy)
    }
}
