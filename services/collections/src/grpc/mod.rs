//! The gRPC handlers: messages to operations and reads, and their results to messages.

mod disputes;
mod dunning;
mod lists;
mod read;
mod status;
mod strategies;

#[cfg(test)]
mod kept_requests_tests;

use quittance_grpc::Reading;
use quittance_proto::collections::v1::{
    collections_audit_service_server::{CollectionsAuditService, CollectionsAuditServiceServer},
    collections_run_service_server::{CollectionsRunService, CollectionsRunServiceServer},
    collections_webhook_service_server::{CollectionsWebhookService, CollectionsWebhookServiceServer},
    dispute_service_server::DisputeServiceServer,
    dunning_service_server::DunningServiceServer,
    strategy_service_server::StrategyServiceServer,
};
use tonic::{codec::CompressionEncoding::Gzip, service::Routes};

use crate::App;

/// Full names of the services, for the health service.
pub(crate) const SERVICES: &[&str] = &[
    "quittance.collections.v1.StrategyService",
    "quittance.collections.v1.DunningService",
    "quittance.collections.v1.DisputeService",
    "quittance.collections.v1.CollectionsRunService",
    "quittance.collections.v1.CollectionsWebhookService",
    "quittance.collections.v1.CollectionsAuditService",
];

/// Adds the service's gRPC services, whose calls wait for what they are to see.
pub(crate) fn add_routes(routes: Routes, app: &App, reading: &Reading) -> Routes {
    routes
        .add_service(
            reading.before(StrategyServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
        .add_service(
            reading.before(DunningServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
        .add_service(
            reading.before(DisputeServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
        .add_service(
            reading.before(CollectionsRunServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
        .add_service(
            reading.before(
                CollectionsWebhookServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip),
            ),
        )
        .add_service(
            reading
                .before(CollectionsAuditServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
}

quittance_audit::audit_service!(CollectionsAuditService, App);
quittance_runs::run_service!(CollectionsRunService, App);
quittance_webhooks::webhook_service!(CollectionsWebhookService, App);
