//! A program from its `main` to its exit status.

use std::{process::ExitCode, time::Duration};

/// How long work that blocks a thread may go on when all else has ended.
const BLOCKING: Duration = Duration::from_secs(2);

/// The version and the commit that a program was built from.
pub fn version(commit: Option<&str>) -> String {
    format!(
        "{} ({})",
        env!("CARGO_PKG_VERSION"),
        commit.filter(|commit| !commit.is_empty()).unwrap_or("commit unknown")
    )
}

/// Runs a program on a runtime of its own, prints what it failed with, and ends also where something still blocks.
pub fn run_to_end(program: &str, work: impl Future<Output = anyhow::Result<ExitCode>> + Send + 'static) -> ExitCode {
    let name = if program.is_empty() { "quittance".to_owned() } else { format!("quittance-{program}") };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{name}: {error}");
            return ExitCode::FAILURE;
        }
    };
    // Boxed: what a program is made of is a large future.
    let done = runtime.block_on(Box::pin(work));
    runtime.shutdown_timeout(BLOCKING);
    done.unwrap_or_else(|error| {
        eprintln!("{name}: {error:#}");
        ExitCode::FAILURE
    })
}
