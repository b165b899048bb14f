//! For tests only: a private PostgreSQL and Kafka, a database for every test, a service behind its real gRPC server, and its published events.
#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a test helper fails by panicking")]

mod certificates;
mod database;
mod fault;
mod kafka;
mod plans;
mod receiver;
mod requests;
mod service;
mod settings;
mod wait;

pub use certificates::Authority;
pub use database::{TestDb, logins_on};
pub use fault::{assert_fault, assert_violations};
pub use kafka::{KAFKA_PASSWORD, KAFKA_USER, TestKafka};
pub use plans::{ListPlans, Plans, assert_plans, first_page, one_day, one_minute};
pub use receiver::{Received, Receiver};
pub use requests::KeptRequests;
pub use service::{Events, TestServer, now, peer, request_id};
pub use settings::{SomeError, SomeService};
pub use wait::{drained, wait_for, wait_until};
