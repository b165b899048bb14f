//! Invoicing: tenants and their series, customers, terms, invoices and credit notes, and open items, settlements, statements.

mod app;
mod db;
mod domain;
mod error;
mod grpc;
mod inbox;
mod ops;
mod outbox;
mod service;
mod wire;

pub use app::App;
pub use error::Error;

/// The area's name, in topics and subscriptions.
pub const AREA: &str = "invoicing";
