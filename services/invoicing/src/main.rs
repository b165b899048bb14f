//! Invoicing as a separate process.

use std::process::ExitCode;

fn main() -> ExitCode {
    quittance_host::main::<quittance_invoicing::App>(option_env!("QUITTANCE_COMMIT"))
}
