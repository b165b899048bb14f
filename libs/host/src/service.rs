//! What a service is to whoever runs it.

use std::collections::HashMap;

use anyhow::Context as _;
use quittance_db::{Db, DbError, Invariant, Workload};
use quittance_events::{
    HandlerError, HeldEvent, History, HistoryError, HistoryReader, Projection, RebuildError, Rebuilt, Relay, Source,
};
use quittance_grpc::Peer;
use quittance_kernel::{Clock, TenantId};
use quittance_runtime::{Shutdown, Tasks};
use sqlx::migrate::Migrator;
use tonic::service::Routes;

/// A service. Its calls, its reading of others' events, and its reconcilers all work on one store, of which there may be many replicas.
pub trait Service: Clone + Send + Sync + Sized + 'static {
    /// The area's name, in topics, databases and subscriptions.
    const AREA: &'static str;
    /// The areas whose events it reads.
    const READS: &'static [&'static str];
    /// The areas that it calls.
    const CALLS: &'static [&'static str];
    /// The full names of its gRPC services.
    const GRPC: &'static [&'static str];
    /// What its statements are like.
    const WORKLOAD: Workload;
    /// What it keeps of others' events and can be made anew from them.
    const PROJECTION: &'static Projection;

    /// All migrations of its database.
    fn migrator() -> Migrator;

    /// The service over its store.
    fn new(parts: Parts) -> anyhow::Result<Self>;

    /// Adds its gRPC services.
    fn add_routes(&self, routes: Routes) -> Routes;

    /// Starts what runs beside the calls, until shutdown.
    fn spawn(&self, sources: &Sources, shutdown: &Shutdown) -> anyhow::Result<Tasks>;

    /// Applies a held event now; false where it has to be held further.
    fn requeue(&self, held: &HeldEvent) -> impl Future<Output = Result<bool, HandlerError>> + Send;

    /// Records the gauges of its own that come from the database.
    fn observe(&self) -> impl Future<Output = Result<(), DbError>> + Send {
        async { Ok(()) }
    }

    /// Everybody whose books it keeps.
    fn tenants(&self) -> impl Future<Output = Result<Vec<TenantId>, DbError>> + Send;

    /// Checks the invariants of a tenant's books.
    fn verify(&self, tenant: TenantId) -> impl Future<Output = anyhow::Result<Vec<Invariant>>> + Send;

    /// Makes its read model anew from the past of what it reads. `progress` is told how many events came so far.
    fn rebuild(
        &self,
        histories: &Histories,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> impl Future<Output = Result<Rebuilt, RebuildError>> + Send;
}

/// What a service is made of.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Its store.
    pub db: Db,
    /// What gives its events their positions.
    pub relay: Relay,
    /// Its clock.
    pub clock: Clock,
    /// The services it calls.
    pub peers: Peers,
}

/// The services that one calls, by area.
#[derive(Debug, Clone, Default)]
pub struct Peers(HashMap<&'static str, Peer>);

impl Peers {
    /// None.
    pub fn none() -> Self {
        Self::default()
    }

    /// One more.
    #[must_use]
    pub fn with(mut self, area: &'static str, peer: Peer) -> Self {
        self.0.insert(area, peer);
        self
    }

    /// The service of an area.
    pub fn of(&self, area: &str) -> anyhow::Result<Peer> {
        self.0.get(area).cloned().with_context(|| format!("nobody said where {area} is"))
    }
}

/// The events that a service reads, by area.
#[derive(Debug, Clone, Default)]
pub struct Sources(HashMap<&'static str, Source>);

impl Sources {
    /// None.
    pub fn none() -> Self {
        Self::default()
    }

    /// One more.
    #[must_use]
    pub fn with(mut self, source: impl Into<Source>) -> Self {
        let source = source.into();
        self.0.insert(source.area(), source);
        self
    }

    /// The events of an area.
    pub fn of(&self, area: &str) -> anyhow::Result<Source> {
        self.0.get(area).cloned().with_context(|| format!("nobody said where the events of {area} are"))
    }
}

/// The past of what a service reads, by area.
#[derive(Debug, Clone, Default)]
pub struct Histories(HashMap<&'static str, History>);

impl Histories {
    /// One more.
    #[must_use]
    pub fn with(mut self, area: &'static str, history: History) -> Self {
        self.0.insert(area, history);
        self
    }

    /// Starts to read the past of an area.
    pub async fn read(&self, area: &'static str) -> Result<HistoryReader, HistoryError> {
        match self.0.get(area) {
            Some(history) => history.read(area).await,
            None => Err(HistoryError::Unknown(area)),
        }
    }
}
