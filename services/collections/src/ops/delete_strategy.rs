//! `DeleteStrategy`.

use quittance_kernel::StrategyId;
use quittance_service::{Etag, Operation};

use super::Write;
use crate::{Error, app::TenantSettings, db, outbox};

/// Deletes a strategy that no run used. The default one goes last.
#[derive(Debug, Hash)]
pub(crate) struct DeleteStrategy {
    pub(crate) strategy: StrategyId,
    pub(crate) etag: Etag,
}

impl Operation for DeleteStrategy {
    const NAME: &'static str = "DeleteStrategy";
    type Settings = TenantSettings;
    type Output = ();

    async fn run(&self, w: &mut Write<'_>) -> Result<(), Error> {
        db::lock_tenant(w.tx).await?;
        let id = self.strategy;
        let strategy = db::strategy::find(w.tx, id).await?;
        self.etag.check(format_args!("strategy {id}"), strategy.version)?;
        if strategy.is_default && db::strategy::has_another(w.tx, id).await? {
            return Err(Error::StrategyIsDefault(id));
        }
        db::strategy::delete(w.tx, id).await?;
        w.publish(outbox::strategy_deleted(&strategy));
        Ok(())
    }

    fn on_constraint(&self, constraint: &str) -> Option<Error> {
        (constraint == "dunning_run_strategy_exists").then_some(Error::StrategyHasRuns(self.strategy))
    }
}
