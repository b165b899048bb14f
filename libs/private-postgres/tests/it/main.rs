//! Servers that are started, left alone, killed and found again.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod private;
mod scratch;
mod support;
