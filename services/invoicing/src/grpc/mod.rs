//! The door for callers: translates messages to commands and results to messages.

mod books;
mod documents;
mod items;
mod read;
mod status;

use std::sync::Arc;

use quittance_db::{DbError, Gatherer};
use quittance_grpc::{Page, Violations, id, optional_id};
use quittance_kernel::BadId;
use quittance_proto::invoicing::v1::{
    self as pb, credit_note_service_server::CreditNoteServiceServer, customer_service_server::CustomerServiceServer,
    invoice_service_server::InvoiceServiceServer, open_item_service_server::OpenItemServiceServer,
    tenant_service_server::TenantServiceServer,
};
use tonic::{codec::CompressionEncoding::Gzip, service::Routes};

use crate::{App, Error, ops};

/// Full names of the services, for the health service.
pub const SERVICES: &[&str] = &[
    "quittance.invoicing.v1.TenantService",
    "quittance.invoicing.v1.CustomerService",
    "quittance.invoicing.v1.InvoiceService",
    "quittance.invoicing.v1.CreditNoteService",
    "quittance.invoicing.v1.OpenItemService",
];

/// The hot calls that callers make one by one: those of a moment are written together.
#[derive(Debug, Default)]
struct Gathered {
    creating: Gatherer<ops::CreateAndIssueInvoice, pb::Invoice, Error>,
    issuing: Gatherer<ops::IssueInvoice, pb::Invoice, Error>,
}

/// The service's door: one type implements all of its gRPC services.
#[derive(Debug, Clone)]
struct Door(App, Arc<Gathered>);

/// Adds the service's gRPC services.
pub fn add_routes(routes: Routes, app: &App) -> Routes {
    let door = Door(app.clone(), Arc::default());
    routes
        .add_service(TenantServiceServer::new(door.clone()).accept_compressed(Gzip).send_compressed(Gzip))
        .add_service(CustomerServiceServer::new(door.clone()).accept_compressed(Gzip).send_compressed(Gzip))
        .add_service(InvoiceServiceServer::new(door.clone()).accept_compressed(Gzip).send_compressed(Gzip))
        .add_service(CreditNoteServiceServer::new(door.clone()).accept_compressed(Gzip).send_compressed(Gzip))
        .add_service(OpenItemServiceServer::new(door).accept_compressed(Gzip).send_compressed(Gzip))
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
