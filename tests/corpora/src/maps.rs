//! CSV files of banks, read by maps.

use std::fs;

use quittance_bankfiles::csv::{Map, read};
use quittance_bankfiles::{Event, StatementHead};
use rust_decimal::Decimal;

use crate::Corpus;

/// File, map, and what it comes to: entries, their sum, warnings.
pub type CsvCase = (&'static str, String, usize, &'static str, usize);

/// Every file, read by its map, has the entries, sum and warnings stated.
pub fn csv_files_are_read_by_maps(corpus: &Corpus, cases: &[CsvCase]) {
    let folder = corpus.set("stmt_csv");
    let mut bad = Vec::new();
    for (file, map, entries, sum, warnings) in cases {
        let map: Map = toml::from_str(map).unwrap();
        let bytes = fs::read(folder.join(file)).unwrap();
        let mut found = (0, Decimal::ZERO, Vec::new());
        let answer = read(&mut bytes.as_slice(), &map, StatementHead::default(), &mut |event| match event {
            Event::Entry(entry) => {
                found.0 += 1;
                found.1 += entry.amount.value;
            }
            Event::Warning(warning) => found.2.push(warning),
            Event::Begin(_) | Event::End(_) => {}
        });
        if answer.is_err() || (found.0, found.1, found.2.len()) != (*entries, sum.parse().unwrap(), *warnings) {
            bad.push(format!("{file}: {answer:?} {found:?}"));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}
