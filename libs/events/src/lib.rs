//! Domain events: the outbox they leave through, the relay that gives them positions, the transports that carry them, and the consumers that
//! apply each of them once.

mod consumer;
mod held;
mod outbox;
mod relay;
mod source;
mod status;

pub use consumer::{Handler, HandlerError, Message, consume};
pub use held::{HeldEvent, list_held, requeue};
pub use outbox::{OutboxEvent, push};
pub use relay::{Relay, run_relay};
pub use source::{Envelope, InProcessSource};
pub use status::{StreamStatus, Subscription, stream_status, subscription_position};

/// The tables of outbox and inbox, migrated before a service's own.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");
