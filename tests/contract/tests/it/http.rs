//! The rules of the bindings to HTTP (`google.api.http`): every public method has one, and who knows one knows all.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use quittance_gateway::{Binding, Body, contract};
use quittance_host::Service as _;
use quittance_proto::{METHODS, is_stream};

/// What breaks a rule, one line for each.
fn broken(rule: impl Fn(&Binding) -> bool) -> Vec<String> {
    let all = contract().unwrap().bindings().iter().filter(|binding| !rule(binding));
    all.map(|binding| format!("{}: {} {}", binding.grpc_path(), binding.method(), binding.template())).collect()
}

/// A stream has none: what it streams is read repeatedly.
#[test]
fn every_public_method_has_one_binding_and_no_internal_one_has() {
    let mut bound: BTreeMap<&str, usize> = BTreeMap::new();
    for binding in contract().unwrap().bindings() {
        *bound.entry(binding.grpc_path()).or_default() += 1;
    }
    let public =
        METHODS.iter().filter(|(path, scope)| *scope != "internal" && !is_stream(path)).map(|(path, _)| (*path, 1));
    assert_eq!(bound, public.collect());
}

#[test]
fn no_two_bindings_overlap() {
    let bindings = contract().unwrap().bindings();
    for (i, one) in bindings.iter().enumerate() {
        for other in &bindings[i + 1..] {
            let overlap = one.method() == other.method() && one.template().overlaps(other.template());
            assert!(!overlap, "{} and {}", one.grpc_path(), other.grpc_path());
        }
    }
}

/// So that one rule of an ingress is enough for each service.
#[test]
fn a_path_begins_with_the_area_of_its_service() {
    let areas: BTreeMap<&str, &str> = [
        (quittance_invoicing::AREA, quittance_invoicing::App::GRPC),
        (quittance_payments::AREA, quittance_payments::App::GRPC),
        (quittance_credit_risk::AREA, quittance_credit_risk::App::GRPC),
        (quittance_collections::AREA, quittance_collections::App::GRPC),
        (quittance_reporting::AREA, quittance_reporting::App::GRPC),
    ]
    .into_iter()
    .flat_map(|(area, services)| services.iter().map(move |service| (*service, area)))
    .collect();
    let broken = broken(|binding| {
        let area = areas[binding.rpc().parent_service().full_name()];
        binding.template().to_string().starts_with(&format!("/{area}/v1/"))
    });
    assert_eq!(broken, Vec::<String>::new());
}

/// AIP-131 to 136: what is read by GET, changed by PATCH, deleted by DELETE; all else is POST.
#[test]
fn the_http_method_is_that_of_the_verb() {
    let broken = broken(|binding| {
        let name = binding.rpc().name();
        let begins = |verbs: &[&str]| verbs.iter().any(|verb| name.starts_with(verb));
        let expected = match () {
            () if begins(&["Get", "List"]) => Method::GET,
            () if begins(&["Update"]) => Method::PATCH,
            () if begins(&["Delete"]) => Method::DELETE,
            () => Method::POST,
        };
        *binding.method() == expected
    });
    assert_eq!(broken, Vec::<String>::new());
}

/// A verb of its own has the request as its body; what is created or changed is the body itself.
#[test]
fn the_body_is_the_resource_or_the_request() {
    let broken = broken(|binding| {
        let has_verb = binding.template().verb().is_some();
        match binding.body() {
            Body::Nothing => [Method::GET, Method::DELETE].contains(binding.method()) && !has_verb,
            Body::Request => *binding.method() == Method::POST && has_verb,
            Body::Field(_) if has_verb => false,
            Body::Field(field) if *binding.method() == Method::PATCH => {
                let of_resource = format!("{}.", field.name());
                binding.template().variables().all(|variable| variable.starts_with(&of_resource))
            }
            Body::Field(_) => *binding.method() == Method::POST && binding.template().variables().next().is_none(),
        }
    });
    assert_eq!(broken, Vec::<String>::new());
}

#[test]
fn operations_have_names_and_paths_of_their_own() {
    let document = quittance_contract::openapi::document().unwrap();
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.values().flat_map(|path| path.as_object().unwrap().values());
    let names: BTreeSet<&str> = operations.map(|operation| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(names.len(), contract().unwrap().bindings().len());
    // With other names for variables two paths would be one to a client.
    let variable = |path: &str| {
        let parts =
            path.split('/').map(|part| if part.starts_with('{') { part.split_once('}').unwrap().1 } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    assert_eq!(paths.keys().map(|path| variable(path)).collect::<BTreeSet<_>>().len(), paths.len());
}

/// The texts of all references.
fn references<'a>(value: &'a serde_json::Value, found: &mut BTreeSet<&'a str>) {
    match value {
        serde_json::Value::Object(entries) => {
            found.extend(entries.get("$ref").and_then(serde_json::Value::as_str));
            entries.values().for_each(|value| references(value, found));
        }
        serde_json::Value::Array(entries) => entries.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

/// The validator of documents does not look into schemas.
#[test]
fn whatever_a_document_refers_to_is_in_it() {
    let document = quittance_contract::openapi::document().unwrap();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 100, "{} references", found.len());
    let missing = found.iter().filter(|reference| document.pointer(&reference[1..]).is_none());
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&&str>::new());
}
