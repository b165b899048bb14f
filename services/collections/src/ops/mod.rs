//! Operations, one file per mutating RPC, named after it: load, decide, save, publish. The library's runner does what all of them share.

mod create_strategy;
mod delete_strategy;
mod dunning;
mod open_dispute;
mod resolve_dispute;
mod run_dunning;
mod update_strategy;

pub(crate) use create_strategy::CreateStrategy;
pub(crate) use delete_strategy::DeleteStrategy;
pub(crate) use dunning::preview_dunning;
pub(crate) use open_dispute::OpenDispute;
pub(crate) use resolve_dispute::ResolveDispute;
pub(crate) use run_dunning::RunDunning;
pub(crate) use update_strategy::UpdateStrategy;

use crate::app::TenantSettings;

/// The transaction of an operation of the service.
type Write<'a> = quittance_service::Write<'a, TenantSettings>;
