//! Reporting: balances, aging and collection figures from every service's events. It calls no other service and writes only its
//! own read models.

mod app;
mod db;
mod domain;
mod error;
mod grpc;
mod inbox;
mod service;

pub use app::App;
pub use error::Error;

/// The area's name, in topics and subscriptions.
pub const AREA: &str = "reporting";
