//! Ctrl-C and SIGTERM: a command that has a PostgreSQL of its own stops it, however early the signal comes.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use quittance_testkit::wait_until;

use crate::program::{Folder, quittance, signal};

/// The end of the program, which is killed when there is none.
fn end_of(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("it goes on after the signal");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The processes whose arguments name a folder.
fn processes_of(folder: &Path) -> Vec<String> {
    let folder = folder.to_str().unwrap();
    let ids = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path().join("cmdline"));
    let lines =
        ids.filter_map(|path| fs::read(path).ok()).map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(folder)).collect()
}

/// Signals a demonstration when a file of its scratch folder is there.
async fn demo_ends_clean(file: &str, name: &str) {
    let mut child =
        quittance(&["demo", "--customers", "2000"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let folder = PathBuf::from(format!("/tmp/quittance-scratch-{}-0", child.id()));
    wait_until("the demonstration has a folder", || async { folder.join(file).exists() }).await;
    signal(&child, name);
    let status = end_of(&mut child);
    assert_eq!(status.code(), Some(1), "it ends by itself");
    assert!(!folder.exists(), "{} is left", folder.display());
    assert_eq!(processes_of(&folder), Vec::<String>::new());
}

#[tokio::test]
async fn a_demonstration_leaves_nothing_when_it_is_interrupted_at_its_start() {
    demo_ends_clean("", "-INT").await;
}

#[tokio::test]
async fn a_demonstration_leaves_nothing_when_it_is_interrupted_at_work() {
    demo_ends_clean("cluster/postmaster.pid", "-TERM").await;
}

/// Signals a replay when `is_time`, and looks for its server.
async fn replay_ends_clean(name: &str, is_time: impl Fn(&Path, &str) -> bool) {
    let folder = Folder::new();
    let rows: Vec<String> =
        (0..20_000).map(|row| format!("C{},N{row},2024-01-10,2024-02-09,,10.00,EUR,\n", row % 100)).collect();
    let rows = rows.concat();
    let file = folder.file("book.csv", &format!("c,n,i,d,p,a,k,x\n{rows}"));
    let map = folder.file("map.toml", crate::replay::MAP);
    let log = folder.0.join("stdout");
    let mut child = quittance(&["replay", "--report-on", "2024-03-31"])
        .arg(file)
        .arg("--map")
        .arg(map)
        .arg("--out")
        .arg(&folder.0)
        .stdout(fs::File::create(&log).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let data = quittance_private_postgres::data_folder(&folder.0).unwrap();
    wait_until("it is time", || async { is_time(&data, &fs::read_to_string(&log).unwrap()) }).await;
    signal(&child, name);
    let status = end_of(&mut child);
    assert_eq!(status.code(), Some(1), "it ends by itself");
    assert!(!data.join("cluster/postmaster.pid").exists() && data.exists(), "its data stays, its server does not");
    assert_eq!(processes_of(&data), Vec::<String>::new());
}

#[tokio::test]
async fn a_replay_stops_its_server_when_it_is_interrupted_at_its_start() {
    replay_ends_clean("-TERM", |data, _| data.join("cluster.new").exists()).await;
    replay_ends_clean("-INT", |data, _| data.join("cluster/postmaster.pid").exists()).await;
}

#[tokio::test]
async fn a_replay_stops_its_server_when_it_is_interrupted_at_work() {
    replay_ends_clean("-INT", |_, said| said.contains("rows accepted")).await;
}
