//! What every process of Quittance has: configuration, logs with trace ids, optional spans and metrics, graceful shutdown, and loops that do what
//! should have happened by now.

mod backoff;
mod blocking;
pub mod config;
pub mod deadline;
mod http;
pub mod metrics;
mod propagation;
mod readiness;
mod reconcile;
mod shutdown;
pub mod spans;
mod tasks;
pub mod telemetry;
pub mod trace;
mod traceparent;
pub mod written;

pub use backoff::{Backoff, Wake};
pub use blocking::blocking;
pub use http::HttpEndpoint;
pub use propagation::{Parent, TraceHeaders};
pub use readiness::Readiness;
pub use reconcile::{Pace, Round, reconcile};
pub use shutdown::{Shutdown, ShutdownTrigger, until_signal};
pub use tasks::{Tasks, Unfinished};
pub use telemetry::{LogFormat, Telemetry, TelemetryConfig, error_chain, init_logs};
