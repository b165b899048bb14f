//! Collections through its API, on a real PostgreSQL, with the real invoicing service behind a real server.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod contract;
mod disputes;
mod dunning;
mod plans;
mod runs;
mod strategies;
mod support;
