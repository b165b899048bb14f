//! Payments through its API, on a real PostgreSQL, with the real invoicing service behind a real server.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bank_files;
mod contract;
mod facts;
mod hand;
mod imports;
mod installments;
mod matching;
mod own_writes;
mod plans;
mod review;
mod safety;
mod support;
mod tolerances;
