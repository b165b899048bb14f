//! The workshop: one file per mutating call, the transaction script. The door passes how an answer is written, because the answer is kept with the
//! request.

mod blocking;
mod create_strategy;
mod dunning;
mod open_dispute;
mod resolve_dispute;
mod run_dunning;
mod update_strategy;

pub(crate) use blocking::blocking;
pub(crate) use create_strategy::{CreateStrategy, create_strategy};
pub(crate) use dunning::preview_dunning;
pub(crate) use open_dispute::{OpenDispute, open_dispute};
pub(crate) use resolve_dispute::{ResolveDispute, resolve_dispute};
pub(crate) use run_dunning::{RunDunning, run_dunning};
pub(crate) use update_strategy::{UpdateStrategy, update_strategy};
