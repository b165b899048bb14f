//! Replays what fuzzing found (`scripts/fuzz`), and its seeds: no input may crash a reader. Some were found in one
//! reader; each is given to all.

use std::fs;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use quittance_bankfiles::csv::Map;
use quittance_bankfiles::{Event, Refusal, StatementHead};

type Read = fn(&mut dyn BufRead, &mut dyn FnMut(Event)) -> Result<String, Refusal>;

const READERS: [Read; 6] = [
    quittance_bankfiles::camt::read,
    quittance_bankfiles::ofx::read,
    quittance_bankfiles::mt94x::read,
    quittance_bankfiles::bai2::read,
    quittance_bankfiles::lockbox::read,
    quittance_bankfiles::read,
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let targets = fs::read_dir(folder).into_iter().flatten().flatten();
    let files = targets.flat_map(|target| fs::read_dir(target.path()).into_iter().flatten().flatten());
    files.map(|file| file.path()).filter(|path| path.is_file()).collect()
}

#[test]
fn no_input_crashes_a_reader() {
    let package = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let map: Map = toml::from_str(
        "booked_on = 'Date'\namount = 'Amount'\ntext = ['Text']\ncurrency_code = 'EUR'\ndecimal_separator = ','",
    )
    .unwrap();
    let seeds = files(&package.join("fuzz/corpus"));
    assert!(!seeds.is_empty(), "there are seeds");
    for path in [files(&package.join("tests/found")), seeds].concat() {
        println!("{}", path.display());
        let bytes = fs::read(&path).unwrap();
        for read in READERS {
            let _ = read(&mut bytes.as_slice(), &mut |_| {});
        }
        let _ = quittance_bankfiles::pain::read_status(&mut bytes.as_slice());
        let _ = quittance_bankfiles::nacha::read(&mut bytes.as_slice());
        let _ = quittance_bankfiles::csv::read(&mut bytes.as_slice(), &map, StatementHead::default(), &mut |_| {});
    }
}

/// A seed that its reader refuses teaches the fuzzer nothing.
#[test]
fn every_seed_is_read() {
    let seeds = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let read = |target: &str, bytes: &[u8]| -> bool {
        let mut input = bytes;
        let reader: Read = match target {
            "camt" => quittance_bankfiles::camt::read,
            "ofx" => quittance_bankfiles::ofx::read,
            "mt94x" => quittance_bankfiles::mt94x::read,
            "bai2" => quittance_bankfiles::bai2::read,
            "lockbox" => quittance_bankfiles::lockbox::read,
            "nacha" => return quittance_bankfiles::nacha::read(&mut input).is_ok(),
            "pain002" => return quittance_bankfiles::pain::read_status(&mut input).is_ok(),
            _ => return true,
        };
        reader(&mut input, &mut |_| {}).is_ok()
    };
    let seeds = files(&seeds);
    assert!(!seeds.is_empty(), "there are seeds");
    for path in seeds {
        let target = path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
        assert!(read(target, &fs::read(&path).unwrap()), "{} is refused", path.display());
    }
}
