//! The gRPC handlers: messages to operations and reads, and their results to messages.

mod credit;
mod read;
mod reservations;
mod status;

#[cfg(test)]
mod kept_requests_tests;

use quittance_proto::creditrisk::v1::{
    credit_service_server::CreditServiceServer, reservation_service_server::ReservationServiceServer,
};
use tonic::{codec::CompressionEncoding::Gzip, service::Routes};

use crate::App;

/// Full names of the services, for the health service.
pub(crate) const SERVICES: &[&str] =
    &["quittance.creditrisk.v1.CreditService", "quittance.creditrisk.v1.ReservationService"];

/// Adds the service's gRPC services.
pub(crate) fn add_routes(routes: Routes, app: &App) -> Routes {
    routes
        .add_service(CreditServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip))
        .add_service(ReservationServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip))
}
