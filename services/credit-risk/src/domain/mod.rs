//! What credit-risk decides, without I/O: how much credit a customer has, and what orders may set aside of it.

pub mod profile;
pub mod reservation;

pub use profile::{CreditProfile, NewProfile, ProfileChange};
pub use reservation::{Order, Refusal, Reservation, State, authorize};
