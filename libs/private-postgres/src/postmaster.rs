//! The state of a server by its file `postmaster.pid`.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

/// Whether a server runs on a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Not running.
    Absent,
    /// The file names a running process that is not a server of this cluster: PostgreSQL would refuse to start.
    Impostor,
    /// It runs and accepts no connections yet, or no longer.
    Busy,
    /// It runs and is ready.
    Ready,
}

/// Reads the cluster's `postmaster.pid`. Its lines are: process, data folder, start, port, socket folder,
/// address, shared memory, state.
pub(crate) fn state(cluster: &Path) -> State {
    let Ok(text) = fs::read_to_string(cluster.join("postmaster.pid")) else { return State::Absent };
    let mut lines = text.lines();
    let Some(pid) = lines.next().and_then(|line| line.trim().parse::<i32>().ok()) else { return State::Absent };
    if pid <= 0 || kill(Pid::from_raw(pid), None) == Err(Errno::ESRCH) {
        return State::Absent;
    }
    // Process ids are reused, quickly in a container, and a zombie keeps its id.
    if !command_line(pid).windows(cluster.as_os_str().len()).any(|part| part == cluster.as_os_str().as_bytes()) {
        return State::Impostor;
    }
    match lines.nth(6).map(str::trim) {
        Some("ready" | "standby") => State::Ready,
        Some(_) | None => State::Busy,
    }
}

/// An id that no process has: it is above the maximum of any system.
const NO_PROCESS: &str = "2147483647";

/// Replaces the process id by an unused one. The rest stays, by which PostgreSQL detects whether processes of a
/// killed server still use its memory: removing the file would allow two servers on the same data.
pub(crate) fn disown(cluster: &Path) -> io::Result<()> {
    let path = cluster.join("postmaster.pid");
    let text = fs::read_to_string(&path)?;
    let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
    fs::write(path, format!("{NO_PROCESS}\n{rest}"))
}

/// Removes the leftovers of a killed server in its socket folder, whose lock file may name a process too.
pub(crate) fn clear_socket(socket_folder: &Path, port: u16) -> io::Result<()> {
    for name in [format!(".s.PGSQL.{port}"), format!(".s.PGSQL.{port}.lock")] {
        match fs::remove_file(socket_folder.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// Whether the socket takes connections: its folder may have been cleared away under a running server.
pub(crate) fn responds(socket_folder: &Path, port: u16) -> bool {
    UnixStream::connect(socket_folder.join(format!(".s.PGSQL.{port}"))).is_ok()
}

/// The program and arguments of a process; nothing for a zombie.
fn command_line(pid: i32) -> Vec<u8> {
    if Path::new("/proc/self/cmdline").exists() {
        return fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    }
    let output = Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output();
    output.map(|output| output.stdout).unwrap_or_default()
}
