//! `ResolveDispute`.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{Answer, Command, OneOp, OneResult, Tx, run_one};
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
    async fn decide(&self, tx: &mut Tx, command: &ResolveDispute) -> OneResult<Dispute, Error> {
        let id = command.dispute;
        let Some(dispute) = db::dispute::lock(tx, id).await? else { return Ok(Err(Error::DisputeNotFound(id))) };
        let resolved = dispute.resolve(command.outcome, command.resolved_on, self.today);
        Ok(resolved.map_err(|refusal| Error::Dispute { subject: format!("dispute {id}"), refusal }))
    }
}

impl<A: Answer> OneOp for Op<A> {
    type Command = ResolveDispute;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &ResolveDispute) -> OneResult<A, Error> {
        let dispute = match self.decide(tx, command).await? {
            Ok(decided) => decided,
            Err(error) => return Ok(Err(error)),
        };
        db::dispute::update(tx, &dispute).await?;
        quittance_events::push(tx, vec![outbox::dispute_resolved(&dispute, self.now)]).await?;
        Ok(Ok((self.answer)(&dispute)))
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
