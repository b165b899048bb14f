//! What others build on holds: today's code reads every event that was ever told, and the databases as they landed last.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod documented;
mod events;
mod http;
mod landed;
mod services;
