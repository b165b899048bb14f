//! Errors of private servers.

use std::io;
use std::path::{Path, PathBuf};

/// Why a server could not be found, started or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No usable installation was found.
    #[error(
        "PostgreSQL's server, version {oldest} or later, is not installed; install it with \
         `apt-get install postgresql` (Debian, Ubuntu), `dnf install postgresql-server` (Fedora) or \
         `brew install postgresql` (macOS)",
        oldest = crate::binaries::OLDEST
    )]
    NotInstalled,
    /// The data was written by a version that is not installed here.
    #[error("the data in {} needs PostgreSQL {needed}, which is not installed", folder.display())]
    WrongVersion {
        /// Where the data lives.
        folder: PathBuf,
        /// The major version that wrote it.
        needed: u32,
    },
    /// PostgreSQL refuses to run as root, and the user that would run it instead does not exist.
    #[error("PostgreSQL does not run as root, and there is no user `{name}` to run it instead")]
    NoAccount {
        /// The user that was looked for.
        name: &'static str,
    },
    /// Another process already uses this folder.
    #[error("the folder is in use by process {pid}")]
    InUse {
        /// The process that uses it; 0 if not known yet.
        pid: u32,
    },
    /// A folder is not a folder, or belongs to another user.
    #[error("{} is not a folder of the user that runs PostgreSQL; remove it", folder.display())]
    NotOurs {
        /// The folder that was refused.
        folder: PathBuf,
    },
    /// A setting whose name or value cannot be written to a configuration file.
    #[error("`{name}` is not a setting that can be written to a configuration file")]
    BadSetting {
        /// Its name.
        name: String,
    },
    /// The server did not start.
    #[error("PostgreSQL did not start; the end of {}:\n{tail}", log.display())]
    Start {
        /// The server's log.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// One of PostgreSQL's programs failed.
    #[error("{program} failed: {output}")]
    Program {
        /// Its name.
        program: &'static str,
        /// Its output.
        output: String,
    },
    /// The operating system refused something.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// The attempted action, as a verb.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error.
        source: io::Error,
    },
}

impl Error {
    /// For `map_err`: adds the action and the path.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, path: path.to_owned(), source }
    }
}
