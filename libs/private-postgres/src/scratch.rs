//! The temporary server, for tests.

use std::ops::Deref;
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};

use crate::account::Account;
use crate::{Error, Options, Server, folders};

/// Waits until its input ends, which happens when our process ends in any way; then removes the server and its folder.
/// Arguments: `pg_ctl`, cluster, folder. A starting server gets a moment to write its file, without which
/// it could not be stopped.
const WATCHDOG: &str = r#"
trap '' HUP INT TERM
cat >/dev/null
[ -e "$2/postmaster.pid" ] || [ ! -e "$2" ] || sleep 2
"$1" stop --silent --wait --timeout=10 --mode=immediate --pgdata="$2"
rm -rf "$3"
"#;

/// A server in a new folder that ends, and whose folder is removed, when it is dropped or when this process ends,
/// `kill -9` included.
#[derive(Debug)]
pub struct ScratchPostgres {
    server: Server,
    _watchdog: Watchdog,
}

impl ScratchPostgres {
    /// Creates a cluster and starts its server.
    ///
    /// # Errors
    /// As [`PrivatePostgres::start`](crate::PrivatePostgres::start), save that the folder is never in use.
    pub fn start(options: &Options) -> Result<Self, Error> {
        let account = Account::for_server()?;
        let folder = folders::make_scratch_folder(account)?;
        let server = match Server::new(folder.clone(), folder.clone(), account) {
            Ok(server) => server,
            Err(error) => {
                // Still empty; the missing installation is the error to report.
                let _ = std::fs::remove_dir(&folder);
                return Err(error);
            }
        };
        let watchdog = Watchdog::start(&server, &folder, account)?;
        server.run(options)?;
        Ok(Self { server, _watchdog: watchdog })
    }
}

impl Deref for ScratchPostgres {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

/// The process that cleans up after ours has ended.
#[derive(Debug)]
struct Watchdog {
    process: Child,
    /// Open as long as we live; no other child of ours inherits it.
    lifeline: Option<ChildStdin>,
}

impl Watchdog {
    fn start(server: &Server, folder: &Path, account: Account) -> Result<Self, Error> {
        let shell = Path::new("/bin/sh");
        let mut command = account.command(shell);
        command.args(["-c", WATCHDOG, "quittance-watchdog"]).arg(server.pg_ctl()).arg(server.cluster()).arg(folder);
        // A reader of our output must not wait for this process too.
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = command.spawn().map_err(Error::io("run", shell))?;
        let lifeline = process.stdin.take();
        Ok(Self { process, lifeline })
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.lifeline = None;
        // It ends by itself in bounded time; a failed wait is not an error.
        let _ = self.process.wait();
    }
}
