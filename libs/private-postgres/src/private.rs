//! The persistent server.

use std::ops::Deref;
use std::path::Path;

use crate::account::Account;
use crate::lock::Lock;
use crate::{Error, Options, Server, folders};

/// A server with persistent data.
///
/// Dropping it leaves the server running, as a crash of ours does: the next [`start`](Self::start) adopts it.
#[derive(Debug)]
pub struct PrivatePostgres {
    server: Server,
    adopted: bool,
    _lock: Lock,
}

impl PrivatePostgres {
    /// Starts the server of `folder` unless it runs, with a new cluster if there is none; see
    /// [`data_folder`](crate::data_folder) for its place.
    ///
    /// A server left running by an earlier process is adopted if its options are the same and restarted
    /// otherwise.
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

    /// The server of a folder in use by another process: to connect to, not to stop.
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

    /// Stops the server with a fast shutdown, which aborts open transactions, and waits until it has ended.
    ///
    /// # Errors
    /// [`Error::Program`] when it still runs after two minutes.
    pub fn stop(self) -> Result<(), Error> {
        self.server.stop()?;
        // A leftover folder is reused.
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
