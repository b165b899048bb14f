//! The services' processes, and the watchdog that outlives us.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::Write as _,
    net::TcpStream,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// How long a service may take to listen: it migrates before.
const START_TIMEOUT: Duration = Duration::from_mins(1);
const LOOK: Duration = Duration::from_millis(20);
/// How much of a log a failure shows.
const TAIL_LINES: usize = 30;

/// Becomes the program in its arguments, but only when told to: by then the watchdog knows of it.
const LAUNCHER: &str = r#"read -r go && exec "$@" </dev/null"#;

/// Waits until its input ends, which happens when our process ends in any way; then kills the processes that were
/// announced with a plus and not withdrawn with a minus, and removes the folder in its argument.
const WATCHDOG: &str = r#"
trap '' HUP INT TERM
processes=
while read -r sign process; do
  rest=
  for one in $processes; do [ "$one" = "$process" ] || rest="$rest $one"; done
  processes=$rest
  [ "$sign" = + ] && processes="$processes $process"
done
for one in $processes; do kill -KILL "$one"; done
rm -rf "$1"
"#;

/// The process that outlives us by as long as it takes to clean up.
#[derive(Debug)]
pub struct Watchdog {
    process: Child,
    /// Open as long as we live; no other child of ours inherits it.
    lifeline: Option<ChildStdin>,
}

impl Watchdog {
    /// Will remove a folder in the end.
    pub fn start(folder: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", WATCHDOG, "quittance-watchdog"]).arg(folder).current_dir("/").process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = command.spawn().context("/bin/sh runs")?;
        let lifeline = process.stdin.take();
        Ok(Self { process, lifeline })
    }

    fn tell(&mut self, sign: char, process: u32) -> anyhow::Result<()> {
        let lifeline = self.lifeline.as_mut().context("the watchdog has ended")?;
        Ok(writeln!(lifeline, "{sign} {process}")?)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.lifeline = None;
        // It ends by itself in bounded time; there is nobody to tell if it cannot be waited for.
        let _ = self.process.wait();
    }
}

/// One replica of a service: its settings stay, its process comes and goes.
#[derive(Debug)]
pub struct Replica {
    /// For messages, for example `payments-1`.
    pub name: String,
    /// Where it listens, the same after a restart.
    pub port: u16,
    program: PathBuf,
    config: PathBuf,
    log: PathBuf,
    environment: Vec<(String, OsString)>,
    process: Option<Child>,
}

impl Replica {
    /// Writes its settings into a folder; starts nothing.
    pub fn new(name: String, port: u16, program: PathBuf, folder: &Path, config: &str) -> anyhow::Result<Self> {
        let file = folder.join(format!("{name}.toml"));
        fs::write(&file, config)?;
        let log = folder.join(format!("{name}.log"));
        Ok(Self { name, port, program, config: file, log, environment: Vec::new(), process: None })
    }

    /// Sets an environment variable of the process.
    pub fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.environment.push((name.to_owned(), value.into()));
    }

    /// Whether it has a process.
    pub fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// Starts the process; it does not listen yet.
    pub fn start(&mut self, watchdog: &mut Watchdog) -> anyhow::Result<()> {
        ensure!(self.process.is_none(), "{} runs already", self.name);
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut command = Command::new("/bin/sh");
        command.args(["-c", LAUNCHER, "quittance-launcher"]).arg(&self.program).arg("--config").arg(&self.config);
        // Settings of ours, such as the seed, are none of a service's.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"QUITTANCE_")) {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        // A Ctrl-C in the terminal is meant for us, after which the watchdog sees to the rest.
        command.process_group(0).stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        let mut process = command.spawn().context("/bin/sh runs")?;
        watchdog.tell('+', process.id())?;
        let mut input = process.stdin.take().context("its input is piped")?;
        self.process = Some(process);
        Ok(writeln!(input, "go")?)
    }

    /// Waits until it listens.
    pub async fn listens(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return Ok(());
            }
            self.still_runs()?;
            if Instant::now() > deadline {
                bail!("{} did not listen in time\n{}", self.name, self.log_tail());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Fails when the process ended by itself.
    pub fn still_runs(&mut self) -> anyhow::Result<()> {
        let Some(process) = &mut self.process else { return Ok(()) };
        match process.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} ended, {status}\n{}", self.name, self.log_tail()),
        }
    }

    /// Ends the process as a crash does, with SIGKILL. Nothing happens when there is none.
    pub fn kill(&mut self, watchdog: &mut Watchdog) -> anyhow::Result<()> {
        self.still_runs()?;
        if let Some(mut process) = self.process.take() {
            process.kill()?;
            process.wait()?;
            watchdog.tell('-', process.id())?;
        }
        Ok(())
    }

    /// Has the process stand still, or go on.
    pub fn freeze(&self, is_frozen: bool) -> anyhow::Result<()> {
        self.signal(if is_frozen { Signal::SIGSTOP } else { Signal::SIGCONT })
    }

    /// Sends the process a signal.
    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let process = self.process_id().with_context(|| format!("{} does not run", self.name))?;
        Ok(kill(Pid::from_raw(i32::try_from(process)?), signal)?)
    }

    /// The id of its process.
    pub fn process_id(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// Waits until the process, which has been told to, has ended; fails where it does not in time, or not in order.
    pub fn ends(&mut self, deadline: Instant, watchdog: &mut Watchdog) -> anyhow::Result<()> {
        let Some(process) = &mut self.process else { return Ok(()) };
        let status = loop {
            if let Some(status) = process.try_wait()? {
                break status;
            }
            ensure!(Instant::now() < deadline, "{} does not end\n{}", self.name, self.log_tail());
            std::thread::sleep(LOOK);
        };
        watchdog.tell('-', process.id())?;
        self.process = None;
        ensure!(status.success(), "{} ended with {status}\n{}", self.name, self.log_tail());
        Ok(())
    }

    /// The end of what it logged, warnings and errors first.
    pub fn log_tail(&self) -> String {
        let log = String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned();
        let lines: Vec<&str> = log.lines().collect();
        let tail = &lines[lines.len().saturating_sub(TAIL_LINES)..];
        format!("--- {}\n{}\n", self.name, tail.join("\n"))
    }

    /// What it logged as errors, the last of them.
    pub fn errors(&self) -> Vec<String> {
        let log = String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned();
        let errors: Vec<String> = log
            .lines()
            .filter(|line| line.contains("\"ERROR\"") || line.contains("panicked"))
            .map(str::to_owned)
            .collect();
        errors[errors.len().saturating_sub(5)..].to_vec()
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        // Nothing here may panic: a failed test drops us too. What cannot be ended here the watchdog ends.
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
