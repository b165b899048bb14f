//! Requests of mutating calls.

/// A request that changes something, and so carries an id that makes it idempotent.
pub trait Mutating {
    /// Takes the id out of the message: it is not part of the command.
    fn take_request_id(&mut self) -> String;
}

include!(concat!(env!("OUT_DIR"), "/mutating.rs"));
