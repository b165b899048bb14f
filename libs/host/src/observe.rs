//! Periodic measurements: gauges from the database, and whether the invariants hold.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use quittance_db::DbError;
use quittance_events::{outbox_status, stream_status};
use quittance_kernel::Clock;
use quittance_runtime::{
    Pace, Shutdown, Tasks, TelemetryConfig,
    metrics::{self, HeldCounts},
    reconcile,
};

use sqlx::{Connection as _, PgConnection};
use tokio::sync::Mutex;

use crate::{Area, Reads, Service, Sources};

/// Identifies the verification lock within a database.
const VERIFY_LOCK: i64 = 0x5155_4954_5645_5221;

/// Observes one service.
#[derive(Debug, Clone)]
pub(crate) struct Observer<S> {
    pub(crate) area: Area,
    pub(crate) service: S,
    pub(crate) sources: Sources,
    /// With a broker, events are pending until it has them.
    pub(crate) has_broker: bool,
    pub(crate) clock: Clock,
    /// The lock of the one replica that verifies the invariants.
    pub(crate) verifies: Arc<Mutex<Option<PgConnection>>>,
}

impl<S: Service> Observer<S> {
    /// Repeats the measurements, if metrics are enabled.
    pub(crate) fn spawn(self, config: &TelemetryConfig, shutdown: &Shutdown) -> Tasks {
        let mut tasks = Tasks::default();
        if !metrics::are_enabled() {
            return tasks;
        }
        let observer = self.clone();
        let refresh = move || {
            let observer = observer.clone();
            async move { observer.refresh().await.map(|()| false) }
        };
        let pace = Pace::every(config.refresh_every());
        let refresh = reconcile(S::AREA, "refresh_gauges", pace, shutdown.clone(), refresh);
        tasks.spawn(format!("{}: refresh_gauges", S::AREA), refresh);
        if let Some(every) = config.verify_every() {
            let verify = move || {
                let observer = self.clone();
                async move { observer.verify().await.map(|()| false).map_err(|error| format!("{error:#}")) }
            };
            let verify = reconcile(S::AREA, "verify_invariants", Pace::every(every), shutdown.clone(), verify);
            tasks.spawn(format!("{}: verify_invariants", S::AREA), verify);
        }
        tasks
    }

    async fn refresh(&self) -> Result<(), DbError> {
        self.area.db.record_connections();
        let read = self.read().await;
        if read.is_err() {
            metrics::remove_observed(S::AREA);
        }
        read
    }

    async fn read(&self) -> Result<(), DbError> {
        let outbox = outbox_status(&self.area.db, self.has_broker).await?;
        let now = self.clock.now();
        // After the clock was set back, ages are not negative.
        let age = outbox.oldest_at.map_or(Duration::ZERO, |at| (now - at).to_std().unwrap_or_default());
        metrics::record_outbox(S::AREA, outbox.waiting, age);
        metrics::record_unpublished(S::AREA, outbox.unpublished);
        if S::has_webhooks() {
            let (waiting, failing) = quittance_webhooks::backlog(&self.area.db).await?;
            metrics::record_webhooks(S::AREA, waiting, failing);
        }
        let subscriptions = stream_status(&self.area.db).await?.subscriptions;
        for Reads { area, .. } in S::READS {
            // Before its first event a consumer has no row: its position is 0, and it holds no events.
            let read = subscriptions.iter().find(|read| read.area == *area);
            let (position, held) = read.map_or((0, HeldCounts::default()), |read| {
                let held = HeldCounts { dead_letters: read.dead_letters, parked: read.parked, waiting: read.waiting };
                (read.position, held)
            });
            metrics::record_held(S::AREA, area, held);
            let Ok(source) = self.sources.of(area) else { continue };
            if let Some(head) = source.head().await? {
                metrics::record_lag(S::AREA, area, 0, (head - position).max(0));
            }
        }
        self.service.observe().await
    }

    /// Checks every invariant for every tenant, in one replica: the others record nothing.
    async fn verify(&self) -> anyhow::Result<()> {
        let mut lock = self.verifies.lock().await;
        if let Some(conn) = lock.as_mut()
            && conn.ping().await.is_err()
        {
            *lock = None;
        }
        if lock.is_none() {
            *lock = self.area.db.try_session_lock(VERIFY_LOCK).await?;
        }
        if lock.is_some() {
            self.verify_all().await
        } else {
            metrics::remove_verified(S::AREA);
            Ok(())
        }
    }

    /// A failure for one tenant does not stop the check of others.
    async fn verify_all(&self) -> anyhow::Result<()> {
        let mut drifts: BTreeMap<(i32, &'static str), i64> = BTreeMap::new();
        let mut failed = None;
        for tenant in self.service.tenants().await? {
            let invariants = match self.service.verify(tenant).await {
                Ok(invariants) => invariants,
                Err(error) => {
                    failed = Some(error.context(format!("verifying the books of {tenant}")));
                    continue;
                }
            };
            for invariant in invariants {
                let (number, rule, found) = (invariant.number, invariant.rule, invariant.found);
                *drifts.entry((number, rule)).or_default() += found.violations;
                if found.violations > 0 {
                    let examples = found.examples.join("; ");
                    tracing::error!(area = S::AREA, %tenant, number, rule, found.violations, examples, "an invariant does not hold");
                }
            }
        }
        for ((number, rule), violations) in drifts {
            metrics::record_drift(S::AREA, number, rule, violations);
        }
        if let Some(error) = failed {
            return Err(error);
        }
        metrics::record_verified(S::AREA, self.clock.now());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    /// Replicas of two versions run side by side while one is replaced: one of them verifies.
    #[test]
    fn the_lock_is_what_it_always_was() {
        assert_eq!(super::VERIFY_LOCK, 5_860_671_116_666_032_673);
    }
}
