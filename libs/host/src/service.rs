//! What a service is to whoever runs it.

use std::collections::HashMap;

use anyhow::Context as _;
use quittance_db::{Db, DbError, Invariant, Workload};
use quittance_events::{
    HandlerError, HeldEvent, History, HistoryError, HistoryReader, Projection, Reader, Rebuild, RebuildError, Rebuilt,
    Relay, Source,
};
use quittance_grpc::Peer;
use quittance_kernel::{Clock, TenantId};
use quittance_runtime::{Shutdown, Tasks};
use quittance_service::{Settings, State};
use sqlx::migrate::Migrator;
use tonic::service::Routes;

/// A service. Its calls, its reading of others' events, and its reconcilers all work on one store, of which there may be many replicas.
pub trait Service: Clone + Send + Sync + Sized + 'static {
    /// The area's name, in topics, databases and subscriptions.
    const AREA: &'static str;
    /// The areas whose events it reads, each with its handler.
    const READS: &'static [Reads<Self>];
    /// The areas that it calls.
    const CALLS: &'static [&'static str];
    /// The full names of its gRPC services.
    const GRPC: &'static [&'static str];
    /// What its statements are like.
    const WORKLOAD: Workload;
    /// What it keeps of others' events, and can be rebuilt from them.
    const PROJECTION: &'static Projection;
    /// What it knows of a tenant.
    type Settings: Settings;

    /// All migrations of its database.
    fn migrator() -> Migrator;

    /// The service over its store.
    fn new(parts: Parts) -> anyhow::Result<Self>;

    /// The state behind its calls.
    fn state(&self) -> &State<Self::Settings>;

    /// Adds its gRPC services.
    fn add_routes(&self, routes: Routes) -> Routes;

    /// Starts its reconcilers, until shutdown.
    fn spawn_jobs(&self, _shutdown: &Shutdown) -> Tasks {
        Tasks::default()
    }

    /// Starts what runs beside the calls, until shutdown: its reconcilers, and the reading of others' events.
    fn spawn(&self, sources: &Sources, shutdown: &Shutdown) -> anyhow::Result<Tasks> {
        let mut tasks = self.spawn_jobs(shutdown);
        let (db, clock) = (self.state().db(), self.state().clock());
        for Reads { area, reader } in Self::READS {
            let source = sources.of(area)?;
            let reading = reader(self).consume(db.clone(), source, clock.clone(), shutdown.clone());
            tasks.spawn(format!("{}: reader of {area}", Self::AREA), reading);
        }
        Ok(tasks)
    }

    /// Applies a held event now; false where it has to be held further.
    fn requeue(&self, held: &HeldEvent) -> impl Future<Output = Result<bool, HandlerError>> + Send {
        let reads = Self::READS.iter().find(|reads| reads.area == held.area);
        async move {
            match reads {
                Some(reads) => (reads.reader)(self).requeue(self.state().db(), &held.envelope).await,
                None => Ok(false),
            }
        }
    }

    /// Records the gauges of its own that come from the database.
    fn observe(&self) -> impl Future<Output = Result<(), DbError>> + Send {
        async { Ok(()) }
    }

    /// Everybody whose books it keeps.
    fn tenants(&self) -> impl Future<Output = Result<Vec<TenantId>, DbError>> + Send;

    /// Checks the invariants of a tenant's books.
    fn verify(&self, tenant: TenantId) -> impl Future<Output = anyhow::Result<Vec<Invariant>>> + Send;

    /// Rebuilds its read model from the past of what it reads. `progress` is called with how many events came so far.
    fn rebuild(
        &self,
        histories: &Histories,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> impl Future<Output = Result<Rebuilt, RebuildError>> + Send {
        async move {
            let mut rebuild = Rebuild::begin(self.state().db(), Self::PROJECTION).await?;
            for Reads { area, reader } in Self::READS {
                rebuild = reader(self).rebuild(rebuild, area, histories.read(area).await?, progress).await?;
            }
            rebuild.finish().await
        }
    }
}

/// An area whose events a service reads.
#[derive(Debug)]
pub struct Reads<S> {
    /// The area's name.
    pub area: &'static str,
    /// What handles them.
    pub reader: fn(&S) -> Reader,
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
        self.0.get(area).cloned().with_context(|| format!("no address of {area} is configured"))
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
        self.0.get(area).cloned().with_context(|| format!("no source of the events of {area} is configured"))
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
