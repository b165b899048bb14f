//! A file that is too large to know is split.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use quittance_architecture::{TestFile, files, libraries, root, services, shown, test_crates};

/// The most lines of a file.
const MOST: usize = 400;

#[test]
fn no_file_is_too_large_to_know() {
    let found = files().into_iter().map(|path| (shown(&path), fs::read_to_string(path).unwrap().lines().count()));
    let large: BTreeMap<String, usize> = found.filter(|(_, lines)| *lines > MOST).collect();
    assert!(large.is_empty(), "split what has more than {MOST} lines: {large:#?}");
}

/// A file that no `mod` line declares is neither compiled nor tested.
#[test]
fn every_file_is_part_of_its_crate() {
    let all = libraries().iter().chain(services()).chain(test_crates());
    let declared: BTreeSet<&PathBuf> = all.flat_map(|one| &one.files).collect();
    let is_compiled = |path: &PathBuf| {
        let folder = path.strip_prefix(root()).unwrap().components().nth(2).unwrap().as_os_str();
        folder == "src" || folder == "tests"
    };
    let found = files().into_iter().filter(is_compiled);
    let lost: Vec<String> = found.filter(|path| !declared.contains(path)).map(|path| shown(&path)).collect();
    assert!(lost.is_empty(), "no module declares {lost:?}");
}

/// A test passes only by testing: none is left out, and none depends on files outside of the repository, which may be missing.
#[test]
fn files_of_tests_have_tests_and_all_are_run() {
    let mut wrong = Vec::new();
    for path in files() {
        let found = TestFile::read(&path);
        let name = path.file_name().unwrap().to_str().unwrap();
        if (name == "tests.rs" || name.ends_with("_tests.rs")) && found.tests.is_empty() {
            wrong.push(format!("{} has no test", shown(&path)));
        }
        if found.has_ignored {
            wrong.push(format!("{} has a test that is not run", shown(&path)));
        }
        // Every crate lies two folders below the root.
        let leaves = |text: &&String| text.split('/').filter(|part| *part == "..").count() > 2;
        if let Some(text) = found.texts.iter().find(leaves) {
            wrong.push(format!("{} names {text}, outside of the repository", shown(&path)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
