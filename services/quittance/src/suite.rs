//! The five services in one process: one server, five databases, events from outbox to consumer directly or through a broker.

use std::{collections::HashMap, time::Duration};

use anyhow::Context as _;
use quittance_db::{Db, Logins};
use quittance_events::kafka::{KafkaConfig, KafkaSource};
use quittance_grpc::{Limits, Peer, ServeOptions, ServedRoutes, TlsConfig, Tokens, routes, serve};
use quittance_host::{Area, Frontend, Parts, Peers, Reads, ServerConfig, Service, Sources};
use quittance_kernel::Clock;
use quittance_runtime::{Shutdown, ShutdownTrigger, Tasks};
use quittance_webhooks::WebhookClient;
use tokio::net::TcpListener;

/// The configuration of the suite.
#[derive(Debug, Clone)]
pub(crate) struct SuiteOptions {
    /// The settings of its server.
    pub(crate) server: ServerConfig,
    /// Connections of each service to its database.
    pub(crate) connections: u32,
    /// Signs callers' tokens if no keys are configured.
    pub(crate) development: Tokens,
    /// Signs the tokens of calls between services; private to the suite.
    pub(crate) internal: Tokens,
    /// The broker that events go through; without one they go from outbox to consumer directly.
    pub(crate) kafka: Option<KafkaConfig>,
}

/// A running suite.
#[derive(Debug)]
pub(crate) struct Suite {
    /// Its address, for example `http://127.0.0.1:7400`.
    pub(crate) address: String,
    trigger: ShutdownTrigger,
    calls: Tasks,
    loops: Tasks,
    databases: Vec<Db>,
    drain: Duration,
    /// The health listener, which runs until the suite has stopped.
    frontend: Frontend,
}

/// The areas in the order of display.
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

/// The services during assembly.
struct Assembly<'a> {
    options: &'a SuiteOptions,
    areas: HashMap<&'static str, Area>,
    peers: Peers,
    clock: Clock,
    shutdown: Shutdown,
    frontend: Frontend,
    /// `None` once they are served.
    routes: Option<ServedRoutes>,
    tasks: Tasks,
}

impl Assembly<'_> {
    async fn open<S: Service>(&mut self, logins: &HashMap<String, Logins>) -> anyhow::Result<()> {
        let logins = logins.get(&database_of(S::AREA)).with_context(|| format!("{} has no database", S::AREA))?;
        quittance_db::prepare(logins, &S::migrator()).await?;
        let (connections, readiness) = (self.options.connections, &self.frontend.readiness);
        let area = Area::open(S::AREA, logins, connections, S::WORKLOAD, &S::migrator(), readiness).await?;
        self.areas.insert(S::AREA, area);
        Ok(())
    }

    fn area(&self, name: &str) -> anyhow::Result<&Area> {
        self.areas.get(name).with_context(|| format!("{name} is not open"))
    }

    fn start<S: Service>(&mut self) -> anyhow::Result<S> {
        let kafka = self.options.kafka.as_ref();
        let mut sources = Sources::none();
        for Reads { area: read, .. } in S::READS {
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
        self.routes = self.routes.take().map(|routes| routes.with(|all| service.add_routes(all)));
        self.tasks.extend(area.spawn(
            kafka,
            self.options.server.answers_kept_days,
            &self.clock,
            &self.frontend.readiness,
            &self.shutdown,
        ));
        let server = &self.options.server;
        let client = WebhookClient::new(server.webhooks, &server.tls.trust())?;
        let source = kafka.map_or_else(|| KafkaConfig::default().source, |kafka| kafka.source.clone());
        self.tasks.extend(area.spawn_webhooks::<S>(&client, &source, &self.clock, &self.shutdown));
        self.tasks.extend(service.spawn(&sources, &self.shutdown)?);
        let readiness = &self.frontend.readiness;
        self.tasks.extend(area.follow_first_build::<S>(&sources, &self.clock, readiness, &self.shutdown)?);
        self.tasks.extend(area.observe(
            &service,
            &sources,
            kafka,
            &self.options.server.telemetry,
            &self.clock,
            &self.shutdown,
        ));
        Ok(service)
    }
}

