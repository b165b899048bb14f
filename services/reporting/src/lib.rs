//! Reporting: what is owed, how old it is and how well it is collected, read from every service's events. It calls nobody and writes nothing but its
//! own read models.

mod app;
mod db;
pub mod domain;
mod error;
mod grpc;
mod inbox;
mod service;

use quittance_events::{Source, consume};
use quittance_runtime::{Shutdown, Tasks};
use sqlx::migrate::Migrator;

pub use app::App;
pub use error::Error;
pub use grpc::{SERVICES, add_routes};

/// The area's name.
pub const AREA: &str = "reporting";

/// All migrations of the service's database.
pub fn migrator() -> Migrator {
    static OWN: Migrator = sqlx::migrate!("./migrations");
    quittance_db::merge(&[&quittance_db::MIGRATOR, &quittance_events::MIGRATOR, &OWN])
}

/// Starts the reading of every area's events.
pub fn spawn(
    app: &App,
    invoicing: impl Into<Source>,
    payments: impl Into<Source>,
    collections: impl Into<Source>,
    shutdown: &Shutdown,
) -> Tasks {
    let (db, clock) = (app.db(), app.clock());
    let mut tasks = Tasks::default();
    let reading = consume(db.clone(), invoicing.into(), inbox::InvoicingHandler, clock.clone(), shutdown.clone());
    tasks.spawn("reporting: reader of invoicing", reading);
    let reading = consume(db.clone(), payments.into(), inbox::PaymentsHandler, clock.clone(), shutdown.clone());
    tasks.spawn("reporting: reader of payments", reading);
    let reading = consume(db.clone(), collections.into(), inbox::CollectionsHandler, clock.clone(), shutdown.clone());
    tasks.spawn("reporting: reader of collections", reading);
    tasks
}
