//! What every process of Quittance has: configuration, logs with trace ids, an orderly end, and loops that do what should have happened by now.

pub mod config;
mod reconcile;
mod shutdown;
mod telemetry;
pub mod trace;

pub use reconcile::{Pace, reconcile};
pub use shutdown::{Shutdown, ShutdownTrigger, until_signal};
pub use telemetry::{LogFormat, error_chain, init_logs};
