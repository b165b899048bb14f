//! Domain events: the outbox they leave through, the relay that gives them positions, the transports that carry them, and the consumers that
//! apply each of them once.

mod apply;
mod attributes;
mod audit;
mod batch_spans;
mod consumer;
mod discard;
mod envelope;
mod handler;
mod held;
mod history;
pub mod kafka;
mod outbox;
mod reader;
mod rebuild;
mod relay;
mod replay;
mod run;
mod source;
mod status;

pub use apply::apply_events;
pub use attributes::attributes;
pub use audit::{RecordedEvent, RecordedFilter, recorded_events};
pub use consumer::consume;
pub use discard::{Discard, discard, discard_unreadable};
pub use envelope::{Envelope, Place};
pub use handler::{Handler, HandlerError, Message};
pub use held::{HeldEvent, UnreadableMessage, list_held, list_unreadable, requeue};
pub use history::{History, HistoryError, HistoryReader};
pub use outbox::{Event, MAX_EVENT_BYTES, Origin, OutboxEvent, push};
pub use reader::Reader;
pub use rebuild::{Projection, Rebuild, RebuildError, Rebuilt, content_hash};
pub use relay::{Relay, run_relay};
pub use replay::{EventFilter, choose};
pub use source::{InProcessSource, Source, event_at};
pub use status::{
    OutboxStatus, StreamStatus, Subscription, has_read, is_built, outbox_status, set_built, stream_status,
    subscription_position, tenant_stream_status,
};

/// The migrations of outbox and inbox, which run before a service's own.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");
