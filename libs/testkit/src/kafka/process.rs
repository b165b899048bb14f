//! The broker's process and folder, and the watchdog that outlives us.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Write};
use std::net::TcpStream;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const START_TIMEOUT: Duration = Duration::from_mins(1);
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The log line of a ready broker.
const STARTED: &str = "Kafka Server started";

/// For a quick start and little memory; the JVM writes only into the folder.
const JAVA_OPTIONS: [&str; 8] = [
    "-Xms128m",
    "-Xmx512m",
    "-Xshare:auto",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Djava.io.tmpdir=.",
    "-Dlog4j2.level=INFO",
];

/// The cluster id: 16 bytes in base64.
const CLUSTER_ID: &str = "quittance-test-cluster";

/// Executes the program in its arguments after a line of input: by then the watchdog knows its process.
const LAUNCHER: &str = r#"read -r go && exec "$@" </dev/null"#;

/// Waits until its input ends, which happens when our process ends in any way; then kills the process named
/// last, if it still runs, and removes the folder in its argument.
const WATCHDOG: &str = r#"
trap '' HUP INT TERM
process=
while read -r line; do process="$line"; done
[ -z "$process" ] || kill -KILL "$process"
rm -rf "$1" || { sleep 1; rm -rf "$1"; }
"#;

/// Why a broker did not start.
pub(super) enum Failure {
    /// One of its ports is in use.
    PortTaken,
    /// Any other error.
    Other(String),
}

/// A folder with a broker's settings, data and log, and the broker's process while there is one.
#[derive(Debug)]
pub(super) struct Broker {
    class_path: OsString,
    address: String,
    folder: PathBuf,
    process: Option<Child>,
    watchdog: Watchdog,
}

impl Broker {
    /// Creates the folder of a broker for an address.
    pub(super) fn new(class_path: &OsStr, address: &str) -> Self {
        let folder = make_folder();
        let watchdog = Watchdog::start(&folder);
        Self { class_path: class_path.to_owned(), address: address.to_owned(), folder, process: None, watchdog }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    fn settings(&self) -> PathBuf {
        self.folder.join("server.properties")
    }

    /// Formats the storage of a one-node cluster from its settings; `more` are arguments of Kafka's own tool.
    pub(super) fn format(&mut self, settings: &str, more: &[&str]) {
        fs::write(self.settings(), settings).expect("the broker's settings are written");
        let settings = self.settings();
        let mut arguments = ["format", "--standalone", "--cluster-id", CLUSTER_ID, "--config"].map(OsStr::new).to_vec();
        arguments.push(settings.as_os_str());
        arguments.extend(more.iter().map(OsStr::new));
        self.launch("kafka.tools.StorageTool", &arguments);
        match self.wait_for_end(START_TIMEOUT) {
            Some(status) if status.success() => {}
            Some(status) => panic!("{}", self.describe(status)),
            None => panic!("Kafka's folder was not formatted in time\n{}", self.log_tail()),
        }
    }

    /// Starts the broker, and returns when it accepts requests.
    pub(super) fn start(&mut self) -> Result<(), Failure> {
        self.launch("kafka.Kafka", &[self.settings().as_os_str()]);
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            if let Some(status) = self.wait_for_end(POLL_INTERVAL) {
                let is_taken = self.log().contains("Address already in use");
                return Err(if is_taken { Failure::PortTaken } else { Failure::Other(self.describe(status)) });
            }
            if self.log().contains(STARTED) && TcpStream::connect(&self.address).is_ok() {
                return Ok(());
            }
            if Instant::now() > deadline {
                self.kill();
                return Err(Failure::Other(format!("Kafka did not start in time\n{}", self.log_tail())));
            }
        }
    }

    /// Ends the broker with SIGTERM, if it runs.
    pub(super) fn stop(&mut self) {
        let Some(process) = &self.process else { return };
        let process_id = i32::try_from(process.id()).expect("a process id");
        kill(Pid::from_raw(process_id), Signal::SIGTERM).expect("a process of ours takes a signal");
        if self.wait_for_end(STOP_TIMEOUT).is_none() {
            let tail = self.log_tail();
            self.kill();
            panic!("Kafka did not stop in time\n{tail}");
        }
    }

