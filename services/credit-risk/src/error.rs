//! Errors of credit-risk, independent of transport.

use quittance_kernel::{Currency, CustomerId, ProfileId, ReservationId};
use quittance_service::{CommonError, service_error};

use crate::domain::Refusal;

/// Why a call fails.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The customer does not exist, or its event has not arrived yet.
    #[error("customer {0} is not known here; if it was created just now, try again")]
    CustomerNotFound(CustomerId),
    /// The customer has no profile in the currency.
    #[error("customer {customer} has no credit profile in {currency}")]
    NoProfile {
        /// The customer.
        customer: CustomerId,
        /// The currency.
        currency: Currency,
    },
    /// The profile does not exist.
    #[error("profile {0} does not exist")]
    ProfileNotFound(ProfileId),
    /// The customer already has a profile in the currency.
    #[error("the customer has a credit profile in this currency")]
    ProfileExists,
    /// The profile has reservations, ended ones too.
    #[error("profile {0} has reservations")]
    ProfileHasReservations(ProfileId),
    /// The reservation does not exist.
    #[error("reservation {0} does not exist")]
    ReservationNotFound(ReservationId),
    /// The order already has an active or confirmed reservation.
    #[error("order {0:?} has a reservation")]
    OrderAlreadyReserved(String),
    /// A rule refuses the change.
    #[error("{subject}: {refusal}")]
    Refused {
        /// The resource to change.
        subject: String,
        /// The rule.
        refusal: Refusal,
    },
    /// An error common to all calls.
    #[error(transparent)]
    Common(#[from] CommonError),
}

service_error!(Error);

impl Error {
    /// A refusal of a change of `subject`.
    pub fn refused(subject: impl std::fmt::Display, refusal: impl Into<Refusal>) -> Self {
        Self::Refused { subject: subject.to_string(), refusal: refusal.into() }
    }
}
