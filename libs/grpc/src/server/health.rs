//! Whether each service serves, as `grpc.health.v1` says it. It follows the process's readiness, and is over when the process is told to end.

use quittance_runtime::{Readiness, Shutdown};
use tonic_health::{ServingStatus, server::HealthReporter};

/// Keeps the health of services that of the process.
#[derive(Debug)]
pub(super) struct Health {
    pub(super) reporter: HealthReporter,
    /// Full names; the empty one is the process.
    pub(super) services: Vec<String>,
}

impl Health {
    /// Follows readiness until shutdown; then nothing serves any more, which those who watch are told before their streams end.
    pub(super) async fn follow(self, mut readiness: Readiness, mut shutdown: Shutdown) {
        loop {
            let status = if shutdown.is_triggered() || !readiness.is_ready() {
                ServingStatus::NotServing
            } else {
                ServingStatus::Serving
            };
            for service in &self.services {
                self.reporter.set_service_status(service, status).await;
            }
            if shutdown.is_triggered() {
                return;
            }
            tokio::select! {
                () = shutdown.triggered() => {}
                () = readiness.changed() => {}
            }
        }
    }
}
