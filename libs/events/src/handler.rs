//! What a service does with another's events.

use chrono::{DateTime, Utc};
use quittance_db::{DbError, Tx};
use quittance_kernel::EventId;

/// An event, read.
#[derive(Debug, Clone)]
pub struct Message<E> {
    /// Its id.
    pub event_id: EventId,
    /// Its place in the area's order.
    pub position: i64,
    /// When it became known.
    pub recorded_at: DateTime<Utc>,
    /// What happened.
    pub event: E,
}

/// Why events could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// An event says something that cannot be: it will never be applied as it is.
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

/// What a service does with another's events.
pub trait Handler: Send + Sync {
    /// The message of the area.
    type Event: prost::Message + Default;

    /// Whether this version knows what the event says. One that it does not know is parked with its bytes.
    fn knows(&self, event: &Self::Event) -> bool;

    /// Events of a run whose parent is not known yet, nor in the run itself: they wait until it has come. Only events of another key than their
    /// parent's can come before it.
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
