//! A server and its cluster: making, starting, stopping.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::account::Account;
use crate::postmaster::{self, State};
use crate::settings::{self, Options};
use crate::{Binaries, Durability, Error, OWNER};

/// Only the number in the socket's name: there is no network, and the folder is the server's own.
const PORT: u16 = 5432;
/// How long a server may take to start: after a crash it first replays its log.
const START_S: u64 = 600;
/// How long a running server may not respond at its socket before it is restarted.
const ANSWER_S: u64 = 5;
/// How long a fast shutdown may take, which writes a checkpoint.
const STOP_S: u64 = 120;
/// How long the processes of a killed server may take to end.
const ORPHANS_S: u64 = 60;
/// A log larger than this, in bytes, is rotated at the next start.
const LOG_BYTES: u64 = 16 * 1024 * 1024;
/// How much of the log an error shows.
const TAIL_LINES: usize = 12;

/// A server: the common part of private and scratch servers.
#[derive(Debug)]
pub struct Server {
    binaries: Binaries,
    account: Account,
    /// The folder of the cluster, the log and the lock.
    home: PathBuf,
    socket_folder: PathBuf,
}

impl Server {
    /// The server in `home`, with the installation that can read its data. Does not start it.
    pub(crate) fn new(home: PathBuf, socket_folder: PathBuf, account: Account) -> Result<Self, Error> {
        let version =
            fs::read_to_string(home.join("cluster/PG_VERSION")).ok().and_then(|text| text.trim().parse().ok());
        let binaries = match version {
            None => Binaries::find()?,
            Some(needed) => {
                Binaries::find_version(needed).ok_or_else(|| Error::WrongVersion { folder: home.clone(), needed })?
            }
        };
        Ok(Self { binaries, account, home, socket_folder })
    }

    /// The folder of the unix socket, its only listener.
    pub fn socket_folder(&self) -> &Path {
        &self.socket_folder
    }

    /// The port number in the socket's name.
    pub fn port(&self) -> u16 {
        PORT
    }

    /// The installation it runs from.
    pub fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// A URL for sqlx and libpq. The superuser is [`OWNER`](crate::OWNER); there are no passwords.
    pub fn url(&self, user: &str, database: &str) -> String {
        let socket = self.socket_folder.to_string_lossy();
        format!("postgres://{}@localhost:{PORT}/{}?host={}", encode(user), encode(database), encode(&socket))
    }

    /// The server's log.
    pub fn log(&self) -> PathBuf {
        self.home.join("server.log")
    }

    pub(crate) fn cluster(&self) -> PathBuf {
        self.home.join("cluster")
    }

    pub(crate) fn pg_ctl(&self) -> PathBuf {
        self.binaries.program("pg_ctl")
    }

    /// Starts the server with these options unless it runs. Returns whether it already did.
    pub(crate) fn run(&self, options: &Options) -> Result<bool, Error> {
        let wanted = settings::render(options, &self.socket_folder, PORT)?;
        if !self.cluster().join("PG_VERSION").exists() {
            self.make_cluster(options.durability)?;
        }
        let settings_file = self.cluster().join("quittance.conf");
        // Written only before a start: it matches the running server.
        let unchanged = fs::read_to_string(&settings_file).is_ok_and(|found| found == wanted);
        match postmaster::state(&self.cluster()) {
            State::Ready | State::Busy if unchanged && self.becomes_ready() => return Ok(true),
            State::Ready | State::Busy => self.stop()?,
            State::Impostor => {
                postmaster::disown(&self.cluster())
                    .map_err(Error::io("repair the postmaster.pid in", &self.cluster()))?;
            }
            State::Absent => {}
        }
        postmaster::clear_socket(&self.socket_folder, PORT).map_err(Error::io("clear", &self.socket_folder))?;
        fs::write(&settings_file, wanted).map_err(Error::io("write", &settings_file))?;
        self.account.give(&settings_file)?;
        self.launch()?;
        Ok(false)
    }

    /// Stops the server with a fast shutdown and waits until it has ended. No error if it was not running.
    pub(crate) fn stop(&self) -> Result<(), Error> {
        let mut command = self.account.command(&self.pg_ctl());
        command.arg("stop").args(["--silent", "--wait", "--mode=fast"]).arg(format!("--timeout={STOP_S}"));
        command.arg("--pgdata").arg(self.cluster());
        let stopped = run_program("pg_ctl", command);
        match postmaster::state(&self.cluster()) {
            State::Absent | State::Impostor => Ok(()),
            State::Ready | State::Busy => stopped,
        }
    }

