//! The user that runs the server: PostgreSQL refuses to run as root.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::{Uid, User};

use crate::Error;

/// The user created by PostgreSQL's packages.
const NAME: &str = "postgres";

/// The user that runs the server and owns its folders.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account {
    uid: u32,
    /// Set when that is not the user who runs us.
    switch_to_gid: Option<u32>,
}

impl Account {
    /// Ourselves, or `postgres` when we are root.
    pub(crate) fn for_server() -> Result<Self, Error> {
        let me = Uid::effective();
        if !me.is_root() {
            return Ok(Self { uid: me.as_raw(), switch_to_gid: None });
        }
        match User::from_name(NAME) {
            Ok(Some(user)) => Ok(Self { uid: user.uid.as_raw(), switch_to_gid: Some(user.gid.as_raw()) }),
            Ok(None) | Err(_) => Err(Error::NoAccount { name: NAME }),
        }
    }

    /// Whether the server runs as another user.
    pub(crate) fn is_other(self) -> bool {
        self.switch_to_gid.is_some()
    }

    pub(crate) fn uid(self) -> u32 {
        self.uid
    }

    /// Changes the owner of a path to the server's user.
    pub(crate) fn give(self, path: &Path) -> Result<(), Error> {
        match self.switch_to_gid {
            Some(gid) => chown(path, Some(self.uid), Some(gid)).map_err(Error::io("change the owner of", path)),
            None => Ok(()),
        }
    }

    /// A program that will run as this user, in its own process group so that a Ctrl-C in the terminal is not
    /// meant for it.
    pub(crate) fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.process_group(0).stdin(Stdio::null()).current_dir("/");
        // Messages are parsed below, and the caller's PostgreSQL settings are for other servers.
        command.env("LC_ALL", "C").env_remove("PGDATA").env_remove("PGPORT").env_remove("PGHOST");
        if let Some(gid) = self.switch_to_gid {
            command.uid(self.uid).gid(gid);
        }
        command
    }
}
