//! Every arrow between crates points down.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use cargo_metadata::{DependencyKind, MetadataCommand};
use quittance_architecture::root;

pub(crate) const SERVICES: [&str; 5] = ["invoicing", "credit-risk", "payments", "collections", "reporting"];

/// What each library may know of the others.
const LIBRARIES: [(&str, &[&str]); 18] = [
    ("kernel", &[]),
    ("private-postgres", &[]),
    ("bankfiles", &[]),
    ("matching", &["kernel"]),
    ("proto", &["kernel"]),
    ("runtime", &["kernel"]),
    ("db", &["kernel", "runtime"]),
    ("events", &["kernel", "proto", "db", "runtime"]),
    ("gateway", &["proto"]),
    ("grpc", &["kernel", "proto", "db", "events", "runtime", "gateway"]),
    ("service", &["kernel", "proto", "db", "events", "runtime", "grpc"]),
    ("webhooks", &["kernel", "proto", "db", "events", "runtime", "grpc", "service"]),
    ("approvals", &["kernel", "proto", "db", "events", "grpc", "service"]),
    ("runs", &["kernel", "proto", "db", "events", "grpc", "service"]),
    ("policies", &["kernel", "db", "grpc", "service"]),
    ("audit", &["kernel", "proto", "events", "grpc", "service"]),
    ("host", &["kernel", "db", "events", "runtime", "grpc", "service", "webhooks"]),
    ("testkit", &["kernel", "proto", "db", "events", "runtime", "grpc", "service", "private-postgres"]),
];

/// The project's own crates and which of these each needs outside of tests.
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

/// What a crate's code may name as an outside crate, ours too: its dependencies outside of tests, as Rust writes them.
pub(crate) fn dependencies(folder: &str, name: &str) -> BTreeSet<String> {
    let manifest = root().join(folder).join(name).join("Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(&manifest).no_deps().exec().unwrap();
    let package = metadata.packages.iter().find(|package| package.manifest_path.as_std_path() == manifest).unwrap();
    let outside = package.dependencies.iter().filter(|d| d.kind != DependencyKind::Development);
    outside.map(|d| d.rename.as_ref().unwrap_or(&d.name).replace('-', "_")).collect()
}
