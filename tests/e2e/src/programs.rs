//! The programs that are tried: built beside our own, so that they are never stale.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, ensure};

use crate::Area;

/// How variables begin that cargo sets for the package whose test it runs.
const OF_PACKAGE: [&str; 5] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];

/// The folder of the programs.
#[derive(Debug, Clone)]
pub struct Programs(PathBuf);

impl Programs {
    /// Builds those of the profile that we were built in ourselves.
    pub fn of_this_profile() -> anyhow::Result<Self> {
        let own = own_folder()?;
        let is_release = own.file_name().is_some_and(|profile| profile == "release");
        build(&own, is_release.then_some("--release"))?;
        Ok(Self(own))
    }

    /// Builds those that people run.
    pub fn release() -> anyhow::Result<Self> {
        let own = own_folder()?;
        build(&own, Some("--release"))?;
        Ok(Self(own.with_file_name("release")))
    }

    /// The program of all five services, and of the command line.
    pub fn suite(&self) -> PathBuf {
        self.0.join("quittance")
    }

    /// The program of a service.
    pub fn service(&self, area: Area) -> PathBuf {
        self.0.join(area.program())
    }

    /// All six.
    pub fn all(&self) -> Vec<PathBuf> {
        Area::ALL.map(|area| self.service(area)).into_iter().chain([self.suite()]).collect()
    }
}

/// The sources that everything is built from.
pub fn workspace() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own)
}

/// Tests are in `deps`, the program is beside the services.
fn own_folder() -> anyhow::Result<PathBuf> {
    let exe = std::env::current_exe()?;
    let folder = exe.ancestors().skip(1).find(|folder| !folder.ends_with("deps")).context("a folder")?;
    Ok(folder.to_owned())
}

fn build(own: &Path, profile: Option<&str>) -> anyhow::Result<()> {
    let target = own.parent().context("a target folder")?;
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What cargo says to a test of its package would be news to build scripts, and everything behind them would be built anew.
    let of_package = |name: &str| OF_PACKAGE.iter().any(|start| name.starts_with(start));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(of_package)) {
        command.env_remove(name);
    }
    command.current_dir(workspace()).env("CARGO_TARGET_DIR", target);
    command.args(["build", "--locked", "--quiet", "--bins"]).args(profile);
    if profile.is_some() {
        // As `make build` does it.
        let services = Area::ALL.map(|area| format!("quittance-{}", area.name()));
        for package in services.iter().map(String::as_str).chain(["quittance"]) {
            command.args(["--package", package]);
        }
    } else {
        // With the features that the workspace's tests were built with: less is built anew.
        command.args(["--workspace", "--exclude", "quittance-e2e"]);
    }
    ensure!(command.status()?.success(), "the programs do not build");
    Ok(())
}
