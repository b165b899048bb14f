//! A child process that holds a server until it is killed, and a way to ask a server something.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use quittance_private_postgres::{Binaries, Durability, Error, OWNER, Options, PrivatePostgres, data_folder};

/// Tells a holder's test that it is meant, and where; nothing for an ordinary run.
const HOLD: &str = "QUITTANCE_TEST_HOLD";

pub(crate) fn options() -> Options {
    Options { max_connections: 10, ..Options::new(Durability::None) }
}

/// A folder for one test; the server in it and its data are removed at the end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = PathBuf::from(format!("/tmp/quittance-test-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn data(&self) -> PathBuf {
        data_folder(&self.0).unwrap()
    }

    pub(crate) fn postmaster(&self) -> i32 {
        let text = fs::read_to_string(self.data().join("cluster/postmaster.pid")).unwrap();
        text.lines().next().unwrap().parse().unwrap()
    }

    pub(crate) fn start(&self) -> PrivatePostgres {
        self.start_with(&options())
    }

    pub(crate) fn start_with(&self, options: &Options) -> PrivatePostgres {
        PrivatePostgres::start(&self.0, options).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Whatever state a failed test left: nothing of it shall stay.
        if let Ok(server) = PrivatePostgres::start(&self.0, &options()) {
            let _ = server.stop();
        }
        let _ = fs::remove_dir_all(self.data());
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What one statement answers, without decoration.
pub(crate) fn ask(url: &str, sql: &str) -> String {
    let output = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--command", sql, url])
        .output()
        .unwrap();
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub(crate) fn owner_url(server: &PrivatePostgres) -> String {
    server.url(OWNER, "postgres")
}

/// Waits until something holds, and panics when it takes too long.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(30), "{what} takes too long");
        thread::sleep(Duration::from_millis(50));
    }
}

/// What the process of a holder is to hold; `None` in an ordinary run, where its test does nothing.
pub(crate) fn to_hold() -> Option<OsString> {
    std::env::var_os(HOLD)
}

/// Tells [`Holder::start`] what is held, then waits to be killed.
pub(crate) fn hold(what: &str) -> ! {
    println!("\nholding {what}");
    thread::sleep(Duration::from_mins(2));
    panic!("nobody killed the holder");
}

/// This test program once more, as a process that holds a server.
pub(crate) struct Holder {
    process: Child,
    /// What it told.
    pub(crate) held: String,
}

impl Holder {
    pub(crate) fn start(test: &str, what: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args([test, "--exact", "--nocapture"])
            .env(HOLD, what)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let held = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("holding ").map(str::to_owned));
        let held = held.expect("the holder ended");
        Self { process, held }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Ends it as `kill -9` does.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// On a system without a server the tests fail with what to install, once and clearly.
#[test]
fn an_installation_is_found() {
    match Binaries::find() {
        Ok(found) => assert!(found.version() >= 14),
        Err(Error::NotInstalled) => panic!("{}", Error::NotInstalled),
        Err(other) => panic!("{other}"),
    }
}
