//! `RunDunning`: records what is due.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{Answer, Command, OneOp, OneResult, Tx, run_one};
use quittance_kernel::{ReminderId, RequestId, RunId, StrategyId, TenantId};

use super::{
    blocking,
    dunning::{Plan, plan_for, render},
};
use crate::{
    App, Error,
    app::Book,
    db,
    domain::{DunningRun, Reminder},
    outbox,
};

/// Records every reminder that is due on a date.
#[derive(Debug, Clone, Hash)]
pub(crate) struct RunDunning {
    pub(crate) request: RequestId,
    pub(crate) as_of: NaiveDate,
    pub(crate) strategy: Option<StrategyId>,
}

impl Command for RunDunning {
    const NAME: &'static str = "RunDunning";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op<A> {
    book: Arc<Book>,
    today: NaiveDate,
    now: DateTime<Utc>,
    answer: fn(&DunningRun) -> A,
}

impl<A: Answer> Op<A> {
    async fn decide(&self, tx: &mut Tx, command: &RunDunning) -> OneResult<(DunningRun, Vec<Reminder>), Error> {
        if command.as_of > self.today {
            return Ok(Err(Error::DateInFuture { date: command.as_of, today: self.today }));
        }
        let plan = plan_for(tx, command.strategy, command.as_of).await?;
        match plan {
            Ok(plan) => Ok(self.record(command, plan).await),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn record(&self, command: &RunDunning, plan: Plan) -> Result<(DunningRun, Vec<Reminder>), Error> {
        let id = RunId::at(self.now);
        let (book, now) = (self.book.clone(), self.now);
        let reminders = plan.reminders.into_iter().map(move |planned| {
            let rendered = render(&planned, &book.seller)?;
            Ok(Reminder::record(ReminderId::at(now), id, planned, rendered, now))
        });
        let reminders: Vec<Reminder> = blocking(|| reminders.collect::<Result<_, Error>>()).await?;
        let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        let run = DunningRun {
            id,
            as_of: command.as_of,
            strategy: plan.strategy,
            reminders: count(reminders.len()),
            items: count(reminders.iter().map(|reminder| reminder.items.len()).sum()),
            position: plan.position,
            ran_at: self.now,
        };
        Ok((run, reminders))
    }
}

impl<A: Answer> OneOp for Op<A> {
    type Command = RunDunning;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &RunDunning) -> OneResult<A, Error> {
        db::take_turns(tx).await?;
        let (run, reminders) = match self.decide(tx, command).await? {
            Ok(decided) => decided,
            Err(error) => return Ok(Err(error)),
        };
        db::dunning::insert_run(tx, &run).await?;
        db::reminder::insert_all(tx, &reminders).await?;
        quittance_events::push(tx, reminders.iter().map(|r| outbox::reminder_recorded(r, self.now)).collect()).await?;
        Ok(Ok((self.answer)(&run)))
    }
}

/// Records every reminder that is due on a date.
#[tracing::instrument(name = "collections.run_dunning", skip_all)]
pub(crate) async fn run_dunning<A: Answer>(
    app: &App,
    tenant: TenantId,
    command: RunDunning,
    answer: fn(&DunningRun) -> A,
) -> Result<A, Error> {
    let book = app.book(tenant).await?;
    let (now, today) = (app.now(), app.today(&book));
    let result = run_one(app.db(), tenant, now, &Op { book, today, now, answer }, command).await;
    app.relay().wake();
    result
}
