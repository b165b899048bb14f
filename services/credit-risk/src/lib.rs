//! Credit risk: limits, the exposure of open items, and reservations for orders.

mod app;
mod db;
mod domain;
mod error;
mod grpc;
mod inbox;
mod jobs;
mod ops;
mod outbox;
mod service;
mod wire;

pub use app::App;
pub use error::Error;

/// The area's name, in topics and subscriptions.
pub const AREA: &str = "credit-risk";
