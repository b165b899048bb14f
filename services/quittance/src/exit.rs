//! The exit statuses of the program, on which scripts rely.

use std::process::ExitCode;

/// Success.
pub(crate) const DONE: ExitCode = ExitCode::SUCCESS;
/// Failure.
pub(crate) const FAILED: ExitCode = ExitCode::FAILURE;

/// Invalid arguments, configuration, map or file.
pub(crate) fn usage() -> ExitCode {
    ExitCode::from(2)
}

/// Success with findings: rows left out, a read model that differed, an invariant that does not hold, a
/// service that is not ready.
pub(crate) fn found() -> ExitCode {
    ExitCode::from(3)
}
