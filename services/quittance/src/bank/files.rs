//! Files that hold no statement: payments, returns, and the bank's answers to payments.

use std::io::{self, BufRead, Write};

use quittance_bankfiles::{nacha, pain};
use serde::Serialize;

use super::Failure;

/// Reads a pain.002 and prints what it says.
pub(super) fn print_status(input: &mut dyn BufRead, output: &mut dyn Write) -> Result<(), Failure> {
    print(&pain::read_status(input)?, output)
}

/// What a NACHA file says, with its format.
#[derive(Serialize)]
struct Nacha {
    format: &'static str,
    #[serde(flatten)]
    file: nacha::File,
}

/// Reads a NACHA file and prints what it says.
pub(super) fn print_nacha(input: &mut dyn BufRead, output: &mut dyn Write) -> Result<(), Failure> {
    print(&Nacha { format: "nacha", file: nacha::read(input)? }, output)
}

fn print(value: &impl Serialize, output: &mut dyn Write) -> Result<(), Failure> {
    serde_json::to_writer(&mut *output, value).map_err(io::Error::from).map_err(Failure::Output)?;
    output.write_all(b"\n").map_err(Failure::Output)
}
