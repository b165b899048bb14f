//! Why a call fails. Knows no transport.

use quittance_db::{DbError, RequestIdReused};
use quittance_kernel::{Currency, CustomerId, ProfileId, ReservationId};

use crate::domain::Refusal;

/// Why a call fails.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such customer, or it has not come yet.
    #[error("customer {0} is not known here; if it was created just now, try again")]
    CustomerNotFound(CustomerId),
    /// The customer has no credit in the currency.
    #[error("customer {customer} has no credit profile in {currency}")]
    NoProfile {
        /// Who.
        customer: CustomerId,
        /// In what.
        currency: Currency,
    },
    /// There is no such profile.
    #[error("profile {0} does not exist")]
    ProfileNotFound(ProfileId),
    /// The customer has a profile in the currency.
    #[error("the customer has a credit profile in this currency")]
    ProfileExists,
    /// There is no such reservation.
    #[error("reservation {0} does not exist")]
    ReservationNotFound(ReservationId),
    /// Another reservation of the order holds credit.
    #[error("order {0:?} holds a reservation")]
    OrderAlreadyReserved(String),
    /// It changed since it was read.
    #[error("{0} has changed since it was read")]
    Stale(String),
    /// The rules refuse it.
    #[error("{subject}: {refusal}")]
    Refused {
        /// What it was asked of.
        subject: String,
        /// Why.
        refusal: Refusal,
    },
    /// The request id was used for something else.
    #[error(transparent)]
    RequestIdReused(#[from] RequestIdReused),
    /// The store.
    #[error("the store failed")]
    Db(DbError),
}

impl Error {
    /// A refusal of something asked of `subject`.
    pub fn refused(subject: impl std::fmt::Display, refusal: impl Into<Refusal>) -> Self {
        Self::Refused { subject: subject.to_string(), refusal: refusal.into() }
    }
}

impl From<DbError> for Error {
    /// A broken constraint is a rule of the domain: here it gets its word. What was asked is in the command, so the value stays empty.
    fn from(error: DbError) -> Self {
        match error.constraint() {
            Some("profile_customer_currency_key") => Self::ProfileExists,
            Some("reservation_holding_order_key") => Self::OrderAlreadyReserved(String::new()),
            _ => Self::Db(error),
        }
    }
}
