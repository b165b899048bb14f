//! `docs/errors.md` explains every reason the code gives.

use std::{collections::BTreeSet, fs};

use quittance_architecture::{libraries, root, services};

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
