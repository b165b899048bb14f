//! BAI lockbox files: checks received by a bank at a post box and deposited, with their invoices. One
//! statement per deposit of a lockbox.

mod columns;
mod deposit;

use std::io::BufRead;

use crate::lines::Lines;
use crate::{Event, Place, Refusal};

/// The format's name, as [`read`] returns it.
pub const LOCKBOX: &str = "lockbox";

/// Reads a file. Returns [`LOCKBOX`].
///
/// # Errors
/// [`Refusal`] if the file has neither a lockbox header nor a check, or cannot be read.
pub fn read(input: &mut dyn BufRead, sink: &mut dyn FnMut(Event)) -> Result<String, Refusal> {
    let mut lines = Lines::new(input);
    let mut deposits = deposit::Deposits::new(sink);
    while let Some(line) = lines.next()? {
        if !line.is_blank() {
            deposits.take(&columns::Record::new(&line));
        }
    }
    if deposits.finish() {
        Ok(LOCKBOX.to_owned())
    } else {
        Err(Refusal::one(Place::File, "the file has neither a lockbox header (5) nor a check (6)"))
    }
}

#[cfg(test)]
#[path = "lockbox_tests.rs"]
mod tests;
