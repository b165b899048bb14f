//! Credit risk: limits, what of them is used by open items, and what orders have set aside.

mod app;
mod db;
pub mod domain;
mod error;
mod grpc;
mod inbox;
mod jobs;
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
pub const AREA: &str = "credit-risk";

/// All migrations of the service's database.
pub fn migrator() -> Migrator {
    static OWN: Migrator = sqlx::migrate!("./migrations");
    quittance_db::merge(&[&quittance_db::MIGRATOR, &quittance_events::MIGRATOR, &OWN])
}

/// Starts what runs beside the calls: the reading of invoicing's events, and the reconciler that ends reservations whose time is over.
pub fn spawn(app: &App, invoicing: impl Into<Source>, shutdown: &Shutdown) -> Tasks {
    let handler = inbox::InvoicingHandler::new(app);
    let mut tasks = jobs::spawn(app, shutdown);
    let reading = consume(app.db().clone(), invoicing.into(), handler, app.clock().clone(), shutdown.clone());
    tasks.spawn("credit-risk: reader of invoicing", reading);
    tasks
}
