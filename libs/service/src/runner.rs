//! The runner of operations: request log, transaction, retries, events, responses.
//!
//! Requests completed before get their stored response. The others are decided and written together; their responses are stored last, which
//! waits for a concurrent transaction with one of the same requests. If that one commits, or a constraint is violated, each
//! command is run again in a transaction of its own. A refusal is not stored: its request is looked up once more, because the command may have
//! been refused because of the effect of its own first attempt.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use quittance_db::{
    DbError, NewResponse, RequestIdReused, StorableResponse, StoredResponse, find_responses, store_responses,
};
use quittance_kernel::{Bug, EventId, RequestId, TenantId};
use quittance_runtime::{
    metrics::{self, OperationResult},
    written::{self, Written},
};
use tracing::{Instrument as _, Span};

use crate::{
    Batch, BatchOperation, Call, CommonError, Operation, ServiceError, Settings, State, Write,
    command_hash::{CommandHash, command_hash},
    operation::ErrorOf,
};

/// How often one command is tried when transactions conflict.
const TRIES: usize = 5;

/// The result of a call.
#[derive(Debug, Clone)]
pub struct Outcome<O, A> {
    /// The response.
    pub response: A,
    /// The operation's output; `None` when the response was stored before.
    pub output: Option<O>,
}

/// How the commands of an operation are run: one or many per transaction.
pub(crate) trait Form<C>: Send + 'static {
    const NAME: &'static str;
    const NEEDS_TENANT: bool;
    type Settings: Settings;
    type Output: Send;

    fn run(
        w: &mut Write<'_, Self::Settings>,
        commands: &[&C],
    ) -> impl Future<Output = Batch<Self::Output, ErrorOf<Self::Settings>>> + Send;

    fn on_constraint(command: &C, constraint: &str) -> Option<ErrorOf<Self::Settings>>;
}

/// One command per transaction.
pub(crate) struct Single;

/// A batch of commands per transaction.
pub(crate) struct Many;

impl<C: Operation> Form<C> for Single {
    const NAME: &'static str = C::NAME;
    const NEEDS_TENANT: bool = C::NEEDS_TENANT;
    type Settings = C::Settings;
    type Output = C::Output;

    async fn run(w: &mut Write<'_, C::Settings>, commands: &[&C]) -> Batch<C::Output, ErrorOf<C::Settings>> {
        let [command] = commands else { return Err(Bug("an operation without a batch form got a batch").into()) };
        match command.run(w).await {
            Err(error) if error.is_of_batch() => Err(error),
            result => Ok(vec![result]),
        }
    }

    fn on_constraint(command: &C, constraint: &str) -> Option<ErrorOf<C::Settings>> {
        command.on_constraint(constraint)
    }
}

impl<C: BatchOperation> Form<C> for Many {
    const NAME: &'static str = C::NAME;
    const NEEDS_TENANT: bool = true;
    type Settings = C::Settings;
    type Output = C::Output;

    async fn run(w: &mut Write<'_, C::Settings>, commands: &[&C]) -> Batch<C::Output, ErrorOf<C::Settings>> {
        C::run(w, commands).await
    }

    fn on_constraint(command: &C, constraint: &str) -> Option<ErrorOf<C::Settings>> {
        command.on_constraint(constraint)
    }
}

/// The span of an operation's transactions.
fn span(operation: &'static str, count: usize) -> Span {
    tracing::info_span!("operation", otel.name = operation, operation, count)
}

/// Records the last event of a transaction as written by the running call.
fn record_written<S: Settings>(event: Option<EventId>) {
    if let Some(event) = event {
        written::record(&Written::of(S::AREA, event));
    }
}

