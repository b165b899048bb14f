//! A program from its `main` to its exit status.

use std::{process::ExitCode, time::Duration};

/// How long blocking work may go on after everything else has ended.
const BLOCKING: Duration = Duration::from_secs(2);

/// A program's version and the commit it was built from.
pub fn version(commit: Option<&str>) -> String {
    format!(
        "{} ({})",
        env!("CARGO_PKG_VERSION"),
        commit.filter(|commit| !commit.is_empty()).unwrap_or("commit unknown")
    )
}

/// Runs a program on its own runtime, prints its error, and exits even if a thread still blocks.
pub fn run_to_end(program: &str, work: impl Future<Output = anyhow::Result<ExitCode>> + Send + 'static) -> ExitCode {
    let name = if program.is_empty() { "quittance".to_owned() } else { format!("quittance-{program}") };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{name}: {error}");
            return ExitCode::FAILURE;
        }
    };
    // Boxed: the program's future is large.
    let done = runtime.block_on(Box::pin(work));
    runtime.shutdown_timeout(BLOCKING);
    done.unwrap_or_else(|error| {
        eprintln!("{name}: {error:#}");
        ExitCode::FAILURE
    })
}
