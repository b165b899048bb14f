//! The one program, as people run it: real processes, real PostgreSQL, all five services.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod consumers;
mod documents;
mod examples;
mod http;
mod isolation;
mod matching;
mod operate;
mod program;
mod reasons;
mod replay;
mod required;
mod signals;
mod telemetry;
mod up;