    /// Ends the broker with SIGKILL, if it runs.
    pub(super) fn kill(&mut self) {
        if let Some(process) = &mut self.process {
            process.kill().expect("a process of ours is killed");
            self.wait_for_end(STOP_TIMEOUT).expect("a killed process ends");
        }
    }

    /// Triggers the watchdog.
    #[cfg(test)]
    pub(super) fn end_as_if_this_process_were_killed(&mut self) {
        self.watchdog.end();
        self.wait_for_end(STOP_TIMEOUT).expect("the watchdog killed the broker");
    }

    /// Runs a class of Kafka's, which logs into the log file.
    fn launch(&mut self, class: &str, arguments: &[&OsStr]) {
        assert!(self.process.is_none(), "one process at a time has the folder");
        let log = File::create(self.log_path()).expect("Kafka's log is made");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", LAUNCHER, "quittance-launcher", "java"]).args(JAVA_OPTIONS);
        command.arg("-cp").arg(&self.class_path).arg(class).args(arguments);
        // A Ctrl-C in the terminal ends the test, after which the watchdog ends the broker.
        command.current_dir(&self.folder).process_group(0);
        command.stdin(Stdio::piped()).stdout(log.try_clone().expect("a file is shared")).stderr(log);
        let mut process = command.spawn().expect("/bin/sh runs");
        self.watchdog.tell(&process.id().to_string()).expect("the watchdog listens");
        let mut input = process.stdin.take().expect("its input is piped");
        self.process = Some(process);
        writeln!(input, "go").expect("the launcher listens");
    }

    /// How the process ended, if it did so in time.
    fn wait_for_end(&mut self, timeout: Duration) -> Option<ExitStatus> {
        let process = self.process.as_mut().expect("a process was launched");
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(status) = process.try_wait().expect("a process of ours is looked at") {
                // Its id may be reused soon.
                self.watchdog.tell("").expect("the watchdog listens");
                self.process = None;
                return Some(status);
            }
            if Instant::now() > deadline {
                return None;
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    fn describe(&self, status: ExitStatus) -> String {
        if status.code() == Some(127) {
            return "Java is missing: `scripts/setup test` installs it".to_owned();
        }
        format!("Kafka ended, {status}; it needs what `scripts/setup test` installs\n{}", self.log_tail())
    }

    fn log_path(&self) -> PathBuf {
        self.folder.join("broker.log")
    }

    fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.log_path()).unwrap_or_default()).into_owned()
    }

    fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Nothing here may panic: a failed test drops this too. The watchdog ends what is left.
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            if process.wait().is_ok() {
                let _ = self.watchdog.tell("");
            }
        }
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
    fn start(folder: &Path) -> Self {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", WATCHDOG, "quittance-watchdog"]).arg(folder).current_dir("/").process_group(0);
        // A reader of our output must not wait for this process too.
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = command.spawn().expect("/bin/sh runs");
        let lifeline = process.stdin.take();
        Self { process, lifeline }
    }

    /// Sets the process to kill; `None` for no process.
    fn tell(&mut self, process_id: &str) -> io::Result<()> {
        self.lifeline.as_mut().map_or(Ok(()), |lifeline| writeln!(lifeline, "{process_id}"))
    }

    /// Makes it clean up, and waits for the end.
    fn end(&mut self) {
        self.lifeline = None;
        // It ends by itself in bounded time; a failed wait is not an error.
        let _ = self.process.wait();
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.end();
    }
}

/// A new private folder under `/tmp`.
fn make_folder() -> PathBuf {
    for attempt in 0_u32..10_000 {
        let folder = PathBuf::from(format!("/tmp/quittance-kafka-{}-{attempt}", std::process::id()));
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => return folder,
            // Ours for another broker, or left by a process whose number was ours.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => panic!("{} is not made: {error}", folder.display()),
        }
    }
    panic!("/tmp is full of Kafka's folders");
}
