//! `UpdateStrategy`.

use quittance_db::{Answer, Command, OneOp, OneResult, Tx, is_stale, run_one};
use quittance_kernel::{RequestId, StrategyId, TenantId};

use super::blocking;
use crate::{
    App, Error, db,
    domain::{Strategy, StrategyChange},
};

/// Changes a strategy.
#[derive(Debug, Clone, Hash)]
pub(crate) struct UpdateStrategy {
    pub(crate) request: RequestId,
    pub(crate) strategy: StrategyId,
    pub(crate) etag: String,
    pub(crate) change: StrategyChange,
}

impl Command for UpdateStrategy {
    const NAME: &'static str = "UpdateStrategy";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op<A> {
    answer: fn(&Strategy) -> A,
}

async fn decide(tx: &mut Tx, command: &UpdateStrategy) -> OneResult<Strategy, Error> {
    let Some(strategy) = db::strategy::find(tx, Some(command.strategy)).await? else {
        return Ok(Err(Error::StrategyNotFound(command.strategy)));
    };
    if is_stale(&command.etag, strategy.version) {
        return Ok(Err(Error::Stale(format!("strategy {}", command.strategy))));
    }
    let change = command.change.clone();
    Ok(blocking(move || strategy.change(change)).await.map_err(Error::from))
}

impl<A: Answer> OneOp for Op<A> {
    type Command = UpdateStrategy;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &UpdateStrategy) -> OneResult<A, Error> {
        db::take_turns(tx).await?;
        let strategy = match decide(tx, command).await? {
            Ok(decided) => decided,
            Err(error) => return Ok(Err(error)),
        };
        if strategy.is_default {
            db::strategy::unset_default(tx, strategy.id).await?;
        }
        db::strategy::update(tx, &strategy).await?;
        Ok(Ok((self.answer)(&strategy)))
    }
}

/// Changes a strategy. One that becomes the default takes the place of the one that was.
#[tracing::instrument(name = "collections.update_strategy", skip_all)]
pub(crate) async fn update_strategy<A: Answer>(
    app: &App,
    tenant: TenantId,
    command: UpdateStrategy,
    answer: fn(&Strategy) -> A,
) -> Result<A, Error> {
    let now = app.now();
    let name = command.change.name.clone().unwrap_or_default();
    run_one(app.db(), tenant, now, &Op { answer }, command).await.map_err(|error| match error {
        Error::StrategyNameTaken(_) => Error::StrategyNameTaken(name),
        other => other,
    })
}
