//! Events from outbox to consumer on a real PostgreSQL and a real broker: in order, each once, none lost, whatever happens in between.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod in_process;
mod json;
mod kafka;
mod known;
mod statistics;
mod support;
mod trace;
