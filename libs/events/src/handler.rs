//! Handles another service's events.

use chrono::{DateTime, Utc};
use quittance_db::{DbError, Tx};
use quittance_kernel::EventId;
use quittance_proto::AreaEvent;

/// A decoded event.
#[derive(Debug, Clone)]
pub struct Message<E> {
    /// The event's id.
    pub event_id: EventId,
    /// Its position in the area's stream.
    pub position: i64,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// When it became known: the time of its position, which it is given once it is committed. Of an event that was published or held before that was
    /// kept it is the time it was recorded, the latest one that is known of it.
    pub known_at: DateTime<Utc>,
    /// The event's message.
    pub event: E,
}

/// Why events could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The event is invalid and can never be applied as it is.
    #[error("{0}")]
    Rejected(String),
}

impl HandlerError {
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Db(error) => error.is_transient(),
            Self::Rejected(_) => false,
        }
    }
}

/// Handles another service's events.
pub trait Handler: Send + Sync {
    /// The area's event message.
    type Event: AreaEvent;

    /// Whether this version knows the kind of event. One of an unknown kind is parked with its bytes.
    fn knows(&self, event: &Self::Event) -> bool;

    /// Events of a run whose parent is neither known yet nor in the run: they wait until it has arrived. Only events with another key than their
    /// parent's can arrive before it.
    fn orphans(
        &self,
        _tx: &mut Tx,
        _run: &[Message<Self::Event>],
    ) -> impl Future<Output = Result<Vec<EventId>, HandlerError>> + Send {
        async { Ok(Vec::new()) }
    }

    /// Applies events of the transaction's tenant, each for the first time. Events of one key are in order.
    fn apply(
        &self,
        tx: &mut Tx,
        run: Vec<Message<Self::Event>>,
    ) -> impl Future<Output = Result<(), HandlerError>> + Send;
}
