//! Files without statements: payments, returns, and the bank's status reports.

use std::io::{self, BufRead, Write};

use quittance_bankfiles::{nacha, pain};
use serde::Serialize;

use super::Failure;

/// Reads a pain.002 and prints its content.
pub(super) fn print_status(input: &mut dyn BufRead, output: &mut dyn Write) -> Result<(), Failure> {
    print(&pain::read_status(input)?, output)
}

/// The content of a NACHA file, with its format.
#[derive(Serialize)]
struct Nacha {
    format: &'static str,
    #[serde(flatten)]
    file: nacha::File,
}

/// Reads a NACHA file and prints its content.
pub(super) fn print_nacha(input: &mut dyn BufRead, output: &mut dyn Write) -> Result<(), Failure> {
    print(&Nacha { format: "nacha", file: nacha::read(input)? }, output)
}

fn print(value: &impl Serialize, output: &mut dyn Write) -> Result<(), Failure> {
    serde_json::to_writer(&mut *output, value).map_err(io::Error::from).map_err(Failure::Output)?;
    output.write_all(b"\n").map_err(Failure::Output)
}