impl Suite {
    /// Migrates the five databases and starts the services. `logins` has the logins of each database by its name.
    pub(crate) async fn start(options: &SuiteOptions, logins: &HashMap<String, Logins>) -> anyhow::Result<Self> {
        let clock = Clock::system();
        let (trigger, shutdown) = ShutdownTrigger::new();
        let listener = Frontend::listen(&options.server).await?;
        let scheme = if options.server.tls.certificate.is_some() { "https" } else { "http" };
        let address = format!("{scheme}://{}", listener.local_addr()?);
        // Services call each other over a separate listener: it needs no certificate, and accepts only their tokens.
        let inner = TcpListener::bind(("127.0.0.1", 0)).await.context("listening for calls between the services")?;
        let inner_address = format!("http://{}", inner.local_addr()?);
        let parts = AREAS.map(|area| format!("{area}: database"));
        let frontend = Frontend::start(&options.server, parts.iter().map(String::as_str)).await?;
        let services: Vec<&str> = [
            quittance_invoicing::App::GRPC,
            quittance_payments::App::GRPC,
            quittance_credit_risk::App::GRPC,
            quittance_collections::App::GRPC,
            quittance_reporting::App::GRPC,
        ]
        .concat();
        let (subject, tokens, no_tls) = (quittance_payments::AREA, options.internal.clone(), TlsConfig::default());
        let invoicing = Peer::new(&[&inner_address], subject, tokens, clock.clone(), &no_tls)?;
        let mut all = Assembly {
            options,
            areas: HashMap::new(),
            peers: Peers::none().with(quittance_invoicing::AREA, invoicing),
            clock: clock.clone(),
            shutdown: shutdown.clone(),
            frontend,
            routes: Some(routes(&services).context("reflection")?),
            tasks: Tasks::default(),
        };
        Box::pin(all.open::<quittance_invoicing::App>(logins)).await?;
        Box::pin(all.open::<quittance_payments::App>(logins)).await?;
        Box::pin(all.open::<quittance_credit_risk::App>(logins)).await?;
        Box::pin(all.open::<quittance_collections::App>(logins)).await?;
        Box::pin(all.open::<quittance_reporting::App>(logins)).await?;
        let called: quittance_invoicing::App = all.start()?;
        all.start::<quittance_payments::App>()?;
        all.start::<quittance_credit_risk::App>()?;
        all.start::<quittance_collections::App>()?;
        all.start::<quittance_reporting::App>()?;
        let verifier = all.frontend.verifier(&options.server, None, Some(&options.development), &shutdown).await?;
        let inner_routes = routes(quittance_invoicing::App::GRPC).context("reflection")?;
        let inner_routes = inner_routes.with(|all| called.add_routes(all));
        let public_routes = all.routes.take().context("the routes are there once")?;
        let inner_options = ServeOptions {
            limits: Limits { calls_per_tenant: usize::MAX, ..Limits::default() },
            drain: options.server.drain(),
            ..ServeOptions::new(options.internal.verifier(), clock.clone())
        };
        let inner = serve(inner, inner_routes, inner_options, &shutdown)?;
        let served = all.frontend.serve(&options.server, listener, public_routes, verifier, clock, &shutdown)?;
        let mut calls = served.tasks;
        calls.extend(inner.tasks);
        all.tasks.extend(all.frontend.take_tasks());
        let databases = all.areas.into_values().map(|area| area.db).collect();
        let drain = options.server.drain();
        Ok(Self { address, trigger, calls, loops: all.tasks, databases, drain, frontend: all.frontend })
    }

    /// Finishes running calls, ends the loops and closes the databases.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.frontend.stopping();
        self.trigger.trigger();
        quittance_host::stop(self.calls, self.loops, self.databases, self.drain).await
    }
}
