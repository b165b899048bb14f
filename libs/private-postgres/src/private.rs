//! The server that keeps its data.

use std::ops::Deref;
use std::path::Path;

use crate::account::Account;
use crate::lock::Lock;
use crate::{Error, Options, Server, folders};

/// A server whose data stays in its folder.
///
/// Dropping it leaves the server running, as a crash of ours does: the next [`start`](Self::start) adopts it.
#[derive(Debug)]
pub struct PrivatePostgres {
    server: Server,
    adopted: bool,
    _lock: Lock,
}

impl PrivatePostgres {
    /// Has the server of `folder` running, with a new cluster if there is none; see
    /// [`data_folder`](crate::data_folder) for where that is.
    ///
    /// A server that an earlier process left running is adopted when its options are the same and started again
    /// when they are not.
    ///
    /// # Errors
    /// [`Error::InUse`] when another process has the folder; [`Error::NotInstalled`], [`Error::WrongVersion`] and
    /// [`Error::NoAccount`] when this system lacks what is needed; [`Error::Start`] with the end of the server's log.
    pub fn start(folder: &Path, options: &Options) -> Result<Self, Error> {
        let account = Account::for_server()?;
        let home = folders::data_folder(folder)?;
        folders::make_data_folder(&home, account)?;
        let lock = Lock::take(&home.join("lock"))?;
        let socket_folder = folders::make_socket_folder(&home, account)?;
        let server = Server::new(home, socket_folder, account)?;
        let adopted = server.run(options)?;
        tracing::debug!(adopted, log = %server.log().display(), "PostgreSQL is running");
        Ok(Self { server, adopted, _lock: lock })
    }

    /// The server of a folder that another process has: to connect to, not to stop.
    ///
    /// # Errors
    /// [`Error::NotInstalled`], [`Error::WrongVersion`] and [`Error::NoAccount`] as [`start`](Self::start).
    pub fn of_other_process(folder: &Path) -> Result<Server, Error> {
        let account = Account::for_server()?;
        let home = folders::data_folder(folder)?;
        let socket_folder = folders::make_socket_folder(&home, account)?;
        Server::new(home, socket_folder, account)
    }

    /// Whether the server was already running.
    pub fn adopted(&self) -> bool {
        self.adopted
    }

    /// Ends the server with a fast shutdown, which breaks off open transactions, and waits until it is gone.
    ///
    /// # Errors
    /// [`Error::Program`] when it still runs after two minutes.
    pub fn stop(self) -> Result<(), Error> {
        self.server.stop()?;
        // A folder that stays is used again.
        let _ = std::fs::remove_dir(self.server.socket_folder());
        Ok(())
    }
}

impl Deref for PrivatePostgres {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}
