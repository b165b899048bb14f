//! What can go wrong in a store.

use std::sync::Arc;

use sqlx::postgres::PgQueryResult;
use uuid::Uuid;

/// An error of the database, or of what is stored in it.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// PostgreSQL or the way to it.
    #[error("the database refused or broke off")]
    Sqlx(#[from] sqlx::Error),
    /// A row breaks an invariant of the domain: it was not written by this program, or by one with a bug.
    #[error("{table} {id} is corrupt: {why}")]
    Corrupt {
        /// Its table.
        table: &'static str,
        /// Its key.
        id: Uuid,
        /// What is wrong.
        why: String,
    },
    /// An update met fewer or more rows than it locked.
    #[error("{table}: {expected} rows to write, {found} written")]
    LostUpdate {
        /// The table.
        table: &'static str,
        /// How many were to be written.
        expected: usize,
        /// How many were.
        found: u64,
    },
    /// Another transaction answered the same request first.
    #[error("the request was answered by another transaction at the same moment")]
    AnsweredMeanwhile,
    /// What was done cannot be told in one event: no topic would take it.
    #[error("the event {kind} would have {bytes} bytes, which is more than an event may have")]
    EventTooLarge {
        /// The full name of its message.
        kind: &'static str,
        /// Its size.
        bytes: usize,
    },
    /// What failed for all that were written together.
    #[error(transparent)]
    OfSlice(Arc<DbError>),
}

impl DbError {
    /// The name of the constraint that was broken.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Sqlx(sqlx::Error::Database(error)) => error.constraint(),
            Self::OfSlice(error) => error.constraint(),
            Self::Sqlx(_)
            | Self::Corrupt { .. }
            | Self::LostUpdate { .. }
            | Self::AnsweredMeanwhile
            | Self::EventTooLarge { .. } => None,
        }
    }

    /// Whether the same work may succeed when it is done again: a lost connection, a full pool, a deadlock, a server that starts or stops.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Sqlx(sqlx::Error::Database(error)) => {
                let code = error.code().unwrap_or_default();
                ["08", "40", "53", "55", "57"].iter().any(|class| code.starts_with(class))
            }
            Self::Sqlx(error) => matches!(
                error,
                sqlx::Error::Io(_)
                    | sqlx::Error::PoolTimedOut
                    | sqlx::Error::PoolClosed
                    | sqlx::Error::WorkerCrashed
                    | sqlx::Error::Tls(_)
            ),
            Self::AnsweredMeanwhile => true,
            Self::OfSlice(error) => error.is_transient(),
            Self::Corrupt { .. } | Self::LostUpdate { .. } | Self::EventTooLarge { .. } => false,
        }
    }

    /// Whether a slice that failed with it is worth doing again, one command at a time: a constraint, a deadlock, a doubled request.
    pub(crate) fn is_conflict(&self) -> bool {
        match self {
            Self::Sqlx(sqlx::Error::Database(error)) => {
                let code = error.code().unwrap_or_default();
                ["23", "40"].iter().any(|class| code.starts_with(class))
            }
            Self::AnsweredMeanwhile | Self::EventTooLarge { .. } => true,
            Self::OfSlice(error) => error.is_conflict(),
            Self::Sqlx(_) | Self::Corrupt { .. } | Self::LostUpdate { .. } => false,
        }
    }
}

/// Turns a broken constraint into the domain's word for it.
pub trait OnConstraint<T> {
    /// The error `refusal` makes where the constraint of this name was broken, else the error as it was.
    fn on_constraint<E: From<DbError>>(self, name: &str, refusal: impl FnOnce() -> E) -> Result<T, E>;
}

impl<T, S: Into<DbError>> OnConstraint<T> for Result<T, S> {
    fn on_constraint<E: From<DbError>>(self, name: &str, refusal: impl FnOnce() -> E) -> Result<T, E> {
        self.map_err(|error| {
            let error = error.into();
            if error.constraint() == Some(name) { refusal() } else { E::from(error) }
        })
    }
}

/// Fails unless a statement wrote exactly what was locked for it.
pub fn expect_rows(done: &PgQueryResult, table: &'static str, expected: usize) -> Result<(), DbError> {
    let found = done.rows_affected();
    if usize::try_from(found) == Ok(expected) { Ok(()) } else { Err(DbError::LostUpdate { table, expected, found }) }
}