    /// Creates the cluster beside its place and moves it there, so that an incomplete one is never used.
    fn make_cluster(&self, durability: Durability) -> Result<(), Error> {
        let unfinished = self.home.join("cluster.new");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(Error::io("remove", &unfinished))?;
        }
        let mut command = self.account.command(&self.binaries.program("initdb"));
        command.args(["--encoding=UTF8", "--locale=C", "--auth=trust", "--data-checksums"]);
        command.arg(format!("--username={OWNER}")).arg("--pgdata").arg(&unfinished);
        if durability == Durability::None {
            command.arg("--no-sync");
        }
        run_program("initdb", command)?;
        let main_file = unfinished.join("postgresql.conf");
        File::options()
            .append(true)
            .open(&main_file)
            .and_then(|mut file| file.write_all(b"\ninclude_if_exists 'quittance.conf'\n"))
            .map_err(Error::io("write", &main_file))?;
        let cluster = self.cluster();
        fs::rename(&unfinished, &cluster).map_err(Error::io("make", &cluster))
    }

    /// Waits for a running server; returns false if it ends meanwhile or does not respond at the socket.
    fn becomes_ready(&self) -> bool {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(START_S) {
            match postmaster::state(&self.cluster()) {
                State::Ready if postmaster::responds(&self.socket_folder, PORT) => return true,
                State::Ready if began.elapsed() > Duration::from_secs(ANSWER_S) => return false,
                State::Absent | State::Impostor => return false,
                State::Ready | State::Busy => thread::sleep(Duration::from_millis(50)),
            }
        }
        false
    }

    /// Starts the server and waits until it takes connections.
    fn launch(&self) -> Result<(), Error> {
        let log = self.log();
        if fs::metadata(&log).is_ok_and(|found| found.len() > LOG_BYTES) {
            fs::rename(&log, self.home.join("server.log.1")).map_err(Error::io("put aside", &log))?;
        }
        let began = Instant::now();
        loop {
            let log_start = fs::metadata(&log).map_or(0, |found| found.len());
            let mut command = self.account.command(&self.pg_ctl());
            // pg_ctl gives the server its own session.
            command.arg("start").args(["--silent", "--wait"]).arg(format!("--timeout={START_S}"));
            command.arg("--pgdata").arg(self.cluster()).arg("--log").arg(&log);
            let Err(error) = run_program("pg_ctl", command) else { return Ok(()) };
            let said = read_from(&log, log_start);
            // The killed server's processes are still about to end.
            let orphans = said.contains("pre-existing shared memory block");
            if !orphans || began.elapsed() > Duration::from_secs(ORPHANS_S) {
                let said = if said.trim().is_empty() { error.to_string() } else { said };
                return Err(Error::Start { log, tail: tail(&said) });
            }
            thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Runs a program to its end; its output becomes the error.
fn run_program(program: &'static str, mut command: Command) -> Result<(), Error> {
    let output =
        command.output().map_err(|source| Error::Io { doing: "run", path: command.get_program().into(), source })?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(Error::Program { program, output: tail(&String::from_utf8_lossy(&said)) })
}

fn read_from(path: &Path, start: u64) -> String {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|mut file| {
        file.seek(SeekFrom::Start(start))?;
        file.take(LOG_BYTES).read_to_end(&mut bytes)
    });
    // An unreadable log must not hide the original failure.
    read.map_or_else(|error| error.to_string(), |_| String::from_utf8_lossy(&bytes).into_owned())
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

/// Percent-encodes everything that RFC 3986 does not call unreserved.
fn encode(text: &str) -> impl Display {
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, RESERVED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_encodes_what_is_not_plain() {
        assert_eq!(encode("/tmp/quittance-1").to_string(), "%2Ftmp%2Fquittance-1");
        assert_eq!(encode("a b@c").to_string(), "a%20b%40c");
        assert_eq!(encode("-._~é").to_string(), "-._~%C3%A9");
    }

    #[test]
    fn an_error_shows_the_end_of_a_log() {
        let log: Vec<String> = (0..40).map(|line| line.to_string()).collect();
        assert!(tail(&log.join("\n")).starts_with("28\n"));
    }
}