/// Runs an operation as a job, without a caller.
pub(crate) async fn run_job<C: Operation>(
    state: &State<C::Settings>,
    tenant: TenantId,
    command: &C,
) -> Result<C::Output, ErrorOf<C::Settings>> {
    let work = async {
        let started = Instant::now();
        let settings = state.settings(tenant).await?;
        let mut tx = state.db().begin(tenant).await?;
        let mut w = Write::new(&mut tx, state.now(), settings.as_deref(), C::NAME, Vec::new());
        let output = command.run(&mut w).await?;
        let written = w.save_events().await?;
        tx.commit().await?;
        if written.is_some() {
            state.relay().wake();
        }
        record_written::<C::Settings>(written);
        metrics::record_transaction(C::Settings::AREA, C::NAME, started.elapsed());
        Ok(output)
    };
    work.instrument(span(C::NAME, 1)).await
}

type Output<F, C> = <F as Form<C>>::Output;
type ErrorIn<F, C> = ErrorOf<<F as Form<C>>::Settings>;
/// The outcome of one command, or its refusal.
type OutcomeOf<F, C, A> = Result<Outcome<Output<F, C>, A>, ErrorIn<F, C>>;
type Outcomes<F, C, A> = Batch<Outcome<Output<F, C>, A>, ErrorIn<F, C>>;

/// A command to run.
struct Entry<'a, C> {
    call: &'a Call<C>,
    hash: CommandHash,
}

impl<C> Entry<'_, C> {
    fn id(&self) -> RequestId {
        self.call.envelope.request
    }
}

/// Runs the calls of one tenant.
pub(crate) struct Runner<'a, F: Form<C>, C, A> {
    state: &'a State<F::Settings>,
    tenant: TenantId,
    response: fn(&F::Output) -> A,
    /// How many bytes of responses may still be written; `None` where they cannot be too large.
    room: Option<AtomicUsize>,
}

