//! One service's store and stream.

use std::time::Duration;

use anyhow::Context as _;
use quittance_db::{Db, Logins, Workload, run_analysis};
use quittance_events::{
    InProcessSource, Relay,
    kafka::{KafkaConfig, run_publisher},
    run_relay,
};
use quittance_kernel::Clock;
use quittance_runtime::{Pace, Shutdown, TelemetryConfig, reconcile};
use tokio::task::JoinHandle;

use crate::{Service, Sources, observe::Observer};

/// How long a request's answer is kept: a caller that repeats it later is guarded by what the money itself is unique by.
const ANSWERS_KEPT_DAYS: i64 = 7;
/// How often answers that are too old are looked for.
const PURGE_EVERY: Duration = Duration::from_hours(1);

/// One service's store and stream.
#[derive(Debug, Clone)]
pub struct Area {
    /// The area's name.
    pub name: &'static str,
    /// Its store.
    pub db: Db,
    /// What gives its events their positions.
    pub relay: Relay,
}

impl Area {
    /// Connects to a database that has been migrated.
    pub async fn open(
        name: &'static str,
        logins: &Logins,
        connections: u32,
        workload: Workload,
    ) -> anyhow::Result<Self> {
        let db = Db::connect(logins, connections, workload)
            .await
            .with_context(|| format!("connecting {name} to its database"))?;
        Ok(Self { name, db, relay: Relay::default() })
    }

    /// Its events as a service in the same process reads them.
    pub fn source(&self) -> InProcessSource {
        InProcessSource::new(self.name, self.db.clone(), &self.relay)
    }

    /// Starts what keeps store and stream going: the relay, the way to the broker where there is one, the purge of old answers, and the first
    /// analysis of new tables.
    pub fn spawn(&self, kafka: Option<&KafkaConfig>, clock: &Clock, shutdown: &Shutdown) -> Vec<JoinHandle<()>> {
        let relay = run_relay(self.db.clone(), self.relay.clone(), clock.clone(), shutdown.clone());
        let (db, now) = (self.db.clone(), clock.clone());
        let purge = move || {
            let (db, before) = (db.clone(), now.now() - chrono::Duration::days(ANSWERS_KEPT_DAYS));
            async move { quittance_db::purge(&db, before).await.map(|_| false) }
        };
        let purge = reconcile("purge_request_log", Pace::every(PURGE_EVERY), shutdown.clone(), purge);
        let analysis = run_analysis(self.db.clone(), shutdown.clone());
        let mut tasks = vec![tokio::spawn(relay), tokio::spawn(purge), tokio::spawn(analysis)];
        if let Some(kafka) = kafka {
            let publisher =
                run_publisher(self.db.clone(), self.relay.clone(), self.name, kafka.clone(), shutdown.clone());
            tasks.push(tokio::spawn(publisher));
        }
        tasks
    }

    /// Starts to look at the store and at the service in it, where anybody takes metrics: outbox, lag, held events, and whether the invariants hold.
    pub fn observe<S: Service>(
        &self,
        service: &S,
        sources: &Sources,
        kafka: Option<&KafkaConfig>,
        telemetry: &TelemetryConfig,
        clock: &Clock,
        shutdown: &Shutdown,
    ) -> Vec<JoinHandle<()>> {
        let observer = Observer {
            area: self.clone(),
            service: service.clone(),
            sources: sources.clone(),
            has_broker: kafka.is_some(),
            clock: clock.clone(),
        };
        observer.spawn(telemetry, shutdown)
    }
}
