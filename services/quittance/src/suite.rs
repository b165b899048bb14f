//! The five services in one process: one server, five databases, events from outbox to consumer without a broker.

use std::{collections::HashMap, net::SocketAddr, time::Duration};

use anyhow::Context as _;
use quittance_db::{Db, Logins, Workload};
use quittance_events::{InProcessSource, Relay, run_relay};
use quittance_grpc::{Peer, Tokens, Verifier, routes, serve};
use quittance_kernel::Clock;
use quittance_runtime::{Pace, Shutdown, ShutdownTrigger, reconcile};
use sqlx::migrate::Migrator;
use tokio::{net::TcpListener, task::JoinHandle};

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

/// One service's store and stream.
struct Area {
    name: &'static str,
    db: Db,
    relay: Relay,
}

impl Area {
    async fn open(name: &'static str, logins: &Logins, migrator: &Migrator, connections: u32) -> anyhow::Result<Self> {
        quittance_db::prepare(logins, migrator).await?;
        let workload = if name == quittance_reporting::AREA { Workload::Sums } else { Workload::Keys };
        let db = Db::connect(logins, connections, workload)
            .await
            .with_context(|| format!("connecting {name} to its database"))?;
        Ok(Self { name, db, relay: Relay::default() })
    }

    fn source(&self) -> InProcessSource {
        InProcessSource::new(self.name, self.db.clone(), &self.relay)
    }

    fn spawn_purge(&self, clock: &Clock, shutdown: &Shutdown) -> JoinHandle<()> {
        let (db, clock, shutdown) = (self.db.clone(), clock.clone(), shutdown.clone());
        tokio::spawn(reconcile("purge_request_log", Pace::every(PURGE_EVERY), shutdown, move || {
            let (db, before) = (db.clone(), clock.now() - chrono::Duration::days(ANSWERS_KEPT_DAYS));
            async move { quittance_db::purge(&db, before).await.map(|_| false) }
        }))
    }

    fn spawn_relay(&self, clock: &Clock, shutdown: &Shutdown) -> JoinHandle<()> {
        tokio::spawn(run_relay(self.db.clone(), self.relay.clone(), clock.clone(), shutdown.clone()))
    }
}

/// How long a request's answer is kept: a caller that repeats it later is guarded by what the money itself is unique by.
const ANSWERS_KEPT_DAYS: i64 = 7;
/// How often answers that are too old are looked for.
const PURGE_EVERY: Duration = Duration::from_hours(1);

/// The database of an area.
pub(crate) fn database_of(area: &str) -> String {
    format!("quittance_{}", area.replace('-', "_"))
}

impl Suite {
    /// Migrates the five databases and starts the services. `logins` has the logins of each database by its name.
    pub(crate) async fn start(options: &SuiteOptions, logins: &HashMap<String, Logins>) -> anyhow::Result<Self> {
        let clock = Clock::system();
        let (trigger, shutdown) = ShutdownTrigger::new();
        let open = async |name: &'static str, migrator: Migrator| {
            let logins = logins.get(&database_of(name)).with_context(|| format!("{name} has no database"))?;
            Area::open(name, logins, &migrator, options.connections).await
        };
        let invoicing = open(quittance_invoicing::AREA, quittance_invoicing::migrator()).await?;
        let payments = open(quittance_payments::AREA, quittance_payments::migrator()).await?;
        let credit_risk = open(quittance_credit_risk::AREA, quittance_credit_risk::migrator()).await?;
        let collections = open(quittance_collections::AREA, quittance_collections::migrator()).await?;
        let reporting = open(quittance_reporting::AREA, quittance_reporting::migrator()).await?;

        let listener =
            TcpListener::bind(options.listen).await.with_context(|| format!("listening on {}", options.listen))?;
        let address = format!("http://{}", listener.local_addr()?);
        let peer = Peer::new(&address, quittance_payments::AREA, options.tokens.clone(), clock.clone())?;

        let invoicing_app = quittance_invoicing::App::new(invoicing.db.clone(), invoicing.relay.clone(), clock.clone());
        let payments_app =
            quittance_payments::App::new(payments.db.clone(), payments.relay.clone(), clock.clone(), peer);
        let credit_risk_app =
            quittance_credit_risk::App::new(credit_risk.db.clone(), credit_risk.relay.clone(), clock.clone());
        let collections_app =
            quittance_collections::App::new(collections.db.clone(), collections.relay.clone(), clock.clone());
        let reporting_app = quittance_reporting::App::new(reporting.db.clone(), clock.clone());

        let services: Vec<&str> = [
            quittance_invoicing::SERVICES,
            quittance_payments::SERVICES,
            quittance_credit_risk::SERVICES,
            quittance_collections::SERVICES,
            quittance_reporting::SERVICES,
        ]
        .concat();
        let all = routes(&services).context("reflection")?;
        let all = quittance_invoicing::add_routes(all, &invoicing_app);
        let all = quittance_payments::add_routes(all, &payments_app);
        let all = quittance_credit_risk::add_routes(all, &credit_risk_app);
        let all = quittance_collections::add_routes(all, &collections_app);
        let all = quittance_reporting::add_routes(all, &reporting_app);
        let verifier = options.verifier.clone().unwrap_or_else(|| options.tokens.verifier());
        let served = serve(listener, all, verifier, clock.clone(), shutdown.clone())?;

        let mut tasks: Vec<JoinHandle<()>> = [&invoicing, &payments, &credit_risk, &collections, &reporting]
            .iter()
            .map(|area| area.spawn_relay(&clock, &shutdown))
            .collect();
        tasks.extend(quittance_invoicing::spawn(&invoicing_app, collections.source(), &shutdown));
        tasks.extend(quittance_payments::spawn(&payments_app, invoicing.source(), &shutdown));
        tasks.extend(quittance_credit_risk::spawn(&credit_risk_app, invoicing.source(), &shutdown));
        tasks.extend(quittance_collections::spawn(&collections_app, invoicing.source(), &shutdown));
        tasks.extend(quittance_reporting::spawn(
            &reporting_app,
            invoicing.source(),
            payments.source(),
            collections.source(),
            &shutdown,
        ));
        tasks.extend(
            [&invoicing, &payments, &credit_risk, &collections].map(|area| area.spawn_purge(&clock, &shutdown)),
        );
        let databases = [invoicing, payments, credit_risk, collections, reporting].map(|area| area.db).to_vec();
        Ok(Self { address, trigger, tasks, server: served.finished, databases })
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
