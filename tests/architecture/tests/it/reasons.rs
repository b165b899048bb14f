//! `docs/errors.md` explains every reason the code gives, and tests have seen every reason that it explains.

use std::{collections::BTreeSet, fs};

use quittance_architecture::{files, libraries, root, services};

/// Texts of this form that are no reasons: variables of the environment, a file of PostgreSQL, prefixes, a form of names, codes of gRPC.
const OTHERS: [&str; 15] = [
    "ALREADY_EXISTS",
    "CARGO_MANIFEST_DIR",
    "CARGO_PKG_VERSION",
    "DATA_LOSS",
    "FAILED_PRECONDITION",
    "LC_ALL",
    "MATCH_RULE_",
    "NOT_FOUND",
    "OUT_DIR",
    "PERMISSION_DENIED",
    "PG_VERSION",
    "RESOURCE_EXHAUSTED",
    "SCREAMING_SNAKE_CASE",
    "TEST_KAFKA",
    "XDG_RUNTIME_DIR",
];

/// Reasons that no test can cause: they guard against our own faults, against what no rule of matching proposes today, or need a file or a book that is too
/// large for a test.
const UNSEEN: [&str; 8] = [
    "ALTERNATIVE_EMPTY",
    "AMOUNT_WEIGHTS_INVALID",
    "FILE_TOO_LARGE",
    "PAYMENT_UNBALANCED",
    "PERIOD_TOO_LONG",
    "QUANTITY_TOO_MANY_DIGITS",
    "TERMS_MALFORMED",
    "UNIT_PRICE_TOO_MANY_DIGITS",
];

/// A reason as a variant of an enum is named.
fn variant(reason: &str) -> String {
    let words = reason.split('_').filter_map(|word| word.split_at_checked(1));
    words.map(|(first, rest)| first.to_owned() + &rest.to_lowercase()).collect()
}

/// Reasons are words in capitals with an underscore.
fn is_reason(text: &str) -> bool {
    text.contains('_')
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        && !text.starts_with('_')
        // A variable of the environment.
        && !text.starts_with("QUITTANCE_")
        && !OTHERS.contains(&text)
}

#[test]
fn every_reason_is_explained() {
    let page = fs::read_to_string(root().join("docs/errors.md")).unwrap();
    let texts = libraries()
        .iter()
        .chain(services())
        .flat_map(|one| one.modules.values())
        .flat_map(|module| &module.names.texts);
    let reasons: BTreeSet<&String> = texts.filter(|text| is_reason(text)).collect();
    assert!(reasons.contains(&"REQUEST_ID_REUSED".to_owned()), "the search finds reasons");
    let missing: Vec<_> = reasons.into_iter().filter(|reason| !page.contains(&format!("`{reason}`"))).collect();
    assert!(missing.is_empty(), "docs/errors.md does not explain {missing:?}");
}

/// The tests' own texts: files in folders of tests, files named after tests, and what follows `#[cfg(test)]` in the others.
fn tests() -> String {
    let mut tests = String::new();
    for path in files().into_iter().filter(|path| !path.ends_with(file!())) {
        let text = fs::read_to_string(&path).unwrap();
        let is_test = path.components().any(|part| part.as_os_str() == "tests")
            || path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("tests"));
        let tested = if is_test { Some(&*text) } else { text.split_once("#[cfg(test)]").map(|(_, tests)| tests) };
        tests.extend(tested);
    }
    tests
}

#[test]
fn every_explained_reason_is_seen_in_a_test() {
    let page = fs::read_to_string(root().join("docs/errors.md")).unwrap();
    let columns = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let explained: BTreeSet<&str> =
        columns.flat_map(|column| column.split('`').skip(1).step_by(2)).filter(|text| is_reason(text)).collect();
    assert!(explained.len() > 150, "{} reasons", explained.len());
    let tests = tests();
    let words: BTreeSet<&str> = tests.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let is_seen = |reason: &str| words.contains(reason) || words.contains(&*variant(reason));
    let unseen: Vec<&str> = explained.into_iter().filter(|reason| !is_seen(reason)).collect();
    assert_eq!(unseen, UNSEEN, "docs/errors.md explains reasons that no test has seen");
}
