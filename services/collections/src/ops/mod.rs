//! Operations, one file per mutating RPC, named after it: load, decide, save, publish. The library's runner does what all of them share.

mod create_strategy;
mod delete_strategy;
mod dunning;
mod open_dispute;
mod resolve_dispute;
mod start_dunning;
mod update_strategy;
mod work_runs;

pub(crate) use create_strategy::CreateStrategy;
pub(crate) use delete_strategy::DeleteStrategy;
pub(crate) use dunning::{Previewed, preview_dunning};
pub(crate) use open_dispute::OpenDispute;
pub(crate) use resolve_dispute::ResolveDispute;
pub(crate) use start_dunning::StartDunning;
pub(crate) use update_strategy::UpdateStrategy;
pub(crate) use work_runs::WorkRuns;

use crate::{Error, app::TenantSettings, db, domain::Strategy, outbox};

/// The transaction of an operation of the service.
type Write<'a> = quittance_service::Write<'a, TenantSettings>;

/// Before a strategy is saved: if it is the default, the one before is not any more.
async fn replace_default(w: &mut Write<'_>, strategy: &Strategy) -> Result<(), Error> {
    if strategy.is_default
        && let Some(before) = db::strategy::unset_default(w.tx, strategy.id, w.now).await?
    {
        let before = db::strategy::find(w.tx, before).await?;
        w.publish(outbox::strategy_updated(&before));
    }
    Ok(())
}
