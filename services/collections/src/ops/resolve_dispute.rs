//! `ResolveDispute`.

use chrono::NaiveDate;
use quittance_kernel::DisputeId;
use quittance_service::Operation;

use super::Write;
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{Dispute, DisputeOutcome},
    outbox,
};

/// Ends a dispute.
#[derive(Debug, Hash)]
pub(crate) struct ResolveDispute {
    pub(crate) dispute: DisputeId,
    pub(crate) outcome: DisputeOutcome,
    /// `None` for today.
    pub(crate) resolved_on: Option<NaiveDate>,
}

impl Operation for ResolveDispute {
    const NAME: &'static str = "ResolveDispute";
    type Settings = TenantSettings;
    type Output = Dispute;

    async fn run(&self, w: &mut Write<'_>) -> Result<Dispute, Error> {
        let id = self.dispute;
        let dispute = db::dispute::lock(w.tx, id).await?;
        let dispute = dispute
            .resolve(self.outcome, self.resolved_on, w.today()?)
            .map_err(|refusal| Error::Dispute { subject: format!("dispute {id}"), refusal })?;
        let dispute = Dispute { updated_at: w.now, ..dispute };
        db::dispute::update(w.tx, &dispute).await?;
        w.publish(outbox::dispute_resolved(&dispute));
        Ok(dispute)
    }
}
