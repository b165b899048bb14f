//! The gRPC handlers: messages to operations and reads, and their results to messages.

mod credit;
mod lists;
mod read;
mod reservations;
mod status;

#[cfg(test)]
mod kept_requests_tests;

use quittance_grpc::Reading;
use quittance_proto::creditrisk::v1::{
    credit_risk_audit_service_server::{CreditRiskAuditService, CreditRiskAuditServiceServer},
    credit_risk_webhook_service_server::{CreditRiskWebhookService, CreditRiskWebhookServiceServer},
    credit_service_server::CreditServiceServer,
    reservation_service_server::ReservationServiceServer,
};
use tonic::{codec::CompressionEncoding::Gzip, service::Routes};

use crate::App;

/// Full names of the services, for the health service.
pub(crate) const SERVICES: &[&str] = &[
    "quittance.creditrisk.v1.CreditService",
    "quittance.creditrisk.v1.ReservationService",
    "quittance.creditrisk.v1.CreditRiskWebhookService",
    "quittance.creditrisk.v1.CreditRiskAuditService",
];

/// Adds the service's gRPC services, whose calls wait for what they are to see.
pub(crate) fn add_routes(routes: Routes, app: &App, reading: &Reading) -> Routes {
    routes
        .add_service(
            reading.before(CreditServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
        .add_service(
            reading.before(ReservationServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
        .add_service(
            reading
                .before(CreditRiskWebhookServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
        .add_service(
            reading
                .before(CreditRiskAuditServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
}

quittance_audit::audit_service!(CreditRiskAuditService, App);
quittance_webhooks::webhook_service!(CreditRiskWebhookService, App);
