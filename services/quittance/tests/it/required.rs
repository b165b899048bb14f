//! What the contract calls required is what is required: a walk through all methods.

use std::collections::BTreeSet;

use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value};

use crate::program::{Folder, Up, tenant};

/// Required only where other fields are not given, or a choice of fields.
const CONDITIONAL: [&str; 3] = ["map.amount", "map.currency_code", "policy.content"];

/// Whether the option `google.api.field_behavior` names the behaviour.
fn is(field: &FieldDescriptor, behavior: &str) -> bool {
    let pool = field.parent_message().parent_pool().clone();
    let option = pool.get_extension_by_name("google.api.field_behavior").unwrap();
    let number =
        pool.get_enum_by_name("google.api.FieldBehavior").unwrap().get_value_by_name(behavior).unwrap().number();
    field.options().get_extension(&option).as_list().unwrap().iter().any(|value| value.as_enum_number() == Some(number))
}

/// An empty request whose required messages are given, and empty; the paths of the required fields in it that are not.
fn empty(message: &MessageDescriptor, path: &str, missing: &mut BTreeSet<String>) -> Map<String, Value> {
    let mut request = Map::new();
    for field in message.fields().filter(|field| is(field, "REQUIRED") && !field.is_list()) {
        let name = format!("{path}{}", field.name());
        match field.kind() {
            Kind::String if name == "request_id" => {} // The client gives one.
            Kind::Message(inner) if inner.full_name() != "quittance.common.v1.Money" => {
                request.insert(field.name().to_owned(), Value::Object(empty(&inner, &format!("{name}."), missing)));
            }
            _ => {
                missing.insert(name);
            }
        }
    }
    request
}

/// The fields that an error calls required.
fn named(error: &str) -> BTreeSet<String> {
    let details = error.find("\n[").map_or("[]", |start| &error[start..]);
    let details = details.split("\ntrace ").next().unwrap();
    let details: Value = serde_json::from_str(details.trim()).unwrap_or_else(|_| panic!("{error}"));
    let violations = details.as_array().unwrap().iter().filter_map(|detail| detail["field_violations"].as_array());
    let required = violations.flatten().filter(|violation| violation["reason"] == "FIELD_REQUIRED");
    let fields = required.map(|violation| violation["field"].as_str().unwrap().to_owned());
    fields.filter(|field| !CONDITIONAL.contains(&field.as_str())).collect()
}

#[test]
fn required_fields_are_those_that_the_contract_names() {
    let folder = Folder::new();
    let up = Up::start(&folder.0);
    up.call("TenantService/CreateTenant", &tenant("Seller"), None).unwrap();
    let pool = DescriptorPool::decode(quittance_proto::FILE_DESCRIPTOR_SET).unwrap();
    let (mut walked, mut differences) = (0, Vec::new());
    for method in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
        let mut required = BTreeSet::new();
        let request = Value::Object(empty(&method.input(), "", &mut required));
        let name = format!("{}/{}", method.parent_service().full_name(), method.name());
        // A change names its fields: what is required to create something is not required here.
        if method.name().starts_with("Update") {
            continue;
        }
        // The internal ones are not for this caller.
        let error = up.call(&name, &request, None).err().unwrap_or_default();
        if error.contains("PermissionDenied") {
            continue;
        }
        let found = named(&error);
        if found != required {
            differences.push(format!("{name}: the contract requires {required:?}, the service {found:?}"));
        }
        walked += 1;
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(walked > 60, "{walked} methods");
}

#[test]
fn every_field_of_a_call_has_a_behavior() {
    let pool = DescriptorPool::decode(quittance_proto::FILE_DESCRIPTOR_SET).unwrap();
    let option = pool.get_extension_by_name("google.api.field_behavior").unwrap();
    let mut without = Vec::new();
    let mut todo: Vec<MessageDescriptor> = pool
        .services()
        .flat_map(|service| service.methods().flat_map(|m| [m.input(), m.output()]).collect::<Vec<_>>())
        .collect();
    let mut seen = BTreeSet::new();
    while let Some(message) = todo.pop() {
        if !message.full_name().starts_with("quittance.") || !seen.insert(message.full_name().to_owned()) {
            continue;
        }
        for field in message.fields() {
            if !field.options().has_extension(&option) {
                without.push(field.full_name().to_owned());
            }
            if let Kind::Message(inner) = field.kind()
                && !field.is_map()
            {
                todo.push(inner);
            }
        }
    }
    assert!(seen.len() > 80, "{} messages", seen.len());
    assert_eq!(without, Vec::<String>::new());
}
