//! `ResolveDispute`.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{Answer, Command, DbError, SliceOp, Tx, run_one};
use quittance_kernel::{DisputeId, RequestId, TenantId};

use crate::{
    App, Error, db,
    domain::{Dispute, DisputeOutcome},
    outbox,
};

/// Ends a dispute.
#[derive(Debug, Clone, Hash)]
pub(crate) struct ResolveDispute {
    pub(crate) request: RequestId,
    pub(crate) dispute: DisputeId,
    pub(crate) outcome: DisputeOutcome,
    pub(crate) resolved_on: Option<NaiveDate>,
}

impl Command for ResolveDispute {
    const NAME: &'static str = "ResolveDispute";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op<A> {
    today: NaiveDate,
    now: DateTime<Utc>,
    answer: fn(&Dispute) -> A,
}

impl<A: Answer> Op<A> {
    async fn decide(&self, tx: &mut Tx, command: &ResolveDispute) -> Result<Result<Dispute, Error>, DbError> {
        let id = command.dispute;
        let Some(dispute) = db::dispute::lock(tx, id).await? else { return Ok(Err(Error::DisputeNotFound(id))) };
        let resolved = dispute.resolve(command.outcome, command.resolved_on, self.today);
        Ok(resolved.map_err(|refusal| Error::Dispute { subject: format!("dispute {id}"), refusal }))
    }
}

impl<A: Answer> SliceOp for Op<A> {
    type Command = ResolveDispute;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, commands: &[&ResolveDispute]) -> Result<Vec<Result<A, Error>>, DbError> {
        let mut answers = Vec::with_capacity(commands.len());
        for command in commands {
            let answer = match self.decide(tx, command).await? {
                Ok(dispute) => {
                    db::dispute::update(tx, &dispute).await?;
                    quittance_events::push(tx, vec![outbox::dispute_resolved(&dispute, self.now)]).await?;
                    Ok((self.answer)(&dispute))
                }
                Err(error) => Err(error),
            };
            answers.push(answer);
        }
        Ok(answers)
    }
}

/// Ends a dispute.
#[tracing::instrument(name = "collections.resolve_dispute", skip_all)]
pub(crate) async fn resolve_dispute<A: Answer>(
    app: &App,
    tenant: TenantId,
    command: ResolveDispute,
    answer: fn(&Dispute) -> A,
) -> Result<A, Error> {
    let book = app.book(tenant).await?;
    let (now, today) = (app.now(), app.today(&book));
    let result = run_one(app.db(), tenant, now, &Op { today, now, answer }, command).await;
    app.relay().wake();
    result
}
