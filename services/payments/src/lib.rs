//! Payments: money received, cash application, unapplied cash, bank files.

mod app;
mod db;
mod domain;
mod error;
mod grpc;
mod inbox;
mod invoicing;
mod jobs;
mod ops;
mod outbox;
mod service;
mod wire;

pub use app::App;
pub use error::Error;

/// The area's name, in topics and subscriptions.
pub const AREA: &str = "payments";
