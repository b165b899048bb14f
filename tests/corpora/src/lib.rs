//! Collections of bank files, books and texts, each with an independent truth beside it, and what must hold of them.
//!
//! `sample` holds a few files of our own, which `cargo test` reads. `make corpora CORPORA=folder` reads larger collections that
//! are not part of the repository: a folder with `data/<set>/truth.json` and the files it names, and `checks`. A set
//! that is missing fails.
#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

mod books;
mod currencies;
mod maps;
mod records;
mod statements;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

pub use books::{
    ambiguous_payments_are_not_applied, numbers_are_found_in_remittance_texts, single_and_paired_payments_are_found,
};
pub use currencies::{Published, known, published};
pub use maps::{CsvCase, csv_files_are_read_by_maps};
pub use records::{ach_files_agree, bai2_files_agree, lockbox_files_agree, mt940_files_agree};
pub use statements::{
    camt_files_agree, changed_files_are_read_or_refused, cut_files_are_warned_about, ofx_files_agree,
};

/// A folder of sets.
#[derive(Debug)]
pub struct Corpus(PathBuf);

impl Corpus {
    /// The collection in a folder, which must exist.
    pub fn at(folder: &Path) -> Self {
        assert!(folder.join("data").is_dir(), "{} has no folder `data`", folder.display());
        Self(folder.to_owned())
    }

    /// The synthetic collection in the repository.
    pub fn sample() -> Self {
        Self::at(&Path::new(env!("CARGO_MANIFEST_DIR")).join("sample"))
    }

    /// The folder of a set, for example `camt`; fails where it is missing.
    pub fn set(&self, name: &str) -> PathBuf {
        self.path(&format!("data/{name}"))
    }

    /// A file or folder of the collection; fails where it is missing.
    pub fn path(&self, path: &str) -> PathBuf {
        let path = self.0.join(path);
        assert!(path.exists(), "{} is missing", path.display());
        path
    }
}

/// The truth of each file of a set, by its name; there is at least one.
fn truths(folder: &Path) -> BTreeMap<String, serde_json::Value> {
    let text = fs::read_to_string(folder.join("truth.json")).unwrap();
    let truths: BTreeMap<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert!(!truths.is_empty(), "{} names no file", folder.display());
    truths
}
