//! What the program says about itself: settings, completions, man pages.

use std::{io, path::PathBuf};

use anyhow::Context as _;
use clap::{Args, Command};
use clap_complete::Shell;
use quittance_host::{ServerConfig, ServiceConfig};
use quittance_runtime::config::reference;

use crate::up::SuiteConfig;

/// Flags of `quittance completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionFlags {
    /// For which shell
    shell: Shell,
}

/// Flags of `quittance man`.
#[derive(Debug, Args)]
pub(crate) struct ManFlags {
    /// The folder that the pages are written to
    #[arg(long)]
    out: PathBuf,
}

/// Prints completions for a shell.
pub(crate) fn completions(flags: &CompletionFlags, mut command: Command) {
    clap_complete::generate(flags.shell, &mut command, "quittance", &mut io::stdout());
}

/// Writes a man page for each command.
pub(crate) fn man(flags: &ManFlags, command: Command) -> anyhow::Result<()> {
    std::fs::create_dir_all(&flags.out).with_context(|| format!("making {}", flags.out.display()))?;
    clap_mangen::generate_to(command, &flags.out).with_context(|| format!("writing to {}", flags.out.display()))
}

/// All settings of all programs, in Markdown.
pub(crate) fn configuration() -> String {
    format!(
        "# Configuration\n\n\
        Settings come from defaults, then from `--config FILE` (TOML), then from environment variables, then from flags. All that is wrong is said at once, by\n\
        `--check` without starting. A variable whose name ends in `_FILE` (for example `QUITTANCE_DATABASE__APP_FILE`) names a file that holds the value, and so\n\
        does `{{ file = \"...\" }}` in place of a value in TOML; lists are separated by commas in variables. What Kubernetes injects for Services (`*_SERVICE_HOST`,\n\
        `*_PORT` and so on) is ignored. Certificates and key sets are read again when their files change.\n\n\
        This page is printed by `quittance configuration`.\n\n\
        ## Every process that answers calls\n\n{}\n\
        ## The process of one service\n\n{}\n\
        ## `quittance up`\n\n{}",
        reference::<ServerConfig>(),
        reference::<ServiceConfig>(),
        reference::<SuiteConfig>()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_settings_is_what_the_program_prints() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
        let written = std::fs::read_to_string(page).unwrap();
        assert_eq!(written, configuration(), "renew it: quittance configuration > docs/configuration.md");
    }
}
