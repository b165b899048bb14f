//! Invoicing: tenants and their series, customers, terms, invoices and credit notes, and what is owed: open items, settlements, statements.

mod app;
mod db;
pub mod domain;
mod error;
mod grpc;
mod inbox;
mod ops;
mod outbox;
mod service;
mod wire;

use quittance_events::{Source, consume};
use quittance_runtime::{Shutdown, Tasks};
use sqlx::migrate::Migrator;

pub use app::App;
pub use error::Error;
pub use grpc::{SERVICES, add_routes};

/// The area's name, in topics and subscriptions.
pub const AREA: &str = "invoicing";

/// All migrations of the service's database.
pub fn migrator() -> Migrator {
    static OWN: Migrator = sqlx::migrate!("./migrations");
    quittance_db::merge(&[&quittance_db::MIGRATOR, &quittance_events::MIGRATOR, &OWN])
}

/// Starts what runs beside the calls: the reading of collections' events (disputes).
pub fn spawn(app: &App, collections: impl Into<Source>, shutdown: &Shutdown) -> Tasks {
    let handler = inbox::CollectionsHandler;
    let mut tasks = Tasks::default();
    let reading = consume(app.db().clone(), collections.into(), handler, app.clock().clone(), shutdown.clone());
    tasks.spawn("invoicing: reader of collections", reading);
    tasks
}
