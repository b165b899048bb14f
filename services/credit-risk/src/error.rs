//! Why a call fails. Knows no transport.

use quittance_kernel::{Currency, CustomerId, ProfileId, ReservationId};
use quittance_service::{CommonError, service_error};

use crate::domain::Refusal;

/// Why a call fails.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// There is no such customer, or its event has not come yet.
    #[error("customer {0} is not known here; if it was created just now, try again")]
    CustomerNotFound(CustomerId),
    /// The customer has no credit in the currency.
    #[error("customer {customer} has no credit profile in {currency}")]
    NoProfile {
        /// The customer.
        customer: CustomerId,
        /// The currency.
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
    /// The order has an active or confirmed reservation.
    #[error("order {0:?} has a reservation")]
    OrderAlreadyReserved(String),
    /// The rules refuse it.
    #[error("{subject}: {refusal}")]
    Refused {
        /// The resource that it is about.
        subject: String,
        /// Which rule.
        refusal: Refusal,
    },
    /// What can go wrong in every call.
    #[error(transparent)]
    Common(#[from] CommonError),
}

service_error!(Error);

impl Error {
    /// A refusal of a command about `subject`.
    pub fn refused(subject: impl std::fmt::Display, refusal: impl Into<Refusal>) -> Self {
        Self::Refused { subject: subject.to_string(), refusal: refusal.into() }
    }
}
