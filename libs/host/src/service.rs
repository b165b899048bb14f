//! The interface between a service and its host.

use std::collections::HashMap;

use anyhow::Context as _;
use quittance_db::{Db, DbError, Invariant, Workload};
use quittance_events::{
    HandlerError, HeldEvent, History, HistoryError, HistoryReader, Projection, Reader, Rebuild, RebuildError, Rebuilt,
    Relay, Source,
};
use quittance_grpc::{Peer, Reading};
use quittance_kernel::{Clock, TenantId};
use quittance_runtime::{Shutdown, Tasks};
use quittance_service::{Settings, State};
use sqlx::migrate::Migrator;
use tonic::service::Routes;

/// A service. Its calls, consumers and reconcilers share one database; there may be many replicas.
pub trait Service: Clone + Send + Sync + Sized + 'static {
    /// The area's name, in topics, databases and subscriptions.
    const AREA: &'static str;
    /// The areas whose events it consumes, each with its handler.
    const READS: &'static [Reads<Self>];
    /// The areas that it calls.
    const CALLS: &'static [&'static str];
    /// The full names of its gRPC services.
    const GRPC: &'static [&'static str];
    /// The kind of statements it runs.
    const WORKLOAD: Workload;
    /// Its projections of others' events, which can be rebuilt.
    const PROJECTION: &'static Projection;
    /// Its settings of a tenant.
    type Settings: Settings;

    /// All migrations of its database.
    fn migrator() -> Migrator;

    /// Creates the service over its database.
    fn new(parts: Parts) -> anyhow::Result<Self>;

    /// The state behind its calls.
    fn state(&self) -> &State<Self::Settings>;

    /// What its calls may wait for: the events that it reads.
    fn reading(&self) -> Reading {
        Reading::new(self.state().db().clone(), Self::AREA, Self::READS.iter().map(|reads| reads.area))
    }

    /// Whether its events can be sent to webhooks.
    fn has_webhooks() -> bool {
        Self::GRPC.iter().any(|name| name.ends_with("WebhookService"))
    }

    /// Adds its gRPC services.
    fn add_routes(&self, routes: Routes) -> Routes;

    /// Starts its reconcilers, until shutdown.
    fn spawn_jobs(&self, _shutdown: &Shutdown) -> Tasks {
        Tasks::default()
    }

    /// Starts its background tasks until shutdown: reconcilers and consumers.
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

    /// Applies a held event now; false when it has to remain held.
    fn requeue(&self, held: &HeldEvent) -> impl Future<Output = Result<bool, HandlerError>> + Send {
        let reads = Self::READS.iter().find(|reads| reads.area == held.area);
        async move {
            match reads {
                Some(reads) => (reads.reader)(self).requeue(self.state().db(), &held.envelope).await,
                None => Ok(false),
            }
        }
    }

    /// Records its own gauges that come from the database.
    fn observe(&self) -> impl Future<Output = Result<(), DbError>> + Send {
        async { Ok(()) }
    }

    /// All its tenants.
    fn tenants(&self) -> impl Future<Output = Result<Vec<TenantId>, DbError>> + Send;

    /// Checks the invariants of a tenant.
    fn verify(&self, tenant: TenantId) -> impl Future<Output = anyhow::Result<Vec<Invariant>>> + Send;

    /// Rebuilds its read model from past events. `progress` is called with the number of events so far.
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

/// An area whose events a service consumes.
#[derive(Debug)]
pub struct Reads<S> {
    /// The area's name.
    pub area: &'static str,
    /// The handler of its events.
    pub reader: fn(&S) -> Reader,
}

/// What a service is created from.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Its database.
    pub db: Db,
    /// The relay of its events.
    pub relay: Relay,
    /// Its clock.
    pub clock: Clock,
    /// The services it calls.
    pub peers: Peers,
}

/// Clients of the services it calls, by area.
#[derive(Debug, Clone, Default)]
pub struct Peers(HashMap<&'static str, Peer>);

impl Peers {
    /// An empty set.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds an area.
    #[must_use]
    pub fn with(mut self, area: &'static str, peer: Peer) -> Self {
        self.0.insert(area, peer);
        self
    }

    /// The client of an area.
    pub fn of(&self, area: &str) -> anyhow::Result<Peer> {
        self.0.get(area).cloned().with_context(|| format!("no address of {area} is configured"))
    }
}

/// The sources of events that a service reads, by area.
#[derive(Debug, Clone, Default)]
pub struct Sources(HashMap<&'static str, Source>);

impl Sources {
    /// An empty set.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds an area.
    #[must_use]
    pub fn with(mut self, source: impl Into<Source>) -> Self {
        let source = source.into();
        self.0.insert(source.area(), source);
        self
    }

    /// The source of an area's events.
    pub fn of(&self, area: &str) -> anyhow::Result<Source> {
        self.0.get(area).cloned().with_context(|| format!("no source of the events of {area} is configured"))
    }
}

/// Past events that a service reads, by area.
#[derive(Debug, Clone, Default)]
pub struct Histories(HashMap<&'static str, History>);

impl Histories {
    /// Adds an area.
    #[must_use]
    pub fn with(mut self, area: &'static str, history: History) -> Self {
        self.0.insert(area, history);
        self
    }

    /// Starts to read the past events of an area.
    pub async fn read(&self, area: &'static str) -> Result<HistoryReader, HistoryError> {
        match self.0.get(area) {
            Some(history) => history.read(area).await,
            None => Err(HistoryError::Unknown(area)),
        }
    }
}