impl<'a, F, C, A> Runner<'a, F, C, A>
where
    F: Form<C>,
    C: Hash + Send + Sync,
    A: StorableResponse,
{
    pub(crate) fn new(state: &'a State<F::Settings>, tenant: TenantId, response: fn(&F::Output) -> A) -> Self {
        Self { state, tenant, response, room: None }
    }

    /// The same, with a limit for the sum of all responses. What exceeds it is refused before anything is written.
    pub(crate) fn with_room(self, bytes: usize) -> Self {
        Self { room: Some(AtomicUsize::new(bytes)), ..self }
    }

    /// Runs the calls; duplicates of a request are one command.
    pub(crate) async fn run(&self, calls: &[Call<C>]) -> Outcomes<F, C, A> {
        // Boxed: every handler's future would hold this one, which is large.
        let results = Box::pin(self.run_distinct(calls)).instrument(span(F::NAME, calls.len())).await;
        record::<F, C, A>(&results, calls.len());
        results
    }

    async fn run_distinct(&self, calls: &[Call<C>]) -> Outcomes<F, C, A> {
        let mut ids: HashSet<RequestId> = HashSet::with_capacity(calls.len());
        let mut places: HashMap<(RequestId, CommandHash), (bool, usize)> = HashMap::with_capacity(calls.len());
        // Other commands with the same id run after the first, as if sent after it: the stored response decides which is valid.
        let (mut first, mut others): (Vec<Entry<'_, C>>, Vec<Entry<'_, C>>) = (Vec::new(), Vec::new());
        let mut requested = Vec::with_capacity(calls.len());
        for call in calls {
            let id = call.envelope.request;
            let hash = command_hash(F::NAME, id, &call.command);
            requested.push(*places.entry((id, hash)).or_insert_with(|| {
                let is_first = ids.insert(id);
                let list = if is_first { &mut first } else { &mut others };
                list.push(Entry { call, hash });
                (is_first, list.len() - 1)
            }));
        }
        let mut first = distributable(self.run_together(&first).await?);
        let mut others_results = Vec::with_capacity(others.len());
        for other in &others {
            others_results.push(self.run_alone(other).await?);
        }
        let mut others = distributable(others_results);
        let results = requested.into_iter().map(|(is_first, place)| {
            let results = if is_first { &mut first } else { &mut others };
            results.get_mut(place).map(Distributable::take).ok_or_else(|| Bug("a command has no result").into())
        });
        results.collect()
    }

    async fn run_together(&self, entries: &[Entry<'_, C>]) -> Outcomes<F, C, A> {
        match self.attempt(entries).await {
            Err(error) if error.store().is_some_and(DbError::is_conflict) => {}
            done => return done,
        }
        let mut results = Vec::with_capacity(entries.len());
        for entry in entries {
            results.push(self.run_alone(entry).await?);
        }
        Ok(results)
    }

    /// Runs one command, and retries conflicts. An error is a database error or a bug.
    async fn run_alone(&self, entry: &Entry<'_, C>) -> Result<OutcomeOf<F, C, A>, ErrorIn<F, C>> {
        let mut tries = 1;
        loop {
            let error = match self.attempt(std::slice::from_ref(entry)).await {
                Ok(mut results) => return results.pop().ok_or_else(|| Bug("a command has no result").into()),
                Err(error) => error,
            };
            if matches!(error.common(), Some(CommonError::ResponseTooLarge { .. })) {
                return Ok(Err(error));
            }
            let Some(store) = error.store().filter(|store| store.is_conflict()) else { return Err(error) };
            if store.is_transient() && tries < TRIES {
                tries += 1;
                continue;
            }
            let refusal = store.constraint().and_then(|name| F::on_constraint(&entry.call.command, name));
            return Ok(Err(refusal.unwrap_or(error)));
        }
    }

    async fn attempt(&self, entries: &[Entry<'_, C>]) -> Outcomes<F, C, A> {
        let settings = self.state.settings(self.tenant).await?;
        if settings.is_none() && F::NEEDS_TENANT {
            let error: ErrorIn<F, C> = CommonError::TenantNotFound(self.tenant).into();
            return Ok(entries.iter().map(|_| Err(error.clone())).collect());
        }
        let started = Instant::now();
        let now = self.state.now();
        let mut tx = self.state.db().begin(self.tenant).await?;
        let ids: Vec<RequestId> = entries.iter().map(Entry::id).collect();
        let kept = find_responses(&mut tx, &ids).await?;
        let fresh: Vec<&Entry<'_, C>> = entries.iter().filter(|entry| !kept.contains_key(&entry.id())).collect();
        let calls = fresh.iter().map(|entry| &entry.call.envelope).collect();
        let mut w = Write::new(&mut tx, now, settings.as_deref(), F::NAME, calls);
        let results = if fresh.is_empty() { Vec::new() } else { self.decide(&mut w, &fresh).await? };
        let mut responses = Vec::with_capacity(results.len());
        let mut bytes: usize = kept.values().map(|kept| kept.response.len()).sum();
        for (entry, result) in fresh.iter().zip(&results) {
            if let Ok(Outcome { response, .. }) = result {
                bytes += response.size();
                responses.push(NewResponse {
                    request: entry.id(),
                    command_hash: entry.hash,
                    response: response.to_bytes(),
                    is_basic: response.is_basic(),
                });
            }
        }
        self.take_room(bytes)?;
        let is_refused = responses.len() < results.len();
        if responses.is_empty() {
            drop(w);
            tx.rollback().await?;
        } else {
            let written = w.save_events().await?;
            store_responses(&mut tx, responses, written, now).await?;
            tx.commit().await?;
            if written.is_some() {
                self.state.relay().wake();
            }
            record_written::<F::Settings>(written);
            metrics::record_transaction(F::Settings::AREA, F::NAME, started.elapsed());
        }
        let meanwhile = if is_refused { self.find_refused(&fresh, &results).await? } else { HashMap::new() };
        let mut results = results.into_iter();
        let outcomes = entries.iter().map(|entry| {
            if let Some(kept) = kept.get(&entry.id()) {
                return repeat::<F, C, A>(entry, kept);
            }
            let result = results.next().ok_or(Bug("a command has no result"))?;
            match (result, meanwhile.get(&entry.id())) {
                (Err(_), Some(kept)) => repeat::<F, C, A>(entry, kept),
                (result, _) => Ok(result),
            }
        });
        outcomes.collect()
    }

    /// Refuses responses that are too large together. Called before they are written.
    fn take_room(&self, bytes: usize) -> Result<(), CommonError> {
        let Some(room) = &self.room else { return Ok(()) };
        let taken = room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |room| room.checked_sub(bytes));
        taken.map(drop).map_err(|room| CommonError::ResponseTooLarge { bytes, room })
    }

    /// Runs the operation; an error of the operation is returned for every command.
    async fn decide(&self, w: &mut Write<'_, F::Settings>, fresh: &[&Entry<'_, C>]) -> Outcomes<F, C, A> {
        let commands: Vec<&C> = fresh.iter().map(|entry| &entry.call.command).collect();
        let results = match F::run(w, &commands).await {
            Err(error) if !error.is_of_batch() => return Ok(commands.iter().map(|_| Err(error.clone())).collect()),
            results => results?,
        };
        if results.len() != commands.len() {
            return Err(Bug("an operation did not return a result for each command").into());
        }
        let outcome = |output: F::Output| Outcome { response: (self.response)(&output), output: Some(output) };
        Ok(results.into_iter().map(|result| result.map(outcome)).collect())
    }

    /// The responses stored meanwhile for the requests of refused commands.
    async fn find_refused(
        &self,
        fresh: &[&Entry<'_, C>],
        results: &[OutcomeOf<F, C, A>],
    ) -> Result<HashMap<RequestId, StoredResponse>, DbError> {
        let refused = fresh.iter().zip(results).filter(|(_, result)| result.is_err());
        let refused: Vec<RequestId> = refused.map(|(entry, _)| entry.id()).collect();
        let mut tx = self.state.db().begin(self.tenant).await?;
        let found = find_responses(&mut tx, &refused).await?;
        tx.commit().await?;
        Ok(found)
    }
}

/// The stored response of a request, if it has the same command.
fn repeat<F: Form<C>, C, A: StorableResponse>(
    entry: &Entry<'_, C>,
    kept: &StoredResponse,
) -> Result<OutcomeOf<F, C, A>, ErrorIn<F, C>> {
    if kept.command_hash != entry.hash {
        return Ok(Err(CommonError::from(RequestIdReused(entry.id())).into()));
    }
    record_written::<F::Settings>(kept.written);
    let response = A::from_bytes(&kept.response, kept.is_basic).map_err(|why| DbError::Corrupt {
        table: "request_log",
        id: entry.id().uuid(),
        why,
    })?;
    Ok(Ok(Outcome { response, output: None }))
}

/// A result shared by the duplicates of a command: the first takes the output.
struct Distributable<O, A, E>(Result<Outcome<O, A>, E>);

fn distributable<O, A, E>(results: Vec<Result<Outcome<O, A>, E>>) -> Vec<Distributable<O, A, E>> {
    results.into_iter().map(Distributable).collect()
}

impl<O, A: Clone, E: Clone> Distributable<O, A, E> {
    fn take(&mut self) -> Result<Outcome<O, A>, E> {
        match &mut self.0 {
            Ok(outcome) => Ok(Outcome { response: outcome.response.clone(), output: outcome.output.take() }),
            Err(error) => Err(error.clone()),
        }
    }
}

fn record<F: Form<C>, C, A>(results: &Outcomes<F, C, A>, count: usize) {
    if !metrics::are_enabled() {
        return;
    }
    let record = |result, count| metrics::record_commands(F::Settings::AREA, F::NAME, result, count);
    let Ok(results) = results else { return record(OperationResult::Failed, count) };
    for result in results {
        let result = match result {
            Ok(Outcome { output: Some(_), .. }) => OperationResult::Done,
            Ok(Outcome { output: None, .. }) => OperationResult::Repeated,
            Err(error) if error.is_of_batch() => OperationResult::Failed,
            Err(_) => OperationResult::Refused,
        };
        record(result, 1);
    }
}
