//! Credit risk through its API, on a real PostgreSQL, with the real invoicing service behind a real server.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod contract;
mod exposure;
mod plans;
mod profiles;
mod reservations;
mod support;
