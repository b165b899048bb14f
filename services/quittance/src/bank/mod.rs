//! `quittance bank`: the content of a bank file, as JSON.

mod files;
mod statements;

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Cursor, Read as _, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use quittance_bankfiles::{Fault, Format, Refusal, detect};

/// How many bytes are read to detect a format.
const HEAD_BYTES: u64 = 8 * 1024;

#[derive(Debug, Subcommand)]
pub(crate) enum BankCommand {
    /// Read a bank's file (CAMT, MT940, MT942, BAI2, lockbox, OFX, NACHA, pain.002) and print its content as JSON
    Parse(ParseFlags),
}

#[derive(Debug, Args)]
pub(crate) struct ParseFlags {
    /// The file; - for the standard input
    file: PathBuf,
}

/// Why the output is missing or incomplete.
enum Failure {
    /// The file is refused.
    Refused(Refusal),
    /// The output cannot be written.
    Output(io::Error),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::Refused(refusal)
    }
}

/// Runs the command. Exit status 2 for a refused file, with a line for each reason.
pub(crate) fn run(command: &BankCommand) -> anyhow::Result<ExitCode> {
    let BankCommand::Parse(flags) = command;
    let mut input = match open(&flags.file) {
        Ok(input) => input,
        Err(error) => {
            complain(&format!("{}: {error}", flags.file.display()));
            return Ok(crate::exit::usage());
        }
    };
    let mut output = BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    match parse(input.as_mut(), &mut output).and_then(|()| output.flush().map_err(Failure::Output)) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        // The reader has closed the pipe.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(Failure::Output(error)) => Err(error.into()),
        Err(Failure::Refused(refusal)) => {
            for line in reasons(&refusal) {
                complain(&line);
            }
            Ok(crate::exit::usage())
        }
    }
}

fn open(file: &Path) -> io::Result<Box<dyn BufRead>> {
    if file.as_os_str() == "-" {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let file = File::open(file)?;
    if file.metadata()?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    Ok(Box::new(BufReader::with_capacity(64 * 1024, file)))
}

fn parse(input: &mut dyn BufRead, output: &mut dyn Write) -> Result<(), Failure> {
    let mut head = Vec::new();
    input.take(HEAD_BYTES).read_to_end(&mut head).map_err(Refusal::from)?;
    let format = detect(&head);
    let mut whole = Cursor::new(head).chain(input);
    match format {
        Some(Format::PaymentStatus) => files::print_status(&mut whole, output),
        Some(Format::Nacha) => files::print_nacha(&mut whole, output),
        _ => statements::print(&mut whole, output),
    }
}

fn reasons(refusal: &Refusal) -> Vec<String> {
    match refusal {
        Refusal::Faults(faults) => faults.iter().map(Fault::to_string).collect(),
        Refusal::Io(error) => vec![format!("file: {refusal}: {error}")],
    }
}

/// Writes to standard error, and ignores a closed one.
fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

#[cfg(test)]
#[path = "bank_tests.rs"]
mod tests;
