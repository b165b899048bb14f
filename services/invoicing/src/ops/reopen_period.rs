//! `ReopenPeriod`.

use quittance_approvals::{Decided, Intent, require};
use quittance_kernel::PeriodId;
use quittance_service::Operation;

use super::Write;
use crate::{Error, app::TenantSettings, db, domain::Period, outbox};

/// Reopens the latest closed period.
#[derive(Debug, Hash)]
pub(crate) struct ReopenPeriod {
    pub(crate) period: PeriodId,
    pub(crate) reason: String,
}

impl Operation for ReopenPeriod {
    const NAME: &'static str = "ReopenPeriod";
    type Settings = TenantSettings;
    /// What was done, and the period as it is now.
    type Output = (Decided<()>, Period);

    async fn run(&self, w: &mut Write<'_>) -> Result<Self::Output, Error> {
        let id = self.period;
        let closed_through = db::period::lock_closed_through(w.tx).await?;
        let period = db::period::find_all(w.tx, &[id.uuid()]).await?.pop().ok_or(Error::PeriodNotFound(id))?;
        let (reopened, before) = period
            .clone()
            .reopen(closed_through, self.reason.clone(), w.now)
            .map_err(|refusal| Error::refused(format!("period {id}"), refusal))?;
        let intent =
            Intent { subject: format!("periods/{id}"), customer: None, amount: None, reason: self.reason.clone() };
        if let Some(approval) = require(w, self, intent).await? {
            return Ok((Decided::Waiting(approval), period));
        }
        if let Some(reopening) = &reopened.reopened {
            db::period::reopen(w.tx, id, reopening).await?;
        }
        db::period::set_closed_through(w.tx, before).await?;
        w.publish(outbox::period_reopened(w.tx.tenant(), &reopened));
        Ok((Decided::Done(()), reopened))
    }
}
