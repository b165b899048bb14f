//! Lines on standard output, whose reader may close it: `quittance events replay | head` is not a failure.

use std::{
    fmt::Display,
    io::{self, Write as _},
};

/// Writes a line.
pub(crate) fn line(text: impl Display) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

/// Whether the reader of standard output has closed it.
pub(crate) fn is_closed_by_reader(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe))
}
