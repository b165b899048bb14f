//! `CreateStrategy`.

use chrono::{DateTime, Utc};
use quittance_db::{Answer, Command, OneOp, OneResult, Tx, run_one};
use quittance_kernel::{RequestId, StrategyId, TenantId};

use super::blocking;
use crate::{
    App, Error, db,
    domain::{NewStrategy, Strategy},
};

/// Adds a strategy.
#[derive(Debug, Clone, Hash)]
pub(crate) struct CreateStrategy {
    pub(crate) request: RequestId,
    pub(crate) new: NewStrategy,
}

impl Command for CreateStrategy {
    const NAME: &'static str = "CreateStrategy";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op<A> {
    now: DateTime<Utc>,
    answer: fn(&Strategy) -> A,
}

impl<A: Answer> OneOp for Op<A> {
    type Command = CreateStrategy;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &CreateStrategy) -> OneResult<A, Error> {
        db::take_turns(tx).await?;
        // A tenant's first strategy is its default, so that a run need not name one.
        let is_default = command.new.is_default || !db::strategy::has_any(tx).await?;
        let new = NewStrategy { is_default, ..command.new.clone() };
        let now = self.now;
        let created = blocking(move || Strategy::create(StrategyId::at(now), new, now)).await;
        let strategy = match created {
            Ok(strategy) => strategy,
            Err(refusal) => return Ok(Err(refusal.into())),
        };
        if strategy.is_default {
            db::strategy::unset_default(tx, strategy.id).await?;
        }
        db::strategy::insert(tx, &strategy).await?;
        Ok(Ok((self.answer)(&strategy)))
    }
}

/// Adds a strategy.
#[tracing::instrument(name = "collections.create_strategy", skip_all)]
pub(crate) async fn create_strategy<A: Answer>(
    app: &App,
    tenant: TenantId,
    command: CreateStrategy,
    answer: fn(&Strategy) -> A,
) -> Result<A, Error> {
    let now = app.now();
    let name = command.new.name.clone();
    run_one(app.db(), tenant, now, &Op { now, answer }, command).await.map_err(|error| match error {
        Error::StrategyNameTaken(_) => Error::StrategyNameTaken(name),
        other => other,
    })
}
