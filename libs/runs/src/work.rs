//! Works runs off: a batch of items is one transaction with what is done for them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use prost::Message;
use quittance_db::{DbError, Tx};
use quittance_events::Event;
use quittance_grpc::{Violations, reason_of};
use quittance_kernel::Bug;
use quittance_service::{Operation, ServiceError, Settings, Write};
use tonic::Status;
use uuid::Uuid;

use crate::{
    db,
    publish::{RunChange, Runs, publish},
    run::{ItemResult, Run, State},
};

/// The command of a call that starts a run: it is kept as its request, and made from it again for each batch.
pub trait Starts: Operation + TryFrom<Self::Request, Error = Violations> {
    /// The message of its request.
    type Request: Message + Default;

    /// The request that this command was made from, without its request id.
    fn request(&self) -> Self::Request;
}

/// What the run of a call does.
pub trait Works: Starts {
    /// The collection of its resources, for example `customers`.
    const SUBJECTS: &'static str;

    /// Does what the run is for, for some of its resources, and returns what became of each, in any order. What it decides is what a preview shows. An item that cannot be
    /// done is an outcome; an error rolls back what was done for all of them: each is then done alone.
    fn work(
        &self,
        tx: &mut Tx,
        now: DateTime<Utc>,
        run: &Run,
        subjects: &[Uuid],
    ) -> impl Future<Output = Result<Outcomes<Self>, ErrorOf<Self>>> + Send;
}

type ErrorOf<C> = <<C as Operation>::Settings as Settings>::Error;

/// What became of items, by the ids of their resources.
pub type Outcomes<C> = Vec<(Uuid, Outcome<ErrorOf<C>>)>;

/// What became of an item.
#[derive(Debug)]
pub enum Outcome<E> {
    /// It was done, with these events.
    Done(Vec<Event>),
    /// Nothing was left to do for it.
    Skipped,
    /// It could not be done: the error that a call of its own would return.
    Failed(E),
}

/// Pending items of a run, locked until the transaction ends.
#[derive(Debug)]
pub struct Batch {
    /// The run.
    pub run: Run,
    subjects: Vec<Uuid>,
}

/// Locks at most `limit` pending items of the tenant's oldest run of these methods with items that no other replica works on; `None` if there are none.
///
/// # Errors
/// The database failed.
pub async fn take<S: Settings>(w: &mut Write<'_, S>, methods: &[&str], limit: i64) -> Result<Option<Batch>, S::Error> {
    let taken = db::take(w.tx, methods, limit).await?;
    Ok(taken.map(|(run, subjects)| Batch { run, subjects }))
}

/// Works off a batch, in the name of the one who started its run. The run is finished with its last item.
///
/// # Errors
/// The database failed, or is not available: the batch is pending again.
pub async fn work<C>(w: &mut Write<'_, C::Settings>, batch: Batch) -> Result<(), ErrorOf<C>>
where
    C: Works,
    C::Settings: Runs,
{
    let Batch { run, subjects } = batch;
    let command = command::<C>(&run)?;
    w.in_name_of(run.origin(C::Settings::AREA));
    let worked = match attempt(w, &command, &run, &subjects).await? {
        Ok(worked) => worked,
        Err(_) => one_by_one(w, &command, &run, &subjects).await?,
    };
    let mut worked: HashMap<Uuid, Outcome<ErrorOf<C>>> = worked.into_iter().collect();
    let mut ended = Vec::with_capacity(subjects.len());
    for subject in subjects {
        let result = match worked.remove(&subject).ok_or(Bug("an item of a run has no outcome"))? {
            Outcome::Done(events) => {
                for event in events {
                    w.publish(event);
                }
                ItemResult::Done
            }
            Outcome::Skipped => ItemResult::Skipped,
            Outcome::Failed(error) => failed(error),
        };
        ended.push((subject, result));
    }
    let run = db::end_items(w.tx, run.id, &ended, w.now).await?;
    if run.state == State::Finished {
        publish(w, &run, RunChange::Ended)?;
    }
    Ok(())
}

/// The command of a run.
fn command<C: Works>(run: &Run) -> Result<C, Bug> {
    let request = C::Request::decode(run.request.as_slice()).ok();
    request.and_then(|request| C::try_from(request).ok()).ok_or(Bug("what a run has kept is not its request"))
}

/// What became of items, or the error that rolled back what was done for them. The outer error is that of a database that may work again.
type Attempt<C> = Result<Result<Outcomes<C>, ErrorOf<C>>, ErrorOf<C>>;

async fn attempt<C: Works>(w: &mut Write<'_, C::Settings>, command: &C, run: &Run, subjects: &[Uuid]) -> Attempt<C> {
    savepoint(w.tx, "savepoint run_items").await?;
    match command.work(w.tx, w.now, run, subjects).await {
        Ok(worked) => {
            savepoint(w.tx, "release savepoint run_items").await?;
            Ok(Ok(worked))
        }
        Err(error) if error.store().is_some_and(DbError::is_transient) => Err(error),
        Err(error) => {
            savepoint(w.tx, "rollback to savepoint run_items").await?;
            Ok(Err(error))
        }
    }
}

/// Does each item alone: only what fails then has failed.
async fn one_by_one<C: Works>(
    w: &mut Write<'_, C::Settings>,
    command: &C,
    run: &Run,
    subjects: &[Uuid],
) -> Result<Outcomes<C>, ErrorOf<C>> {
    let mut worked = Vec::with_capacity(subjects.len());
    for subject in subjects {
        match attempt(w, command, run, std::slice::from_ref(subject)).await? {
            Ok(one) => worked.extend(one),
            Err(error) => worked.push((*subject, Outcome::Failed(error))),
        }
    }
    Ok(worked)
}

async fn savepoint(tx: &mut Tx, statement: &'static str) -> Result<(), DbError> {
    sqlx::query(statement).execute(&mut **tx).await?;
    Ok(())
}

/// A failed item, with reason and text as a caller would see them.
fn failed<E: ServiceError>(error: E) -> ItemResult {
    let status: Status = error.into();
    ItemResult::Failed { reason: reason_of(&status), message: status.message().to_owned() }
}
