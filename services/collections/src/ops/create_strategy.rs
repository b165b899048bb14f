//! `CreateStrategy`.

use quittance_kernel::StrategyId;
use quittance_runtime::blocking;
use quittance_service::Operation;

use super::{Write, replace_default};
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{NewStrategy, Strategy},
    outbox,
};

/// Adds a strategy.
#[derive(Debug, Hash)]
pub(crate) struct CreateStrategy {
    pub(crate) new: NewStrategy,
}

impl Operation for CreateStrategy {
    const NAME: &'static str = "CreateStrategy";
    const NEEDS_TENANT: bool = false;
    type Settings = TenantSettings;
    type Output = Strategy;

    async fn run(&self, w: &mut Write<'_>) -> Result<Strategy, Error> {
        db::lock_tenant(w.tx).await?;
        // A tenant's first strategy is its default.
        let is_default = self.new.is_default || !db::strategy::has_any(w.tx).await?;
        let new = NewStrategy { is_default, ..self.new.clone() };
        let now = w.now;
        let strategy = blocking(move || Strategy::create(StrategyId::at(now), new, now)).await?;
        replace_default(w, &strategy).await?;
        db::strategy::insert(w.tx, &strategy).await?;
        w.publish(outbox::strategy_created(&strategy));
        Ok(strategy)
    }

    fn on_constraint(&self, constraint: &str) -> Option<Error> {
        (constraint == "strategy_name_key").then(|| Error::StrategyNameTaken(self.new.name.clone()))
    }
}
