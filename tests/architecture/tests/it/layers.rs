//! Every module has a rule that says what it may use: `layers.toml`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use quittance_architecture::{Crate, Module, libraries, services, shown};
use serde::Deserialize;

use crate::crates::{SERVICES, dependencies};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    /// A library's or program's modules from the lowest layer up: each may use those of the layers below its own.
    layers: BTreeMap<String, Vec<Vec<String>>>,
    /// What a module of a service may use.
    service: BTreeMap<String, Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// Modules beside it.
    modules: BTreeSet<String>,
    /// Other crates.
    crates: BTreeSet<String>,
}

fn rules() -> Rules {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("layers.toml");
    toml::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// The modules right below the root.
fn top(one: &Crate) -> BTreeSet<String> {
    one.modules.keys().filter(|path| path.len() == 1).map(|path| path[0].clone()).collect()
}

fn is_service(one: &Crate) -> bool {
    SERVICES.contains(&one.name.as_str())
}

#[test]
fn a_module_of_a_library_uses_those_of_lower_layers() {
    let rules = rules().layers;
    let all: Vec<&Crate> = libraries().iter().chain(services()).filter(|one| !is_service(one)).collect();
    let names: BTreeSet<&str> = all.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(rules.keys().map(String::as_str).collect::<BTreeSet<_>>(), names, "each has layers");
    let mut wrong = Vec::new();
    for one in all {
        let layers = &rules[&one.name];
        let placed: BTreeSet<String> = layers.iter().flatten().cloned().collect();
        assert_eq!(placed, top(one), "{}: each of its modules has a layer, and each in a layer exists", one.name);
        assert_eq!(layers.iter().map(Vec::len).sum::<usize>(), placed.len(), "{}: each has one layer", one.name);
        let layer = |module: &str| layers.iter().position(|layer| layer.iter().any(|name| name == module)).unwrap();
        let arrows = one.arrows().remove(&Vec::new()).unwrap_or_default();
        let upwards = arrows.into_iter().filter(|(from, to)| from != to && layer(from) <= layer(to));
        // Those of a circle lie in one layer, and `circles` knows them.
        let upwards =
            upwards.filter(|(from, to)| layer(from) < layer(to) || !crate::circles::is_known(&one.name, from, to));
        wrong.extend(upwards.map(|(from, to)| format!("{}: {from} uses {to}", one.name)));
    }
    assert!(wrong.is_empty(), "arrows upwards:\n{}", wrong.join("\n"));
}

/// What a module with all below it uses: modules beside it, and other crates; each with the file that does.
fn used<'a>(one: &'a Crate, name: &str, outside: &BTreeSet<String>) -> (Found<'a>, Found<'a>) {
    let (mut modules, mut crates) = (Found::new(), Found::new());
    for module in one.modules.values().filter(|module| module.path.first().is_some_and(|first| first == name)) {
        for (target, _) in one.uses(module) {
            if let Some(first) = target.first().filter(|first| *first != name) {
                modules.insert(first.clone(), module);
            }
        }
        let first = module.names.paths.iter().filter(|path| path.len() > 1).map(|path| &path[0]);
        crates.extend(first.filter(|first| outside.contains(*first)).map(|first| (first.clone(), module)));
    }
    (modules, crates)
}

type Found<'a> = BTreeMap<String, &'a Module>;

#[test]
fn inside_a_service_every_arrow_points_down() {
    let rules = rules().service;
    let (mut wrong, mut needed) = (Vec::new(), BTreeSet::new());
    for one in services().iter().filter(|one| is_service(one)) {
        assert!(top(one).contains("domain"), "{} has a domain", one.name);
        let outside = dependencies("services", &one.name);
        for name in top(one) {
            let Some(rule) = rules.get(&name) else {
                wrong.push(format!("{}: no rule says what `{name}` may use", one.name));
                continue;
            };
            let (modules, crates) = used(one, &name, &outside);
            for (allowed, found) in [(&rule.modules, modules), (&rule.crates, crates)] {
                for (target, module) in found {
                    if !allowed.contains(&target) {
                        wrong.push(format!("{}: {target}", shown(&module.file)));
                    }
                    needed.insert((name.clone(), target));
                }
            }
            needed.insert((name.clone(), name));
        }
    }
    assert!(wrong.is_empty(), "arrows upwards:\n{}", wrong.join("\n"));
    for (name, rule) in &rules {
        assert!(needed.contains(&(name.clone(), name.clone())), "no service has `{name}`: remove its rule");
        for allowed in rule.modules.iter().chain(&rule.crates) {
            assert!(
                needed.contains(&(name.clone(), allowed.clone())),
                "no `{name}` uses `{allowed}`: take it off its rule"
            );
        }
    }
}

/// What code that decides names of the outside world: it waits, reads a clock, or does input and output.
fn impure(module: &Module) -> Option<String> {
    let outside = |path: &&Vec<String>| match path[0].as_str() {
        "tokio" => true,
        "std" => path.get(1).is_some_and(|it| ["fs", "net", "env", "process", "thread"].contains(&it.as_str())),
        _ => false,
    };
    let found = module.names.paths.iter().find(outside).map(|path| path.join("::"));
    found.or_else(|| module.names.is_async.then(|| "async".to_owned()))
}

/// Decisions are pure: what time it is comes as an argument, and nothing waits.
#[test]
fn a_domain_decides_and_does_nothing_else() {
    let all = services().iter().filter(|one| is_service(one)).flat_map(|one| one.modules.values());
    let mut wrong = Vec::new();
    for module in all.filter(|module| module.path.first().is_some_and(|first| first == "domain")) {
        let has_clock = module.names.paths.iter().flatten().any(|segment| segment == "Clock");
        let what = impure(module).or_else(|| has_clock.then(|| "Clock".to_owned()));
        wrong.extend(what.map(|what| format!("{}: {what}", shown(&module.file))));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_kernel_does_no_io() {
    let kernel = libraries().iter().find(|one| one.name == "kernel").unwrap();
    for module in kernel.modules.values() {
        assert_eq!(impure(module), None, "{}", shown(&module.file));
        let macros = ["println", "eprintln", "print", "eprint"];
        let printed = module.names.paths.iter().flatten().find(|segment| macros.contains(&segment.as_str()));
        assert_eq!(printed, None, "{}", shown(&module.file));
    }
}
