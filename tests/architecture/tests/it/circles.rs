//! Modules of a crate use each other in one direction.

use std::collections::{BTreeMap, BTreeSet};

use quittance_architecture::{libraries, services};

/// A circle: its crate, the module it lies in (empty for the root), its modules, and how many uses there are among them.
type Circle = (String, String, Vec<String>, usize);

/// Circles of today. The list only gets shorter, and its circles smaller.
const KNOWN: [(&str, &str, &[&str], usize); 10] = [
    ("events", "", &["discard", "held", "kafka", "source"], 6),
    ("grpc", "", &["fault", "violations"], 2),
    ("grpc", "", &["layer", "server"], 2),
    ("grpc", "auth", &["claims", "tokens", "verifier"], 4),
    ("host", "", &["area", "observe"], 2),
    ("payments", "ops", &["finish_settlements", "matching", "recorded", "settle"], 6),
    ("private-postgres", "", &["binaries", "error"], 2),
    ("runtime", "", &["propagation", "spans", "trace", "traceparent"], 8),
    ("service", "", &["call", "operation", "write"], 3),
    ("service", "", &["runner", "state"], 2),
];

/// Whether two modules right below the root of a crate lie in one of the circles of today.
pub(crate) fn is_known(name: &str, one: &str, other: &str) -> bool {
    KNOWN.iter().any(|(of, parent, modules, _)| {
        *of == name && parent.is_empty() && modules.contains(&one) && modules.contains(&other)
    })
}

/// Everything each module reaches.
fn reached(arrows: &BTreeSet<(String, String)>) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (from, to) in arrows.iter().filter(|(from, to)| from != to) {
        all.entry(from).or_default().insert(to);
    }
    loop {
        let before: usize = all.values().map(BTreeSet::len).sum();
        let next = all.iter().map(|(from, to)| {
            let further = to.iter().filter_map(|one| all.get(one)).flatten();
            (*from, to.iter().chain(further).copied().collect())
        });
        all = next.collect();
        if all.values().map(BTreeSet::len).sum::<usize>() == before {
            return all;
        }
    }
}

fn circles(arrows: &BTreeSet<(String, String)>) -> BTreeSet<Vec<String>> {
    let all = reached(arrows);
    let reaches = |from: &str, to: &str| all.get(from).is_some_and(|found| found.contains(to));
    let in_circle = all.keys().filter(|one| reaches(one, one));
    in_circle
        .map(|one| {
            all.keys().filter(|other| reaches(one, other) && reaches(other, one)).map(|m| (*m).to_owned()).collect()
        })
        .collect()
}

#[test]
fn modules_form_no_new_circle() {
    let mut found: Vec<Circle> = Vec::new();
    for one in libraries().iter().chain(services()) {
        for (parent, arrows) in one.arrows() {
            for circle in circles(&arrows) {
                let within = |name: &String| circle.contains(name);
                let uses = arrows.iter().filter(|(from, to)| from != to && within(from) && within(to)).count();
                found.push((one.name.clone(), parent.join("::"), circle, uses));
            }
        }
    }
    found.sort();
    let known: Vec<Circle> = KNOWN
        .iter()
        .map(|(name, parent, modules, uses)| {
            let modules = modules.iter().map(|module| (*module).to_owned()).collect();
            ((*name).to_owned(), (*parent).to_owned(), modules, *uses)
        })
        .collect();
    let new: Vec<_> = found.iter().filter(|circle| !known.contains(circle)).collect();
    let gone: Vec<_> = known.iter().filter(|circle| !found.contains(circle)).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "circles that are new or changed:\n{new:#?}\nand of the known ones, those that are gone or changed:\n{gone:#?}"
    );
}

#[test]
fn circles_are_found() {
    let arrows = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "d"), ("e", "f"), ("f", "e")];
    let arrows = arrows.map(|(from, to)| (from.to_owned(), to.to_owned())).into();
    let found: Vec<String> = circles(&arrows).into_iter().map(|circle| circle.join(" ")).collect();
    assert_eq!(found, ["a b c", "e f"]);
}
