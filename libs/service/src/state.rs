//! The state behind a service's calls.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    sync::{Arc, PoisonError, RwLock},
};

use chrono::{DateTime, Utc};
use quittance_db::{Db, DbError, StorableResponse, Tx};
use quittance_events::Relay;
use quittance_grpc::MAX_RESPONSE_BYTES;
use quittance_kernel::{Bug, Clock, TenantId};
use quittance_proto::common::v1::View;
use tonic::{Response, Status};
use tonic_types::pb;

use crate::{
    Batch, BatchCall, BatchOperation, Call, CommonError, Operation, Outcome, Settings, Viewed, Views,
    coalescer::Coalescers,
    operation::ErrorOf,
    response_fits,
    runner::{self, Many, Runner, Single},
};

/// The state behind a service's calls: its database, its clock, and the cached settings of tenants.
pub struct State<S: Settings> {
    db: Db,
    relay: Relay,
    clock: Clock,
    settings: RwLock<HashMap<TenantId, Arc<S>>>,
    coalescers: Coalescers,
}

impl<S: Settings> fmt::Debug for State<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("area", &S::AREA).finish_non_exhaustive()
    }
}

impl<S: Settings> State<S> {
    /// A state over its database.
    pub fn new(db: Db, relay: Relay, clock: Clock) -> Self {
        Self { db, relay, clock, settings: RwLock::default(), coalescers: Coalescers::default() }
    }

    /// Its database.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The relay of its events.
    pub fn relay(&self) -> &Relay {
        &self.relay
    }

    /// Its clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The time of its clock.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The settings of a tenant; `None` if it does not exist.
    pub async fn settings(&self, tenant: TenantId) -> Result<Option<Arc<S>>, DbError> {
        let known = self.settings.read().unwrap_or_else(PoisonError::into_inner).get(&tenant).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let mut tx = self.db.begin(tenant).await?;
        let loaded = S::load(&mut tx).await?.map(Arc::new);
        tx.commit().await?;
        if let Some(loaded) = &loaded {
            self.settings.write().unwrap_or_else(PoisonError::into_inner).insert(tenant, Arc::clone(loaded));
        }
        Ok(loaded)
    }

    /// As [`State::settings`], with an error if the tenant does not exist.
    pub async fn settings_of(&self, tenant: TenantId) -> Result<Arc<S>, S::Error> {
        Ok(self.settings(tenant).await?.ok_or(CommonError::TenantNotFound(tenant))?)
    }

    /// Reads in a transaction of one tenant. One that does not exist is an error: it has no empty lists.
    pub async fn read<T, E: Into<S::Error>>(
        &self,
        tenant: TenantId,
        work: impl AsyncFnOnce(&mut Tx) -> Result<T, E>,
    ) -> Result<T, S::Error> {
        self.settings_of(tenant).await?;
        read(self.db.begin(tenant).await?, work).await
    }

    /// As [`State::read`], for lists with optional filters: statements are planned for the values they are called with.
    pub async fn read_list<T, E: Into<S::Error>>(
        &self,
        tenant: TenantId,
        work: impl AsyncFnOnce(&mut Tx) -> Result<T, E>,
    ) -> Result<T, S::Error> {
        self.settings_of(tenant).await?;
        read(self.db.begin_filtered(tenant).await?, work).await
    }

    /// As [`State::read`], also for a tenant that this service does not know yet.
    pub async fn read_unknown<T, E: Into<S::Error>>(
        &self,
        tenant: TenantId,
        work: impl AsyncFnOnce(&mut Tx) -> Result<T, E>,
    ) -> Result<T, S::Error> {
        read(self.db.begin(tenant).await?, work).await
    }

