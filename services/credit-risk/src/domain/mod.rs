//! The domain of credit, without I/O: profiles, limits and reservations.

pub(crate) mod profile;
mod refusal;
pub(crate) mod reservation;
mod ttl;

pub(crate) use profile::{CreditProfile, NewProfile, ProfileChange};
pub(crate) use refusal::Refusal;
pub(crate) use reservation::{Order, Reservation, State, authorize};
pub(crate) use ttl::{DEFAULT_TTL_SECONDS, MAX_TTL_SECONDS};
