//! The door for callers: translates messages to commands and results to messages.

mod credit;
mod read;
mod reservations;
mod status;

use quittance_db::DbError;
use quittance_grpc::{Page, Violations, id, optional_id};
use quittance_kernel::BadId;
use quittance_proto::creditrisk::v1::{
    credit_service_server::CreditServiceServer, reservation_service_server::ReservationServiceServer,
};
use tonic::{codec::CompressionEncoding::Gzip, service::Routes};

use crate::{App, Error, ops};

/// Full names of the services, for the health service.
pub const SERVICES: &[&str] = &["quittance.creditrisk.v1.CreditService", "quittance.creditrisk.v1.ReservationService"];

/// The service's door: one type implements all of its gRPC services.
#[derive(Debug, Clone)]
struct Door(App);

/// Adds the service's gRPC services.
pub fn add_routes(routes: Routes, app: &App) -> Routes {
    let door = Door(app.clone());
    routes
        .add_service(CreditServiceServer::new(door.clone()).accept_compressed(Gzip).send_compressed(Gzip))
        .add_service(ReservationServiceServer::new(door).accept_compressed(Gzip).send_compressed(Gzip))
}

/// The result of a slice of one.
fn only<A>(results: ops::Results<A>) -> Result<A, Error> {
    results?.pop().unwrap_or_else(|| Err(Error::Db(DbError::AnsweredMeanwhile)))
}

/// Where the page before ended.
fn after<T>(page: &Page, parse: fn(&str) -> Result<T, BadId>) -> Result<Option<T>, Violations> {
    let mut bad = Violations::default();
    let id = bad.check("page_token", optional_id(page.after_one().unwrap_or_default(), parse));
    bad.into_result(id)
}

/// An id that a request names.
fn named<T>(field: &'static str, value: &str, parse: fn(&str) -> Result<T, BadId>) -> Result<T, Violations> {
    let mut bad = Violations::default();
    let id = bad.check(field, id(value, parse));
    bad.into_result(id)
}