    /// Runs an operation, and responds with its output converted by `response`. The response is stored with the request id and returned again on a retry.
    pub async fn run<C, A>(&self, call: Call<C>, response: fn(&C::Output) -> A) -> Result<Response<A>, Status>
    where
        C: Operation<Settings = S> + Hash,
        A: StorableResponse,
    {
        let outcome = self.execute(call, response).await.map_err(Into::into)?;
        Ok(Response::new(outcome.response))
    }

    /// As [`State::run`], and returns the output too.
    pub async fn execute<C, A>(
        &self,
        call: Call<C>,
        response: fn(&C::Output) -> A,
    ) -> Result<Outcome<C::Output, A>, ErrorOf<S>>
    where
        C: Operation<Settings = S> + Hash,
        A: StorableResponse,
    {
        let runner = Runner::<Single, C, A>::new(self, call.tenant, response);
        only(runner.run(std::slice::from_ref(&call)).await?)
    }

    /// Runs an operation that has a batch form, together with concurrent calls of the same tenant and operation.
    pub async fn run_coalesced<C, A>(&self, call: Call<C>, response: fn(&C::Output) -> A) -> Result<Response<A>, Status>
    where
        C: BatchOperation<Settings = S> + Hash,
        A: StorableResponse + 'static,
    {
        let tenant = call.tenant;
        let outcome =
            self.coalesce(call, |calls| self.execute_many(tenant, calls, response)).await.map_err(Into::into)?;
        Ok(Response::new(outcome.response))
    }

    /// Batches a call with concurrent ones of the same tenant and operation; `write` returns their results, in their order.
    pub async fn coalesce<C, O, F>(&self, call: Call<C>, write: impl FnOnce(Vec<Call<C>>) -> F) -> Result<O, ErrorOf<S>>
    where
        C: BatchOperation<Settings = S>,
        O: Send + 'static,
        F: Future<Output = Batch<O, ErrorOf<S>>>,
    {
        let tenant = call.tenant;
        self.coalescers.of::<Call<C>, O, ErrorOf<S>>().call(tenant, call, write).await
    }

    /// Runs the calls of a batch. Each has its own result, in the order of the request.
    pub async fn run_batch<C, A>(
        &self,
        batch: BatchCall<C>,
        response: fn(&C::Output) -> A,
    ) -> Result<Vec<Result<A, pb::Status>>, Status>
    where
        C: BatchOperation<Settings = S> + Hash,
        A: StorableResponse,
    {
        let tenant = batch.tenant;
        let results = batch.respond(|calls| self.execute_many(tenant, calls, response)).await?;
        Ok(results.into_iter().map(|result| result.map(|outcome| outcome.response)).collect())
    }

    /// As [`State::run_coalesced`], for a resource with views: the response has all of it. `read` reads resources, in their order, of which a
    /// batch has kept the basic view.
    pub async fn run_whole<C, M>(
        &self,
        call: Call<C>,
        views: &Views<C::Output, M>,
        read: impl AsyncFnOnce(&mut Tx, &[M]) -> Result<Vec<M>, S::Error>,
    ) -> Result<Response<M>, Status>
    where
        C: BatchOperation<Settings = S> + Hash,
        M: prost::Message + Default + Clone + 'static,
    {
        let (tenant, full) = (call.tenant, views.full);
        let outcome = self.coalesce(call, |calls| self.execute_many(tenant, calls, full)).await.map_err(Into::into)?;
        let mut results = vec![Ok::<_, Status>(outcome.response)];
        self.show(tenant, View::Full, views, &mut results, read).await.map_err(Into::into)?;
        let viewed = results.pop().ok_or_else(|| Status::from(CommonError::from(Bug("a call has no response"))))??;
        Ok(Response::new(viewed.resource))
    }

