//! Reporting: what is owed, how old it is and how well it is collected, read from every service's events. It calls nobody and writes nothing but its
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
