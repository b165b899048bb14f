//! `ActivatePolicy`.

use chrono::NaiveDate;
use quittance_approvals::{Decided, Intent, require};
use quittance_kernel::PolicyId;
use quittance_policies::{
    Content as _, State,
    db::{activate, next_number},
};
use quittance_service::{CommonError, Etag, Operation};

use super::{Write, policies};
use crate::{Error, app::TenantSettings, domain::Policy, outbox};

/// Puts the draft of a policy in force from a date.
#[derive(Debug, Hash)]
pub(crate) struct ActivatePolicy {
    pub(crate) policy: PolicyId,
    /// `None` for today.
    pub(crate) effective_on: Option<NaiveDate>,
    pub(crate) etag: Etag,
    /// For the record.
    pub(crate) reason: String,
}

impl Operation for ActivatePolicy {
    const NAME: &'static str = "ActivatePolicy";
    type Settings = TenantSettings;
    /// What was done, and the policy as it is now.
    type Output = (Decided<()>, Policy);

    async fn run(&self, w: &mut Write<'_>) -> Result<Self::Output, Error> {
        let draft = policies::lock(w, self.policy, &self.etag).await?;
        let today = w.today()?;
        let number = next_number(w.tx, draft.content.kind()).await?;
        let effective_on = self.effective_on.unwrap_or(today);
        let policy = draft.clone().activate(number, effective_on, today, w.now).map_err(CommonError::from)?;
        let subject = format!("policies/{}", self.policy);
        let intent = Intent { subject, customer: None, amount: None, reason: self.reason.clone() };
        if let Some(approval) = require(w, self, intent).await? {
            return Ok((Decided::Waiting(approval), draft));
        }
        if let State::Active(activation) = &policy.state {
            activate(w.tx, policy.id, activation).await?;
        }
        w.publish(outbox::policy_activated(w.tx.tenant(), &policy));
        Ok((Decided::Done(()), policy))
    }
}
