//! What can go wrong in a store.

use std::sync::Arc;

use quittance_kernel::Bug;
use sqlx::{error::DatabaseError, postgres::PgQueryResult};
use uuid::Uuid;

/// An error of the database, or of what is stored in it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DbError {
    /// PostgreSQL failed, or the connection to it.
    #[error("the database refused or failed")]
    Sqlx(#[source] Arc<sqlx::Error>),
    /// A row breaks an invariant of the domain: it was not written by this program, or by one with a bug.
    #[error("{table} {id} is corrupt: {why}")]
    Corrupt {
        /// Its table.
        table: &'static str,
        /// Its key.
        id: Uuid,
        /// The problem.
        why: String,
    },
    /// An update met fewer or more rows than it locked.
    #[error("{table}: {expected} rows to write, {found} written")]
    LostUpdate {
        /// The table.
        table: &'static str,
        /// Rows expected.
        expected: usize,
        /// Rows written.
        found: u64,
    },
    /// Another transaction did the same first: it stored the response, or applied the events.
    #[error("another transaction did the same at the same moment")]
    Overtaken,
    /// An event is too large for its topic.
    #[error("the event {kind} would have {bytes} bytes, which is more than an event may have")]
    EventTooLarge {
        /// The full name of its message.
        kind: &'static str,
        /// Its size.
        bytes: usize,
    },
    /// An internal invariant was violated.
    #[error(transparent)]
    Bug(#[from] Bug),
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        Self::Sqlx(Arc::new(error))
    }
}

impl DbError {
    fn of_database(&self) -> Option<&dyn DatabaseError> {
        match self {
            Self::Sqlx(error) => error.as_database_error(),
            Self::Corrupt { .. }
            | Self::LostUpdate { .. }
            | Self::Overtaken
            | Self::EventTooLarge { .. }
            | Self::Bug(_) => None,
        }
    }

    /// Whether PostgreSQL refused a statement with a code of one of these classes.
    fn has_class(&self, classes: &[&str]) -> bool {
        let code = self.of_database().and_then(DatabaseError::code);
        code.is_some_and(|code| classes.iter().any(|class| code.starts_with(class)))
    }

    /// The name of the constraint that was broken.
    pub fn constraint(&self) -> Option<&str> {
        self.of_database()?.constraint()
    }

    /// Whether a retry may succeed: a lost connection, a full pool, a deadlock, a server that starts or stops.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Sqlx(error) => {
                self.has_class(&["08", "40", "53", "55", "57"])
                    || matches!(
                        **error,
                        sqlx::Error::Io(_)
                            | sqlx::Error::PoolTimedOut
                            | sqlx::Error::PoolClosed
                            | sqlx::Error::WorkerCrashed
                            | sqlx::Error::Tls(_)
                    )
            }
            Self::Overtaken => true,
            Self::Corrupt { .. } | Self::LostUpdate { .. } | Self::EventTooLarge { .. } | Self::Bug(_) => false,
        }
    }

    /// Whether a batch that failed with it should be retried one command at a time: a constraint, a deadlock, a request that another transaction completed.
    pub fn is_conflict(&self) -> bool {
        match self {
            Self::Sqlx(_) => self.has_class(&["23", "40"]),
            Self::Overtaken | Self::EventTooLarge { .. } => true,
            Self::Corrupt { .. } | Self::LostUpdate { .. } | Self::Bug(_) => false,
        }
    }
}

/// Fails unless a statement wrote as many rows as were locked for it.
pub fn expect_rows(done: &PgQueryResult, table: &'static str, expected: usize) -> Result<(), DbError> {
    let found = done.rows_affected();
    if usize::try_from(found) == Ok(expected) { Ok(()) } else { Err(DbError::LostUpdate { table, expected, found }) }
}
