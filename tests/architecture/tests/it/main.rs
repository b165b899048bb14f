//! Who may use whom, how large a file may be, and what documents must name.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod circles;
mod crates;
mod event_kinds;
mod files;
mod layers;
mod metrics;
mod migrations;
mod reasons;
