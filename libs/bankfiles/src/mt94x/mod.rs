//! SWIFT MT940 (customer statement) and MT942 (interim report), in SWIFT blocks or bare, any number in a file. One
//! statement per `:20:` message.

mod balance;
mod entry;
mod information;
mod message;
mod tags;

use std::io::BufRead;

use crate::{Event, Place, Refusal};

/// Reads the messages of a file. Returns `mt940`, or `mt942` if the first message is one.
///
/// # Errors
/// [`Refusal`] if the file has no tag of a statement, or cannot be read.
pub fn read(input: &mut dyn BufRead, sink: &mut dyn FnMut(Event)) -> Result<String, Refusal> {
    let mut fields = tags::Fields::new(input);
    let mut messages = message::Messages::new(sink);
    while let Some(field) = fields.next()? {
        messages.take(field);
    }
    messages.finish().ok_or_else(|| Refusal::one(Place::File, "the file has no tag of an MT940 or MT942 message"))
}

#[cfg(test)]
#[path = "mt94x_tests.rs"]
mod tests;
