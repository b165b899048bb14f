//! BAI lockbox files: checks that a bank received at a post box, deposited, with the invoices that came along. One
//! statement per deposit of a lockbox.

mod columns;
mod deposit;

use std::io::BufRead;

use crate::lines::Lines;
use crate::{Event, Place, Refusal};

/// What [`read`] returns.
pub const LOCKBOX: &str = "lockbox";

/// Reads a file. Returns [`LOCKBOX`].
///
/// # Errors
/// [`Refusal`] if the file has neither a lockbox header nor a check, or cannot be fetched.
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
        Err(Refusal::one(Place::File, "neither a lockbox header (5) nor a check (6) is in the file"))
    }
}

#[cfg(test)]
#[path = "lockbox_tests.rs"]
mod tests;
