//! The gRPC handlers: messages to operations and reads, and their results to messages.

mod csv_map;
mod imports;
mod lists;
mod payments;
mod read;
mod status;

#[cfg(test)]
mod kept_requests_tests;

use quittance_grpc::Reading;
use quittance_proto::payments::v1::{
    bank_import_service_server::BankImportServiceServer,
    payment_service_server::PaymentServiceServer,
    payments_audit_service_server::{PaymentsAuditService, PaymentsAuditServiceServer},
    payments_webhook_service_server::{PaymentsWebhookService, PaymentsWebhookServiceServer},
};
use tonic::{codec::CompressionEncoding::Gzip, service::Routes};

use crate::App;

/// The longest name of a payer, a file or a column, in characters.
const MAX_NAME: usize = 200;

/// Full names of the services, for the health service.
pub(crate) const SERVICES: &[&str] = &[
    "quittance.payments.v1.PaymentService",
    "quittance.payments.v1.BankImportService",
    "quittance.payments.v1.PaymentsWebhookService",
    "quittance.payments.v1.PaymentsAuditService",
];

/// Adds the service's gRPC services, whose calls wait for what they are to see.
pub(crate) fn add_routes(routes: Routes, app: &App, reading: &Reading) -> Routes {
    routes
        .add_service(
            reading.before(PaymentServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
        .add_service(
            reading.before(BankImportServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
        .add_service(
            reading
                .before(PaymentsWebhookServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
        .add_service(
            reading.before(PaymentsAuditServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
}

quittance_audit::audit_service!(PaymentsAuditService, App);
quittance_webhooks::webhook_service!(PaymentsWebhookService, App);
