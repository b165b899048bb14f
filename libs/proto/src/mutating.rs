//! Requests of mutating calls.

/// A request that changes something, and so carries an id that makes repeating it harmless.
pub trait Mutating {
    /// Takes the id out of the message: it is no part of what is asked.
    fn take_request_id(&mut self) -> String;
}

include!(concat!(env!("OUT_DIR"), "/mutating.rs"));
