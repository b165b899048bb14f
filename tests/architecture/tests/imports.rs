//! Every arrow points down: between crates, and inside a service from its handlers to its domain.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use cargo_metadata::{DependencyKind, MetadataCommand};

const SERVICES: [&str; 5] = ["invoicing", "credit-risk", "payments", "collections", "reporting"];

/// What each library may know of the others.
const LIBRARIES: [(&str, &[&str]); 12] = [
    ("kernel", &[]),
    ("private-postgres", &[]),
    ("bankfiles", &[]),
    ("matching", &["kernel"]),
    ("proto", &["kernel"]),
    ("runtime", &["kernel"]),
    ("db", &["kernel", "runtime"]),
    ("events", &["kernel", "db", "runtime"]),
    ("grpc", &["kernel", "proto", "db", "events", "runtime"]),
    ("service", &["kernel", "proto", "db", "events", "runtime", "grpc"]),
    ("host", &["kernel", "db", "events", "runtime", "grpc", "service"]),
    ("testkit", &["kernel", "proto", "db", "events", "runtime", "grpc", "private-postgres"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The project's own crates and what each needs outside of tests.
fn crates() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().unwrap();
    let own = |name: &str| name.strip_prefix("quittance-").map(str::to_owned);
    let found = metadata.packages.iter().map(|package| {
        let name = own(&package.name).unwrap_or_else(|| package.name.to_string());
        let needs = package
            .dependencies
            .iter()
            .filter(|d| d.kind != DependencyKind::Development)
            .filter_map(|d| own(&d.name))
            .collect();
        (name, needs)
    });
    found.collect()
}

#[test]
fn libraries_know_only_what_lies_below_them() {
    let crates = crates();
    let folders = fs::read_dir(root().join("libs")).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap());
    let listed: BTreeSet<String> = LIBRARIES.iter().map(|(library, _)| (*library).to_owned()).collect();
    assert_eq!(folders.collect::<BTreeSet<_>>(), listed, "every library is listed above");
    for (library, allowed) in LIBRARIES {
        let needs = &crates[library];
        let forbidden: Vec<&String> = needs.iter().filter(|need| !allowed.contains(&need.as_str())).collect();
        assert!(forbidden.is_empty(), "{library} must not know {forbidden:?}");
    }
}

#[test]
fn a_service_knows_libraries_and_no_other_service() {
    let crates = crates();
    for service in SERVICES {
        for need in &crates[service] {
            assert!(!SERVICES.contains(&need.as_str()), "{service} must not know {need}");
            assert!(!["testkit", "private-postgres"].contains(&need.as_str()), "{service} must not know {need}");
        }
    }
    let all: BTreeSet<&str> = crates["quittance"].iter().map(String::as_str).collect();
    assert!(SERVICES.iter().all(|service| all.contains(service)), "only the one binary knows all five: {all:?}");
}

/// All Rust files of a folder, with their text without comments and tests.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if name.ends_with("_tests.rs") {
                continue;
            }
            let without_tests = text.split("#[cfg(test)]").next().unwrap_or_default();
            let code: Vec<&str> = without_tests.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            found.push((path, code.join("\n")));
        }
    }
    found
}

/// What may not be named in which part of a service.
const FORBIDDEN: [(&str, &[&str]); 7] = [
    (
        "domain",
        &[
            "sqlx::",
            "tonic::",
            "tokio::",
            "prost::",
            "quittance_proto",
            "quittance_db",
            "quittance_grpc",
            "quittance_events",
            "crate::db",
            "crate::ops",
            "crate::grpc",
            "crate::outbox",
            "crate::wire",
            "Clock::",
            ".await",
        ],
    ),
    (
        "db",
        &["tonic::", "quittance_grpc", "quittance_proto", "crate::ops", "crate::grpc", "crate::inbox", "crate::outbox"],
    ),
    ("outbox", &["tonic::", "sqlx::", "quittance_grpc", "crate::ops", "crate::grpc", "crate::inbox", "crate::db"]),
    ("ops", &["tonic::", "quittance_grpc", "quittance_proto", "crate::grpc", "crate::inbox", "sqlx::"]),
    ("inbox", &["tonic::", "quittance_grpc", "crate::grpc"]),
    ("jobs", &["tonic::", "quittance_grpc", "quittance_proto", "crate::grpc"]),
    ("wire.rs", &["tonic::", "sqlx::", "quittance_grpc", "crate::db", "crate::ops", "crate::grpc"]),
];

#[test]
fn inside_a_service_every_arrow_points_down() {
    let mut broken = Vec::new();
    for service in SERVICES {
        let src = root().join("services").join(service).join("src");
        assert!(src.join("domain").is_dir(), "{service} has a domain");
        for (part, forbidden) in FORBIDDEN {
            let place = src.join(part);
            let files = if place.is_file() {
                vec![(place.clone(), fs::read_to_string(&place).unwrap())]
            } else {
                sources(&place)
            };
            for (path, code) in files {
                broken.extend(
                    forbidden
                        .iter()
                        .filter(|word| code.contains(*word))
                        .map(|word| format!("{}: {word}", path.display())),
                );
            }
        }
    }
    assert!(broken.is_empty(), "arrows upwards:\n{}", broken.join("\n"));
}

#[test]
fn the_kernel_does_no_io() {
    let words = ["std::fs", "std::net", "tokio", "async fn", "std::env", "println!"];
    for (path, code) in sources(&root().join("libs/kernel/src")) {
        let found: Vec<&&str> = words.iter().filter(|word| code.contains(**word)).collect();
        assert!(found.is_empty(), "{}: {found:?}", path.display());
    }
}

#[test]
fn no_file_is_too_large_to_know() {
    let mut large = Vec::new();
    for folder in ["libs", "services", "tests"] {
        for (path, _) in sources(&root().join(folder)) {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            if lines > 500 && !path.components().any(|part| part.as_os_str() == "target") {
                large.push(format!("{}: {lines} lines", path.display()));
            }
        }
    }
    assert!(large.is_empty(), "{}", large.join("\n"));
}

/// Reasons: quoted words in capitals with an underscore.
fn reasons(code: &str) -> BTreeSet<String> {
    let is_reason = |word: &&str| {
        word.contains('_')
            && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
            && !word.starts_with('_')
            // A variable of the environment.
            && !word.starts_with("QUITTANCE_")
    };
    code.split('"').skip(1).step_by(2).filter(is_reason).map(str::to_owned).collect()
}

#[test]
fn every_reason_is_explained() {
    let page = fs::read_to_string(root().join("docs/errors.md")).unwrap();
    let mut missing = BTreeSet::new();
    let folders =
        ["services/invoicing/src", "services/payments/src", "services/credit-risk/src", "services/collections/src"];
    for folder in folders.into_iter().chain(["services/reporting/src", "libs/grpc/src", "libs/kernel/src"]) {
        for (_, code) in sources(&root().join(folder)) {
            missing.extend(reasons(&code).into_iter().filter(|reason| !page.contains(&format!("`{reason}`"))));
        }
    }
    assert!(missing.is_empty(), "docs/errors.md does not explain {missing:?}");
}
