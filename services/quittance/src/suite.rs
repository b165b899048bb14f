//! The five services in one process: one server, five databases, events from outbox to consumer directly or through a broker.

use std::{collections::HashMap, net::SocketAddr};

use anyhow::Context as _;
use quittance_db::{Db, Logins};
use quittance_events::kafka::{KafkaConfig, KafkaSource};
use quittance_grpc::{Peer, Tokens, Verifier, routes, serve};
use quittance_host::{Area, Parts, Peers, Service, Sources};
use quittance_kernel::Clock;
use quittance_runtime::{Shutdown, ShutdownTrigger, TelemetryConfig};
use tokio::{net::TcpListener, task::JoinHandle};
use tonic::service::Routes;

/// How the suite runs.
#[derive(Debug, Clone)]
pub(crate) struct SuiteOptions {
    /// Where it listens; port 0 for a free one.
    pub(crate) listen: SocketAddr,
    /// Connections of each service to its database.
    pub(crate) connections: u32,
    /// Signs the tokens that services call each other with.
    pub(crate) tokens: Tokens,
    /// Accepts callers' tokens; those of `tokens` are accepted where there is none.
    pub(crate) verifier: Option<Verifier>,
    /// The broker that events go through; without one they go from outbox to consumer directly.
    pub(crate) kafka: Option<KafkaConfig>,
    /// How often the services are looked at, where anybody takes metrics.
    pub(crate) telemetry: TelemetryConfig,
}

/// A running suite.
#[derive(Debug)]
pub(crate) struct Suite {
    /// Where it listens, for example `http://127.0.0.1:7400`.
    pub(crate) address: String,
    trigger: ShutdownTrigger,
    tasks: Vec<JoinHandle<()>>,
    server: JoinHandle<Result<(), tonic::transport::Error>>,
    databases: Vec<Db>,
}

/// The areas in the order in which their services are shown.
pub(crate) const AREAS: [&str; 5] = [
    quittance_invoicing::AREA,
    quittance_payments::AREA,
    quittance_credit_risk::AREA,
    quittance_collections::AREA,
    quittance_reporting::AREA,
];

/// The database of an area.
pub(crate) fn database_of(area: &str) -> String {
    format!("quittance_{}", area.replace('-', "_"))
}

/// The services as they are put together.
struct Assembly<'a> {
    options: &'a SuiteOptions,
    areas: HashMap<&'static str, Area>,
    peers: Peers,
    clock: Clock,
    shutdown: Shutdown,
    routes: Routes,
    tasks: Vec<JoinHandle<()>>,
}

impl Assembly<'_> {
    async fn open<S: Service>(&mut self, logins: &HashMap<String, Logins>) -> anyhow::Result<()> {
        let logins = logins.get(&database_of(S::AREA)).with_context(|| format!("{} has no database", S::AREA))?;
        quittance_db::prepare(logins, &S::migrator()).await?;
        let area = Area::open(S::AREA, logins, self.options.connections, S::WORKLOAD).await?;
        self.areas.insert(S::AREA, area);
        Ok(())
    }

    fn area(&self, name: &str) -> anyhow::Result<&Area> {
        self.areas.get(name).with_context(|| format!("{name} is not open"))
    }

    fn start<S: Service>(&mut self) -> anyhow::Result<()> {
        let kafka = self.options.kafka.as_ref();
        let mut sources = Sources::none();
        for read in S::READS {
            sources = match kafka {
                Some(kafka) => sources.with(KafkaSource::new(kafka, S::AREA, read)?),
                None => sources.with(self.area(read)?.source()),
            };
        }
        let area = self.area(S::AREA)?.clone();
        let parts = Parts {
            db: area.db.clone(),
            relay: area.relay.clone(),
            clock: self.clock.clone(),
            peers: self.peers.clone(),
        };
        let service = S::new(parts)?;
        self.routes = service.add_routes(std::mem::take(&mut self.routes));
        self.tasks.extend(area.spawn(kafka, &self.clock, &self.shutdown));
        self.tasks.extend(service.spawn(&sources, &self.shutdown)?);
        self.tasks.extend(area.observe(
            &service,
            &sources,
            kafka,
            &self.options.telemetry,
            &self.clock,
            &self.shutdown,
        ));
        Ok(())
    }
}

impl Suite {
    /// Migrates the five databases and starts the services. `logins` has the logins of each database by its name.
    pub(crate) async fn start(options: &SuiteOptions, logins: &HashMap<String, Logins>) -> anyhow::Result<Self> {
        let clock = Clock::system();
        let (trigger, shutdown) = ShutdownTrigger::new();
        let listener =
            TcpListener::bind(options.listen).await.with_context(|| format!("listening on {}", options.listen))?;
        let address = format!("http://{}", listener.local_addr()?);
        let services: Vec<&str> = [
            quittance_invoicing::SERVICES,
            quittance_payments::SERVICES,
            quittance_credit_risk::SERVICES,
            quittance_collections::SERVICES,
            quittance_reporting::SERVICES,
        ]
        .concat();
        let invoicing = Peer::new(&[&address], quittance_payments::AREA, options.tokens.clone(), clock.clone())?;
        let mut all = Assembly {
            options,
            areas: HashMap::new(),
            peers: Peers::none().with(quittance_invoicing::AREA, invoicing),
            clock: clock.clone(),
            shutdown: shutdown.clone(),
            routes: routes(&services).context("reflection")?,
            tasks: Vec::new(),
        };
        all.open::<quittance_invoicing::App>(logins).await?;
        all.open::<quittance_payments::App>(logins).await?;
        all.open::<quittance_credit_risk::App>(logins).await?;
        all.open::<quittance_collections::App>(logins).await?;
        all.open::<quittance_reporting::App>(logins).await?;
        all.start::<quittance_invoicing::App>()?;
        all.start::<quittance_payments::App>()?;
        all.start::<quittance_credit_risk::App>()?;
        all.start::<quittance_collections::App>()?;
        all.start::<quittance_reporting::App>()?;
        let verifier = options.verifier.clone().unwrap_or_else(|| options.tokens.verifier());
        let served = serve(listener, all.routes, verifier, clock, shutdown)?;
        let databases = all.areas.into_values().map(|area| area.db).collect();
        Ok(Self { address, trigger, tasks: all.tasks, server: served.finished, databases })
    }

    /// Finishes running calls, ends the loops and closes the databases.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.trigger.trigger();
        self.server.await??;
        for task in self.tasks {
            task.await?;
        }
        for db in self.databases {
            db.close().await;
        }
        Ok(())
    }
}
