//! What happens to runs: they are started by a call, and cancelled.

use std::{
    hash::{Hash, Hasher},
    marker::PhantomData,
};

use chrono::NaiveDate;
use prost::Message as _;
use quittance_kernel::{RunId, count};
use quittance_service::{CommonError, Operation, Settings, Write};
use uuid::Uuid;

use crate::{
    db,
    error::RunError,
    publish::{RunChange, Runs, publish},
    run::{Counts, Run, State},
    wire::RunMessage,
    work::Works,
};

/// A run to start.
#[derive(Debug)]
pub struct NewRun<'a> {
    /// Its id.
    pub id: RunId,
    /// The date that it is for.
    pub as_of: NaiveDate,
    /// The ids of its resources, each once.
    pub subjects: &'a [Uuid],
}

/// Starts a run of a call. One without items is finished at once.
///
/// # Errors
/// The database failed.
pub async fn start<C>(
    w: &mut Write<'_, C::Settings>,
    command: &C,
    new: NewRun<'_>,
) -> Result<RunMessage, <C::Settings as Settings>::Error>
where
    C: Works,
    C::Settings: Runs,
{
    let origin = w.origin(0);
    let total = count(new.subjects.len())?;
    let (state, ended_at) = if total == 0 { (State::Finished, Some(w.now)) } else { (State::Running, None) };
    let run = Run {
        id: new.id,
        method: C::NAME.to_owned(),
        request: command.request().encode_to_vec(),
        as_of: new.as_of,
        subjects: C::SUBJECTS.to_owned(),
        state,
        counts: Counts { total, ..Counts::default() },
        started_by: Some(origin.actor),
        request_id: origin.request,
        created_at: w.now,
        ended_at,
    };
    db::insert(w.tx, &run, new.subjects).await?;
    let started = publish(w, &run, RunChange::Started)?;
    if state == State::Finished {
        publish(w, &run, RunChange::Ended)?;
    }
    Ok(started)
}

/// A command in the service with these settings.
#[derive(Debug)]
pub(crate) struct In<S, C> {
    command: C,
    of: PhantomData<fn() -> S>,
}

impl<S, C> In<S, C> {
    pub(crate) const fn new(command: C) -> Self {
        Self { command, of: PhantomData }
    }
}

impl<S, C: Hash> Hash for In<S, C> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.command.hash(state);
    }
}

/// Cancels a running run: what is being done is finished first, and nothing is done afterwards.
#[derive(Debug, Hash)]
pub(crate) struct CancelRun {
    pub(crate) run: RunId,
}

impl<S: Runs> Operation for In<S, CancelRun> {
    const NAME: &'static str = "CancelRun";
    type Settings = S;
    type Output = RunMessage;

    async fn run(&self, w: &mut Write<'_, S>) -> Result<RunMessage, S::Error> {
        let id = self.command.run;
        db::lock_out_batches(w.tx, id).await?;
        let found = db::find(w.tx, id).await?.ok_or_else(|| CommonError::from(RunError::NotFound(id)))?;
        if found.state != State::Running {
            return Err(CommonError::from(RunError::Ended(id)).into());
        }
        db::cancel(w.tx, id, w.now).await?;
        let run = Run { state: State::Cancelled, ended_at: Some(w.now), ..found };
        Ok(publish(w, &run, RunChange::Ended)?)
    }
}
