//! The sources of the workspace as a tree of modules, with what each file names.
//!
//! Files are parsed, never searched for text: a comment names nothing, code behind a test module is read like all
//! other, and a name reached by `super` or a re-export is found where it is defined.
#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

mod names;
mod tests_of;
mod tree;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

pub use names::Names;
pub use tests_of::TestFile;
pub use tree::{Crate, Module};

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// All libraries.
pub fn libraries() -> &'static [Crate] {
    static LIBRARIES: LazyLock<Vec<Crate>> = LazyLock::new(|| read("libs"));
    &LIBRARIES
}

/// The five services and the program.
pub fn services() -> &'static [Crate] {
    static SERVICES: LazyLock<Vec<Crate>> = LazyLock::new(|| read("services"));
    &SERVICES
}

/// The crates of tests.
pub fn test_crates() -> &'static [Crate] {
    static TESTS: LazyLock<Vec<Crate>> = LazyLock::new(|| read("tests"));
    &TESTS
}

fn read(folder: &str) -> Vec<Crate> {
    let folders = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap());
    let names = folders.filter(|entry| entry.path().join("Cargo.toml").is_file()).map(|entry| entry.file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names.into_iter().map(|name| Crate::read(&root().join(folder).join(&name), &name)).collect()
}

/// All Rust files below the folders of crates, build output left out.
pub fn files() -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_none_or(|name| name != "target") {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    for folder in ["libs", "services", "tests"] {
        walk(&root().join(folder), &mut found);
    }
    found.sort();
    assert!(!found.is_empty());
    found
}

/// All migrations of all databases.
pub fn migrations() -> Vec<PathBuf> {
    let folders = ["libs", "services"].into_iter().flat_map(|folder| fs::read_dir(root().join(folder)).unwrap());
    let folders = folders.map(|entry| entry.unwrap().path().join("migrations")).filter(|folder| folder.is_dir());
    let mut found: Vec<PathBuf> =
        folders.flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path()).collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

/// A path as messages show it, from the root of the workspace.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