    /// As [`State::run_batch`], for a resource with views.
    pub async fn run_batch_viewed<C, M>(
        &self,
        batch: BatchCall<C>,
        view: View,
        views: &Views<C::Output, M>,
        read: impl AsyncFnOnce(&mut Tx, &[M]) -> Result<Vec<M>, S::Error>,
    ) -> Result<Vec<Result<M, pb::Status>>, Status>
    where
        C: BatchOperation<Settings = S> + Hash,
        M: prost::Message + Default + Clone,
    {
        let tenant = batch.tenant;
        let results = batch.respond(async |calls| {
            let (response, room) = match view {
                View::Full => (views.full, Some(MAX_RESPONSE_BYTES)),
                View::Unspecified | View::Basic => (views.basic, None),
            };
            self.execute_within(tenant, calls, response, room).await
        });
        let results = results.await?.into_iter().map(|result| result.map(|outcome| outcome.response));
        let mut results: Vec<_> = results.collect();
        self.show(tenant, view, views, &mut results, read).await.map_err(Into::into)?;
        response_fits(results.iter().flatten())?;
        Ok(results.into_iter().map(|result| result.map(|viewed| viewed.resource)).collect())
    }

    /// Puts resources into the view that is wanted, whatever view was kept for their requests.
    async fn show<O, M: Clone, E>(
        &self,
        tenant: TenantId,
        view: View,
        views: &Views<O, M>,
        results: &mut [Result<Viewed<M>, E>],
        read: impl AsyncFnOnce(&mut Tx, &[M]) -> Result<Vec<M>, S::Error>,
    ) -> Result<(), S::Error> {
        let (places, basic): (Vec<usize>, Vec<M>) = views.fit(view, results).into_iter().unzip();
        if basic.is_empty() {
            return Ok(());
        }
        let whole = self.read(tenant, async |tx| read(tx, &basic).await).await?;
        if whole.len() != places.len() {
            return Err(Bug("a resource that a request created cannot be read").into());
        }
        for (place, resource) in places.into_iter().zip(whole) {
            if let Some(result) = results.get_mut(place) {
                *result = Ok(Viewed::full(resource));
            }
        }
        Ok(())
    }

    /// As [`State::run_batch`], and returns the outputs too.
    pub async fn execute_many<C, A>(
        &self,
        tenant: TenantId,
        calls: Vec<Call<C>>,
        response: fn(&C::Output) -> A,
    ) -> Batch<Outcome<C::Output, A>, ErrorOf<S>>
    where
        C: BatchOperation<Settings = S> + Hash,
        A: StorableResponse,
    {
        self.execute_within(tenant, calls, response, None).await
    }

    /// The same, with a limit for the bytes of all responses: what exceeds it is refused before anything is written.
    pub async fn execute_within<C, A>(
        &self,
        tenant: TenantId,
        calls: Vec<Call<C>>,
        response: fn(&C::Output) -> A,
        room: Option<usize>,
    ) -> Batch<Outcome<C::Output, A>, ErrorOf<S>>
    where
        C: BatchOperation<Settings = S> + Hash,
        A: StorableResponse,
    {
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        let runner = Runner::<Many, C, A>::new(self, tenant, response);
        let runner = if let Some(bytes) = room { runner.with_room(bytes) } else { runner };
        runner.run(&calls).await
    }

    /// Runs an operation as a job, without a caller: it has no request id, and must find out by itself what is left to do.
    pub async fn run_job<C: Operation<Settings = S>>(
        &self,
        tenant: TenantId,
        command: &C,
    ) -> Result<C::Output, ErrorOf<S>> {
        // Boxed: every job's future would hold this one, which is large.
        Box::pin(runner::run_job(self, tenant, command)).await
    }
}

async fn read<T, E: Into<F>, F: From<DbError>>(
    mut tx: Tx,
    work: impl AsyncFnOnce(&mut Tx) -> Result<T, E>,
) -> Result<T, F> {
    let read = work(&mut tx).await;
    tx.commit().await?;
    read.map_err(Into::into)
}

fn only<O, E: From<Bug>>(mut results: Vec<Result<O, E>>) -> Result<O, E> {
    results.pop().unwrap_or_else(|| Err(Bug("a command has no result").into()))
}
