//! Collections: dunning strategies, runs, reminders and disputes.

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
pub use wire::standard_strategy;

/// The area's name, in topics and subscriptions.
pub const AREA: &str = "collections";
