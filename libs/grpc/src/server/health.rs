//! The health of each service by `grpc.health.v1`: the process's readiness, and `NOT_SERVING` after shutdown.

use quittance_runtime::{Readiness, Shutdown};
use tonic_health::{ServingStatus, server::HealthReporter};

/// Sets the health of services to the readiness of the process.
#[derive(Debug)]
pub(super) struct Health {
    pub(super) reporter: HealthReporter,
    /// Full names; the empty one is the process.
    pub(super) services: Vec<String>,
}

impl Health {
    /// Follows readiness until shutdown; then reports `NOT_SERVING`, which watchers receive before their streams end.
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
