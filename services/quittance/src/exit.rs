//! How the program ends, in one place: scripts rely on it.

use std::process::ExitCode;

/// It did what it was asked for.
pub(crate) const DONE: ExitCode = ExitCode::SUCCESS;
/// It failed.
pub(crate) const FAILED: ExitCode = ExitCode::FAILURE;

/// Arguments, a configuration, a map or a file cannot be used.
pub(crate) fn usage() -> ExitCode {
    ExitCode::from(2)
}

/// It did what it was asked for, and what it found is not as it should be: rows left out, a read model that differed, an invariant that does not hold, a
/// service that is not ready.
pub(crate) fn found() -> ExitCode {
    ExitCode::from(3)
}
