//! JSON to messages. `prost_reflect` reads it as protobuf defines it and stops at what is wrong first; only then the text is read again, for everything
//! that is wrong, each value by the same reader.

use prost_reflect::{DeserializeOptions, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use serde_json::{Map, Value as Json};

use crate::problem::{BODY, ENUM_UNKNOWN, FIELD_UNKNOWN, JSON_MALFORMED, Problem, VALUE_MALFORMED, within};

/// How many problems of a text are named. More would not fit into a response.
const MOST_PROBLEMS: usize = 100;

/// Reads a message. `at` is its path in the request, empty for the request itself.
pub(crate) fn read(message: &MessageDescriptor, json: &[u8], at: &str) -> Result<DynamicMessage, Vec<Problem>> {
    let mut text = serde_json::Deserializer::from_slice(json);
    let options = DeserializeOptions::new().deny_unknown_fields(true);
    let read = DynamicMessage::deserialize_with_options(message.clone(), &mut text, &options);
    read.and_then(|read| text.end().map(|()| read)).map_err(|error| problems(message, json, at, &error))
}

/// Everything that is wrong with a text that was not read because of `first`.
fn problems(message: &MessageDescriptor, json: &[u8], at: &str, first: &serde_json::Error) -> Vec<Problem> {
    let whole = if at.is_empty() { BODY } else { at };
    let value: Json = match serde_json::from_slice(json) {
        Ok(value) => value,
        Err(error) => return vec![Problem::new(whole, JSON_MALFORMED, format!("is not JSON: {error}"))],
    };
    let mut found = Found(Vec::new());
    found.in_message(message, &value, at);
    if found.0.is_empty() {
        found.0.push(Problem::new(whole, VALUE_MALFORMED, first.to_string()));
    }
    found.0
}

struct Found(Vec<Problem>);

impl Found {
    fn add(&mut self, path: &str, reason: &'static str, description: impl Into<String>) {
        if self.0.len() < MOST_PROBLEMS {
            self.0.push(Problem::new(if path.is_empty() { BODY } else { path }, reason, description));
        }
    }

    fn in_message(&mut self, message: &MessageDescriptor, value: &Json, path: &str) {
        let Json::Object(entries) = value else {
            return self.add(path, VALUE_MALFORMED, "is not an object");
        };
        for (name, value) in entries {
            match field_named(message, name) {
                Some(field) if !value.is_null() => self.in_field(&field, value, &within(path, field.name())),
                Some(_) => {}
                None => {
                    let description = format!("{} has no such field", message.name());
                    self.add(&within(path, name), FIELD_UNKNOWN, description);
                }
            }
        }
    }

    fn in_field(&mut self, field: &FieldDescriptor, value: &Json, path: &str) {
        match value {
            Json::Array(entries) if field.is_list() => {
                for (i, entry) in entries.iter().enumerate() {
                    self.in_value(field, entry, &format!("{path}[{i}]"));
                }
            }
            _ if field.is_list() => self.add(path, VALUE_MALFORMED, "is not a list"),
            value => self.in_value(field, value, path),
        }
    }

    fn in_value(&mut self, field: &FieldDescriptor, value: &Json, path: &str) {
        match field.kind() {
            Kind::Message(inner) if !field.is_map() && !is_value(&inner) => self.in_message(&inner, value, path),
            kind => {
                if let Err(error) = read_value(field, value.clone()) {
                    let is_name = matches!(kind, Kind::Enum(_)) && value.is_string();
                    self.add(path, if is_name { ENUM_UNKNOWN } else { VALUE_MALFORMED }, error);
                }
            }
        }
    }
}

/// A field by its name in JSON or in the contract.
pub(crate) fn field_named(message: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    message.get_field_by_json_name(name).or_else(|| message.get_field_by_name(name))
}

/// Whether JSON has a text, a number or the like for a message: an instant, a duration, a mask.
pub(crate) fn is_value(message: &MessageDescriptor) -> bool {
    message.package_name() == "google.protobuf" && message.name() != "Empty"
}

/// Reads one value of a field; of a list, one entry.
pub(crate) fn read_value(field: &FieldDescriptor, value: Json) -> Result<Value, String> {
    let value = if field.is_list() { Json::Array(vec![value]) } else { value };
    let alone = Json::Object(Map::from_iter([(field.name().to_owned(), value)]));
    let options = DeserializeOptions::new().deny_unknown_fields(true);
    let message = DynamicMessage::deserialize_with_options(field.parent_message().clone(), alone, &options);
    let value = message.map_err(|error| error.to_string())?.get_field(field).into_owned();
    match value {
        Value::List(mut entries) if field.is_list() => entries.pop().ok_or_else(|| "is null".to_owned()),
        value => Ok(value),
    }
}
