//! A server that leaves nothing behind.

use std::path::{Path, PathBuf};

use quittance_private_postgres::{OWNER, ScratchPostgres};

use crate::support::{Holder, ask, eventually, hold, options, to_hold};

#[test]
fn two_servers_live_side_by_side_and_end_when_dropped() {
    let first = ScratchPostgres::start(&options()).unwrap();
    let second = ScratchPostgres::start(&options()).unwrap();
    assert_eq!(ask(&first.url(OWNER, "postgres"), "create database \"a b\"; "), "");
    assert_eq!(ask(&first.url(OWNER, "a b"), "select current_user"), OWNER);
    assert_eq!(ask(&second.url(OWNER, "postgres"), "select count(*) from pg_database"), "3");
    let folders = [first.socket_folder().to_owned(), second.socket_folder().to_owned()];
    assert_ne!(folders[0], folders[1]);
    drop((first, second));
    assert!(folders.iter().all(|folder| !folder.exists()));
}

#[test]
fn a_server_ends_when_its_holder_is_killed() {
    let holder = Holder::start("scratch::holder", Path::new("/"));
    let folder = PathBuf::from(holder.held.clone());
    assert!(folder.join(".s.PGSQL.5432").exists());
    holder.kill();
    eventually("the end of the scratch server", || !folder.exists());
}

/// The process that [`a_server_ends_when_its_holder_is_killed`] kills.
#[test]
fn holder() {
    if to_hold().is_some() {
        let server = ScratchPostgres::start(&options()).unwrap();
        hold(&server.socket_folder().to_string_lossy());
    }
}
