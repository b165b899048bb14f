//! Finding an installation of PostgreSQL. `scripts/find-postgres` looks in the same places.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;

/// The oldest supported major version.
pub(crate) const OLDEST: u32 = 14;

/// Folders that hold one folder per installation: parent, start of the installation's name.
const PLACES: [(&str, &str); 4] = [
    ("/usr/lib/postgresql", ""),          // Debian, Ubuntu
    ("/usr", "pgsql-"),                   // PostgreSQL's own RPMs
    ("/opt/homebrew/opt", "postgresql@"), // Homebrew
    ("/usr/local/opt", "postgresql@"),
];

/// An installation of PostgreSQL's server.
#[derive(Debug, Clone)]
pub struct Binaries {
    folder: PathBuf,
    version: u32,
}

impl Binaries {
    /// The newest installation.
    ///
    /// # Errors
    /// [`Error::NotInstalled`] when there is none that is new enough.
    pub fn find() -> Result<Self, Error> {
        Self::all().max_by_key(Self::version).ok_or(Error::NotInstalled)
    }

    /// The installation of one major version: another version cannot read its data.
    pub(crate) fn find_version(version: u32) -> Option<Self> {
        Self::all().find(|found| found.version == version)
    }

    /// The major version, such as 15.
    pub fn version(&self) -> u32 {
        self.version
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn all() -> impl Iterator<Item = Self> {
        candidates().into_iter().filter_map(|folder| Self::in_folder(&folder))
    }

    fn in_folder(folder: &Path) -> Option<Self> {
        let complete = ["postgres", "initdb", "pg_ctl"].iter().all(|name| folder.join(name).is_file());
        if !complete {
            return None;
        }
        let output = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
        let version = major_version(&String::from_utf8_lossy(&output.stdout))?;
        (version >= OLDEST).then(|| Self { folder: folder.to_owned(), version })
    }
}

/// Reads `postgres (PostgreSQL) 15.6 (Debian 15.6-0+deb12u1)`, and `18beta1` too.
fn major_version(text: &str) -> Option<u32> {
    let (_, version) = text.split_once(") ")?;
    let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    version[..digits].parse().ok()
}

fn candidates() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for (parent, start) in PLACES {
        let Ok(entries) = fs::read_dir(parent) else { continue };
        let named = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(start));
        folders.extend(named.map(|entry| entry.path().join("bin")));
    }
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    if let Some(path) = std::env::var_os("PATH") {
        folders.extend(std::env::split_paths(&path));
    }
    folders
}

#[cfg(test)]
mod tests {
    use super::major_version;

    #[test]
    fn reads_the_version_of_releases_and_of_betas() {
        assert_eq!(major_version("postgres (PostgreSQL) 15.6 (Debian 15.6-0+deb12u1)\n"), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major_version("postgres (PostgreSQL) 17"), Some(17));
        assert_eq!(major_version("something else"), None);
    }
}
