//! `RunDunning`.

use chrono::NaiveDate;
use quittance_kernel::{ReminderId, RunId, StrategyId, count};
use quittance_runtime::blocking;
use quittance_service::Operation;

use super::{
    Write,
    dunning::{plan_for, render},
};
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{DunningRun, Reminder},
    outbox,
};

/// Records every reminder that is due on a date.
#[derive(Debug, Hash)]
pub(crate) struct RunDunning {
    pub(crate) as_of: NaiveDate,
    /// `None` for the tenant's default.
    pub(crate) strategy: Option<StrategyId>,
}

impl Operation for RunDunning {
    const NAME: &'static str = "RunDunning";
    type Settings = TenantSettings;
    type Output = DunningRun;

    async fn run(&self, w: &mut Write<'_>) -> Result<DunningRun, Error> {
        db::lock_tenant(w.tx).await?;
        let today = w.today()?;
        if self.as_of > today {
            return Err(Error::DateInFuture { date: self.as_of, today });
        }
        let plan = plan_for(w.tx, self.strategy, self.as_of).await?;
        let (id, now, seller) = (RunId::at(w.now), w.now, plan.seller);
        let reminders = plan.reminders.into_iter().map(move |planned| {
            let rendered = render(&planned, &seller)?;
            Ok(Reminder::record(ReminderId::at(now), id, planned, rendered, now))
        });
        let reminders: Vec<Reminder> = blocking(|| reminders.collect::<Result<_, Error>>()).await?;
        let run = DunningRun {
            id,
            as_of: self.as_of,
            strategy: plan.strategy,
            reminders: count(reminders.len())?,
            items: count(reminders.iter().map(|reminder| reminder.items.len()).sum::<usize>())?,
            position: plan.position,
            ran_at: now,
        };
        db::dunning::insert_run(w.tx, &run).await?;
        db::reminder::insert_all(w.tx, &reminders).await?;
        for reminder in &reminders {
            w.publish(outbox::reminder_recorded(reminder));
        }
        Ok(run)
    }
}
