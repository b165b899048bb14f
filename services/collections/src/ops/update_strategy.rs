//! `UpdateStrategy`.

use quittance_kernel::StrategyId;
use quittance_runtime::blocking;
use quittance_service::{Etag, Operation};

use super::{Write, replace_default};
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{Strategy, StrategyChange},
    outbox,
};

/// Changes a strategy. A new default replaces the previous one.
#[derive(Debug, Hash)]
pub(crate) struct UpdateStrategy {
    pub(crate) strategy: StrategyId,
    pub(crate) etag: Etag,
    pub(crate) change: StrategyChange,
}

impl Operation for UpdateStrategy {
    const NAME: &'static str = "UpdateStrategy";
    const NEEDS_TENANT: bool = false;
    type Settings = TenantSettings;
    type Output = Strategy;

    async fn run(&self, w: &mut Write<'_>) -> Result<Strategy, Error> {
        db::lock_tenant(w.tx).await?;
        let id = self.strategy;
        let strategy = db::strategy::find(w.tx, id).await?;
        self.etag.check(format_args!("strategy {id}"), strategy.version)?;
        let change = self.change.clone();
        let strategy = blocking(move || strategy.change(change)).await?;
        let strategy = Strategy { updated_at: w.now, ..strategy };
        replace_default(w, &strategy).await?;
        db::strategy::update(w.tx, &strategy).await?;
        w.publish(outbox::strategy_updated(&strategy));
        Ok(strategy)
    }

    fn on_constraint(&self, constraint: &str) -> Option<Error> {
        let name = self.change.name.as_ref().filter(|_| constraint == "strategy_name_key");
        name.map(|name| Error::StrategyNameTaken(name.clone()))
    }
}
