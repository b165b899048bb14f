//! Query parameters to fields of a request: nested fields by dots, lists by repetition, every value as text.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, Value};
use serde_json::Value as Json;

use crate::{
    Binding, Body,
    json::{field_named, is_value, read_value},
    problem::{ENUM_UNKNOWN, FIELD_UNKNOWN, JSON_MALFORMED, PARAMETER_TWICE, Problem, VALUE_MALFORMED},
};

/// Sets the fields that the parameters name.
pub(crate) fn read(binding: &Binding, query: &str, request: &mut DynamicMessage, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let (Some(name), Some(value)) = (decoded(name), decoded(value)) else {
            problems.push(Problem::new(name, JSON_MALFORMED, "is not UTF-8"));
            continue;
        };
        if let Err(problem) = set(binding, request, &name, &value, &mut seen) {
            problems.push(problem);
        }
    }
}

/// As forms encode it: `+` is a space.
fn decoded(text: &str) -> Option<String> {
    percent_decode_str(&text.replace('+', " ")).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

fn set(
    binding: &Binding,
    request: &mut DynamicMessage,
    name: &str,
    text: &str,
    seen: &mut BTreeSet<String>,
) -> Result<(), Problem> {
    let unknown = || Problem::new(name, FIELD_UNKNOWN, "is not a parameter of this method");
    let path = fields(binding, name).ok_or_else(unknown)?;
    let Some((field, outer)) = path.split_last() else { return Err(unknown()) };
    let full_name = path.iter().map(FieldDescriptor::name).collect::<Vec<_>>().join(".");
    let value = json(field, text).and_then(|value| read_value(field, value));
    let value = value.map_err(|error| {
        let reason = if matches!(field.kind(), Kind::Enum(_)) { ENUM_UNKNOWN } else { VALUE_MALFORMED };
        Problem::new(&full_name, reason, error)
    })?;
    if !field.is_list() && !seen.insert(full_name.clone()) {
        return Err(Problem::new(full_name, PARAMETER_TWICE, "is given more than once"));
    }
    let mut message = request;
    for field in outer {
        message = message.get_field_mut(field).as_message_mut().ok_or_else(unknown)?;
    }
    match message.get_field_mut(field) {
        Value::List(entries) if field.is_list() => entries.push(value),
        place => *place = value,
    }
    Ok(())
}

/// The fields from the request to the one that a parameter names. `None` where no parameter can: the body has it, or the path, or there is none.
fn fields(binding: &Binding, name: &str) -> Option<Vec<FieldDescriptor>> {
    let mut path: Vec<FieldDescriptor> = Vec::new();
    for part in name.split('.') {
        let message = match path.last() {
            None => binding.rpc().input(),
            Some(outer) if outer.is_list() || outer.is_map() => return None,
            Some(outer) => outer.kind().as_message().filter(|message| !is_value(message))?.clone(),
        };
        path.push(field_named(&message, part)?);
    }
    let is_in_body = match binding.body() {
        Body::Nothing => false,
        Body::Request => true,
        Body::Field(field) => path.first() == Some(field),
    };
    let full_name = path.iter().map(FieldDescriptor::name).collect::<Vec<_>>().join(".");
    let is_in_path = binding.template().variables().any(|variable| variable == full_name);
    let last = path.last()?;
    let is_leaf = !last.is_map() && last.kind().as_message().is_none_or(is_value);
    (!is_in_body && !is_in_path && is_leaf).then_some(path)
}

/// The value of a parameter as JSON would have it.
fn json(field: &FieldDescriptor, text: &str) -> Result<Json, String> {
    match field.kind() {
        Kind::Bool => text.parse().map(Json::Bool).map_err(|_| "is not true or false".to_owned()),
        Kind::Enum(_) => Ok(text.parse::<i32>().map_or_else(|_| Json::from(text), Json::from)),
        Kind::Message(message) if message.name() == "FieldMask" => Ok(Json::from(camel_case(text))),
        _ => Ok(Json::from(text)),
    }
}

/// The paths of a mask as JSON writes them. People know the fields by the names in the contract too.
fn camel_case(mask: &str) -> String {
    let mut camel = String::with_capacity(mask.len());
    let mut is_next_upper = false;
    for letter in mask.chars() {
        match letter {
            '_' => is_next_upper = true,
            letter if is_next_upper => {
                camel.push(letter.to_ascii_uppercase());
                is_next_upper = false;
            }
            letter => camel.push(letter),
        }
    }
    camel
}
