//! Credit risk as a separate process.

use std::process::ExitCode;

fn main() -> ExitCode {
    quittance_host::main::<quittance_credit_risk::App>(option_env!("QUITTANCE_COMMIT"))
}
