//! A service's database and event stream.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use quittance_db::{Db, Logins, Workload, run_analysis};
use quittance_events::{
    InProcessSource, Relay,
    kafka::{KafkaConfig, run_publisher},
    run_relay,
};
use quittance_kernel::Clock;
use quittance_runtime::{Pace, Readiness, Shutdown, Tasks, TelemetryConfig, error_chain, reconcile};
use quittance_webhooks::{WebhookClient, Webhooks};
use sqlx::migrate::Migrator;

use crate::{Service, Sources, observe::Observer};

/// How often expired responses are purged.
const PURGE_EVERY: Duration = Duration::from_hours(1);

/// How often the database is pinged.
const LOOK: Duration = Duration::from_secs(1);
/// Timeout of a ping.
const PATIENCE: Duration = Duration::from_secs(2);

/// A service's database and event stream.
#[derive(Debug, Clone)]
pub struct Area {
    /// The area's name.
    pub name: &'static str,
    /// Its database.
    pub db: Db,
    /// The relay of its events.
    pub relay: Relay,
}

impl Area {
    /// Connects to its database, and waits until it has all migrations this program needs; readiness reports what is missing.
    ///
    /// # Errors
    /// The database is another service's.
    pub async fn open(
        name: &'static str,
        logins: &Logins,
        connections: u32,
        workload: Workload,
        migrator: &Migrator,
        readiness: &Readiness,
    ) -> anyhow::Result<Self> {
        let db = Db::connect(logins, connections, workload)
            .await
            .with_context(|| format!("connecting {name} to its database"))?;
        while let Some(missing) = quittance_db::missing_migrations(&db, migrator).await? {
            readiness.set(&part(name), Err(missing));
            tokio::time::sleep(LOOK).await;
        }
        readiness.set(&part(name), Ok(()));
        Ok(Self { name, db, relay: Relay::default() })
    }

    /// The source of its events for services in the same process.
    pub fn source(&self) -> InProcessSource {
        InProcessSource::new(self.name, self.db.clone(), &self.relay)
    }

    /// Starts the background tasks: the relay, the publisher if there is a broker, the purge of old responses, and the first
    /// analysis of new tables.
    pub fn spawn(
        &self,
        kafka: Option<&KafkaConfig>,
        answers_kept_days: u16,
        clock: &Clock,
        readiness: &Readiness,
        shutdown: &Shutdown,
    ) -> Tasks {
        let relay = run_relay(self.db.clone(), self.relay.clone(), clock.clone(), shutdown.clone());
        let (db, now) = (self.db.clone(), clock.clone());
        let purge = move || {
            let (db, before) = (db.clone(), now.now() - chrono::Duration::days(i64::from(answers_kept_days)));
            async move { quittance_db::purge(&db, before).await.map(|_| false) }
        };
        let purge = reconcile(self.name, "purge_request_log", Pace::every(PURGE_EVERY), shutdown.clone(), purge);
        let analysis = run_analysis(self.db.clone(), self.name, shutdown.clone());
        let mut tasks = Tasks::default();
        tasks.spawn(format!("{}: relay", self.name), relay);
        tasks.spawn(format!("{}: purge_request_log", self.name), purge);
        tasks.spawn(format!("{}: analyze_new_tables", self.name), analysis);
        let watch = watch(self.name, self.db.clone(), readiness.clone(), shutdown.clone());
        tasks.spawn(format!("{}: watch_database", self.name), watch);
        if let Some(kafka) = kafka {
            let publisher = run_publisher(
                self.db.clone(),
                self.relay.clone(),
                self.name,
                kafka.clone(),
                clock.clone(),
                shutdown.clone(),
            );
            tasks.spawn(format!("{}: publisher", self.name), publisher);
        }
        tasks
    }

    /// Starts what sends the service's events to webhooks, if it has any. `source` is what the sources of events begin with.
    pub fn spawn_webhooks<S: Service>(
        &self,
        client: &WebhookClient,
        source: &str,
        clock: &Clock,
        shutdown: &Shutdown,
    ) -> Tasks {
        let mut tasks = Tasks::default();
        if S::has_webhooks() {
            let webhooks = Webhooks {
                area: self.name,
                db: self.db.clone(),
                relay: self.relay.clone(),
                clock: clock.clone(),
                client: client.clone(),
                source: source.to_owned(),
            };
            tasks.spawn(format!("{}: webhooks", self.name), webhooks.run(shutdown.clone()));
        }
        tasks
    }

    /// Starts the gauges, if metrics are enabled: outbox, lag, held events, and whether the invariants hold.
    pub fn observe<S: Service>(
        &self,
        service: &S,
        sources: &Sources,
        kafka: Option<&KafkaConfig>,
        telemetry: &TelemetryConfig,
        clock: &Clock,
        shutdown: &Shutdown,
    ) -> Tasks {
        let observer = Observer {
            area: self.clone(),
            service: service.clone(),
            sources: sources.clone(),
            has_broker: kafka.is_some(),
            clock: clock.clone(),
            verifies: Arc::default(),
        };
        observer.spawn(telemetry, shutdown)
    }
}

/// The name of an area's database in readiness.
fn part(area: &str) -> String {
    format!("{area}: database")
}

/// Reports to readiness whether the database responds, until shutdown.
async fn watch(area: &'static str, db: Db, readiness: Readiness, mut shutdown: Shutdown) {
    while !shutdown.is_triggered() {
        let state = match tokio::time::timeout(PATIENCE, db.ping()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error_chain(&error)),
            Err(_) => Err("it does not respond".to_owned()),
        };
        readiness.set(&part(area), state);
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = shutdown.triggered() => {}
        }
    }
}
