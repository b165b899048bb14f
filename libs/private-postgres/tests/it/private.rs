//! A server that keeps its data.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use quittance_private_postgres::{Durability, Error, Options, PrivatePostgres};

use crate::support::{Folder, Holder, ask, eventually, hold, options, owner_url, to_hold};

#[test]
fn data_is_there_after_a_stop() {
    let folder = Folder::new("restart");
    let server = folder.start();
    assert!(!server.adopted());
    assert_eq!(ask(&owner_url(&server), "show data_checksums"), "on");
    ask(&owner_url(&server), "create table kept (id int); insert into kept values (7)");
    let socket_folder = server.socket_folder().to_owned();
    assert_eq!(fs::metadata(&socket_folder).unwrap().permissions().mode() & 0o777, 0o700);
    server.stop().unwrap();
    assert!(!socket_folder.exists());

    let server = folder.start();
    assert!(!server.adopted());
    assert_eq!(ask(&owner_url(&server), "select id from kept"), "7");
    server.stop().unwrap();
}

#[test]
fn new_options_take_effect_also_on_a_running_server() {
    let folder = Folder::new("options");
    drop(folder.start());
    let more =
        Options { max_connections: 23, extra: vec![("application_name".to_owned(), "it's".to_owned())], ..options() };
    let server = folder.start_with(&more);
    assert!(!server.adopted());
    assert_eq!(ask(&owner_url(&server), "show max_connections"), "23");
    drop(server);

    let server = folder.start_with(&more);
    assert!(server.adopted());
    server.stop().unwrap();
}

#[test]
fn a_folder_has_one_holder_at_a_time() {
    let folder = Folder::new("lock");
    let server = folder.start();
    let refused = PrivatePostgres::start(folder.path(), &options());
    assert!(matches!(refused, Err(Error::InUse { pid }) if pid == std::process::id()), "{refused:?}");
    server.stop().unwrap();
}

#[test]
fn a_server_whose_holder_was_killed_is_adopted() {
    let folder = Folder::new("adopt");
    let holder = Holder::start("private::holder", folder.path());
    let refused = PrivatePostgres::start(folder.path(), &options());
    assert!(matches!(refused, Err(Error::InUse { pid }) if pid == holder.pid()), "{refused:?}");
    ask(&holder.held, "create table kept (id int); insert into kept values (7)");
    holder.kill();

    let server = folder.start();
    assert!(server.adopted());
    assert_eq!(ask(&owner_url(&server), "select id from kept"), "7");
    server.stop().unwrap();
}

/// The process that [`a_server_whose_holder_was_killed_is_adopted`] kills.
#[test]
fn holder() {
    if let Some(folder) = to_hold() {
        let server = PrivatePostgres::start(folder.as_ref(), &options()).unwrap();
        hold(&owner_url(&server));
    }
}

#[test]
fn a_killed_server_starts_again() {
    let folder = Folder::new("stale");
    let durable = Options { max_connections: 10, ..Options::new(Durability::Full) };
    let server = folder.start_with(&durable);
    ask(&owner_url(&server), "create table kept (id int); insert into kept values (7)");
    drop(server);
    kill(Pid::from_raw(folder.postmaster()), Signal::SIGKILL).unwrap();

    let server = folder.start_with(&durable);
    assert!(!server.adopted());
    assert_eq!(ask(&owner_url(&server), "select id from kept"), "7");
    server.stop().unwrap();
}

/// A statement that goes on after the server was killed keeps a second server from the data until it ends.
#[test]
fn a_killed_server_starts_again_after_its_last_statement() {
    let folder = Folder::new("orphan");
    let server = folder.start();
    let url = owner_url(&server);
    drop(server);
    // It looks at nothing but its own loop, as a long computation does.
    let busy = "select sum(i) from generate_series(1, 10000000) i";
    let mut asking =
        Command::new("psql").args(["--no-psqlrc", "--command", busy, &url]).stdout(Stdio::null()).spawn().unwrap();
    let running = "select count(*) from pg_stat_activity where query like 'select sum%' and state = 'active'";
    eventually("the busy statement", || ask(&url, running) == "1");
    kill(Pid::from_raw(folder.postmaster()), Signal::SIGKILL).unwrap();

    let server = folder.start();
    assert!(!server.adopted());
    assert!(asking.try_wait().unwrap().is_some(), "two servers were at the data");
    server.stop().unwrap();
}

/// Numbers of processes are used again: here the file names this test, which lives and is no server.
#[test]
fn a_file_that_names_another_process_is_no_obstacle() {
    let folder = Folder::new("impostor");
    drop(folder.start());
    let file = folder.data().join("cluster/postmaster.pid");
    let stale = fs::read_to_string(&file).unwrap();
    let postmaster = folder.postmaster();
    folder.start().stop().unwrap();
    fs::write(&file, stale.replacen(&postmaster.to_string(), &std::process::id().to_string(), 1)).unwrap();

    let server = folder.start();
    assert!(!server.adopted());
    server.stop().unwrap();
}

/// As a cleaner of `/tmp` does.
#[test]
fn a_server_without_its_socket_is_started_anew() {
    let folder = Folder::new("socket");
    let server = folder.start();
    let socket_folder = server.socket_folder().to_owned();
    drop(server);
    fs::remove_dir_all(&socket_folder).unwrap();

    let server = folder.start();
    assert!(!server.adopted());
    assert_eq!(ask(&owner_url(&server), "select 1"), "1");
    server.stop().unwrap();
}

#[test]
fn an_error_shows_the_end_of_the_log() {
    let folder = Folder::new("broken");
    let wrong = Options { extra: vec![("no_such_setting".to_owned(), "1".to_owned())], ..options() };
    let failed = PrivatePostgres::start(folder.path(), &wrong).unwrap_err();
    let Error::Start { log, tail } = &failed else { panic!("{failed:?}") };
    assert!(log.starts_with(folder.data()));
    assert!(tail.contains("no_such_setting"), "{tail}");
    // The next start is none the worse for it.
    folder.start().stop().unwrap();
}

#[test]
fn a_stopped_server_is_gone() {
    let folder = Folder::new("gone");
    let server = folder.start();
    let postmaster = Pid::from_raw(folder.postmaster());
    server.stop().unwrap();
    eventually("the end of the server", || !folder.data().join("cluster/postmaster.pid").exists());
    // A zombie that nobody waits for still has its number; it holds nothing.
    let state = fs::read_to_string(format!("/proc/{postmaster}/cmdline")).unwrap_or_default();
    assert_eq!(state, "");
}
