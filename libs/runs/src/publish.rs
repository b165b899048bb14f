//! The events of runs, which are those of their service.

use quittance_events::Event;
use quittance_kernel::{Bug, RunId, TenantId};
use quittance_service::{Settings, Write};

use crate::{
    run::Run,
    wire::{self, RunMessage},
};

/// A service with runs.
pub trait Runs: Settings {
    /// The event that a run was started, or that it has ended.
    fn run_event(tenant: TenantId, id: RunId, run: &RunMessage, change: RunChange) -> Event;
}

/// What happened to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunChange {
    /// It was started.
    Started,
    /// It is finished, or was cancelled.
    Ended,
}

/// Publishes what happened to a run.
pub(crate) fn publish<S: Runs>(w: &mut Write<'_, S>, run: &Run, change: RunChange) -> Result<RunMessage, Bug> {
    let shown = wire::run(S::AREA, run)?;
    let event = S::run_event(w.tx.tenant(), run.id, &shown, change);
    w.publish(event);
    Ok(shown)
}
