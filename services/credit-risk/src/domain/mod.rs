//! What credit-risk decides, without I/O: how much credit a customer has, and what orders may set aside of it.

pub mod profile;
mod refusal;
pub mod reservation;
mod ttl;

pub use profile::{CreditProfile, NewProfile, ProfileChange};
pub use refusal::Refusal;
pub use reservation::{Order, Reservation, State, authorize};
pub use ttl::{DEFAULT_TTL_SECONDS, MAX_TTL_SECONDS};
