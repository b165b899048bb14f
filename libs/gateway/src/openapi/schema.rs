//! JSON schemas of messages and enums.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, prost_types::FieldOptions};
use quittance_proto::is_personal;
use serde_json::{Map, Value as Json, json};

use super::comments::Comments;

/// The schemas of what was referred to, and of all that they refer to.
#[derive(Debug)]
pub(super) struct Schemas<'a> {
    pub(super) comments: &'a Comments,
    done: BTreeMap<String, Json>,
}

/// What `google.api.field_behavior` can say of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behavior {
    /// It must be in a request.
    Required = 2,
    /// It is only in responses.
    OutputOnly = 3,
}

impl Behavior {
    pub(super) fn is_of(self, field: &FieldDescriptor) -> bool {
        let pool = field.parent_message().parent_pool().clone();
        let Some(extension) = pool.get_extension_by_name("google.api.field_behavior") else { return false };
        let options = field.options();
        let values = options.get_extension(&extension);
        values.as_list().is_some_and(|values| values.iter().any(|value| value.as_enum_number() == Some(self as i32)))
    }
}

impl<'a> Schemas<'a> {
    pub(super) fn new(comments: &'a Comments) -> Self {
        Self { comments, done: BTreeMap::new() }
    }

    /// All schemas by name.
    pub(super) fn document(self) -> Json {
        json!(self.done)
    }

    pub(super) fn add(&mut self, name: &str, schema: Json) {
        self.done.insert(name.to_owned(), schema);
    }

    /// The schema of a message: a reference, or that of a value.
    pub(super) fn message(&mut self, message: &MessageDescriptor) -> Json {
        if let Some(value) = value(message) {
            return value;
        }
        let name = name(message.full_name());
        if !self.done.contains_key(&name) {
            // Before its fields: they may refer back to it.
            self.done.insert(name.clone(), Json::Null);
            let schema = self.object(message, &BTreeSet::new(), |field| Behavior::Required.is_of(field));
            self.done.insert(name.clone(), schema);
        }
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    /// The schema of a message without some fields.
    pub(super) fn object(
        &mut self,
        message: &MessageDescriptor,
        without: &BTreeSet<String>,
        is_required: impl Fn(&FieldDescriptor) -> bool,
    ) -> Json {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in message.fields().filter(|field| !without.contains(field.name())) {
            properties.insert(field.json_name().to_owned(), self.property(&field));
            if is_required(&field) {
                required.push(field.json_name().to_owned());
            }
        }
        let description = self.comments.of(message.parent_file().name(), message.path());
        let mut schema = json!({"type": "object", "description": description, "properties": properties});
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        schema
    }

    fn property(&mut self, field: &FieldDescriptor) -> Json {
        let mut schema = self.field(field);
        schema["description"] = json!(self.comment(field));
        if Behavior::OutputOnly.is_of(field) {
            schema["readOnly"] = json!(true);
        }
        if is_personal(field) {
            schema["x-personal"] = json!(true);
        }
        if field.field_descriptor_proto().options.as_ref().is_some_and(FieldOptions::deprecated) {
            schema["deprecated"] = json!(true);
        }
        schema
    }

    pub(super) fn comment(&self, field: &FieldDescriptor) -> &'a str {
        self.comments.of(field.parent_message().parent_file().name(), field.path())
    }

    /// The schema of a field's value.
    pub(super) fn field(&mut self, field: &FieldDescriptor) -> Json {
        if field.is_map() {
            let kind = field.kind();
            let values = kind.as_message().map(|entry| self.field(&entry.map_entry_value_field()));
            return json!({"type": "object", "additionalProperties": values});
        }
        let one = match field.kind() {
            Kind::Message(message) => self.message(&message),
            Kind::Enum(values) => self.enumeration(&values),
            kind => scalar(&kind),
        };
        if field.is_list() { json!({"type": "array", "items": one}) } else { one }
    }

    fn enumeration(&mut self, values: &EnumDescriptor) -> Json {
        let name = name(values.full_name());
        if !self.done.contains_key(&name) {
            let file = values.parent_file();
            let mut description = self.comments.of(file.name(), values.path()).to_owned();
            for value in values.values() {
                let comment = self.comments.of(file.name(), value.path());
                description.extend(["\n- `", value.name(), "`: ", comment]);
            }
            let names: Vec<String> = values.values().map(|value| value.name().to_owned()).collect();
            self.add(&name, json!({"type": "string", "description": description, "enum": names}));
        }
        json!({"$ref": format!("#/components/schemas/{name}")})
    }
}

/// A name in the document: of ours without the product's.
fn name(full_name: &str) -> String {
    full_name.strip_prefix("quittance.").unwrap_or(full_name).to_owned()
}

/// The schema of a message that JSON has a value of its own for.
fn value(message: &MessageDescriptor) -> Option<Json> {
    Some(match message.full_name() {
        "google.protobuf.Timestamp" => json!({"type": "string", "format": "date-time"}),
        "google.protobuf.Duration" => json!({"type": "string", "pattern": "^-?[0-9]+(\\.[0-9]{1,9})?s$"}),
        "google.protobuf.FieldMask" => json!({"type": "string", "examples": ["name,taxId"]}),
        "google.protobuf.Any" => json!({
            "type": "object", "required": ["@type"], "properties": {"@type": {"type": "string"}}, "additionalProperties": true,
        }),
        "google.protobuf.Struct" => json!({"type": "object", "additionalProperties": true}),
        "google.protobuf.Empty" => json!({"type": "object"}),
        _ => return None,
    })
}

fn scalar(kind: &Kind) -> Json {
    match kind {
        Kind::Bool => json!({"type": "boolean"}),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => json!({"type": "integer", "format": "int32"}),
        Kind::Uint32 | Kind::Fixed32 => json!({"type": "integer", "format": "int64", "minimum": 0}),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => json!({"type": "string", "format": "int64"}),
        Kind::Uint64 | Kind::Fixed64 => json!({"type": "string", "format": "uint64"}),
        Kind::Float | Kind::Double => json!({"type": "number"}),
        Kind::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
        Kind::String | Kind::Message(_) | Kind::Enum(_) => json!({"type": "string"}),
    }
}
