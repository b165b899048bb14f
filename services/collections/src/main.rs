//! Collections as a separate process.

use std::process::ExitCode;

fn main() -> ExitCode {
    quittance_host::main::<quittance_collections::App>(option_env!("QUITTANCE_COMMIT"))
}
