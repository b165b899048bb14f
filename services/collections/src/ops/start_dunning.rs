//! `StartDunning`.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::Tx;
use quittance_kernel::{CustomerId, ReminderId, RunId, StrategyId};
use quittance_runs::{NewRun, Outcome, Outcomes, Run, RunMessage, Works, start};
use quittance_runtime::blocking;
use quittance_service::Operation;
use uuid::Uuid;

use super::{
    Write,
    dunning::{find_strategy, plan_for, render},
};
use crate::{Error, app::TenantSettings, db, domain::Reminder, outbox};

/// Starts a run over the customers that reminders are due to on a date.
#[derive(Debug, Hash)]
pub(crate) struct StartDunning {
    pub(crate) as_of: NaiveDate,
    /// `None` for the tenant's default.
    pub(crate) strategy: Option<StrategyId>,
}

impl Operation for StartDunning {
    const NAME: &'static str = "StartDunning";
    type Settings = TenantSettings;
    type Output = RunMessage;

    async fn run(&self, w: &mut Write<'_>) -> Result<RunMessage, Error> {
        let today = w.today()?;
        if self.as_of > today {
            return Err(Error::DateInFuture { date: self.as_of, today });
        }
        let strategy = find_strategy(w.tx, self.strategy).await?;
        let customers = db::dunning::customers_due(w.tx, &strategy, self.as_of).await?;
        let subjects: Vec<Uuid> = customers.into_iter().map(CustomerId::uuid).collect();
        let id = RunId::at(w.now);
        db::dunning::insert_run(w.tx, id, self.as_of, strategy.id, w.now).await?;
        let command = Self { as_of: self.as_of, strategy: Some(strategy.id) };
        start(w, &command, NewRun { id, as_of: self.as_of, subjects: &subjects }).await
    }
}

impl Works for StartDunning {
    const SUBJECTS: &'static str = "customers";

    /// Records the reminders of customers. They are locked, so that two runs do not both see an item as not yet reminded.
    async fn work(
        &self,
        tx: &mut Tx,
        now: DateTime<Utc>,
        run: &Run,
        subjects: &[Uuid],
    ) -> Result<Outcomes<Self>, Error> {
        let customers: Vec<CustomerId> = subjects.iter().copied().map(CustomerId::new).collect();
        db::projection::lock_customers(tx, &customers).await?;
        let strategy = find_strategy(tx, self.strategy).await?;
        let plan = plan_for(tx, &strategy, self.as_of, &customers).await?;
        let id = run.id;
        let record = move || {
            let recorded = plan.customers.into_iter().map(|(customer, planned)| {
                let record = |planned| {
                    let rendered = render(&planned, &plan.seller)?;
                    Ok(Reminder::record(ReminderId::at(now), id, planned, rendered, now))
                };
                let reminders = planned.and_then(|planned| planned.into_iter().map(record).collect::<Result<_, _>>());
                (customer, reminders)
            });
            recorded.collect::<BTreeMap<CustomerId, Result<Vec<Reminder>, Error>>>()
        };
        let mut recorded = blocking(record).await;
        let reminders: Vec<&Reminder> = recorded.values().flatten().flatten().collect();
        db::reminder::insert_all(tx, &reminders).await?;
        let outcomes = customers.into_iter().map(|customer| {
            let outcome = match recorded.remove(&customer) {
                Some(Err(error)) => Outcome::Failed(error),
                Some(Ok(reminders)) if !reminders.is_empty() => {
                    Outcome::Done(reminders.iter().map(outbox::reminder_recorded).collect())
                }
                Some(Ok(_)) | None => Outcome::Skipped,
            };
            (customer.uuid(), outcome)
        });
        Ok(outcomes.collect())
    }
}
