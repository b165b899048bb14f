//! JSON Schemas (2020-12) of events in their JSON form, made from descriptors: the standard JSON of protobuf, with the comments of the contract.

use std::{collections::BTreeMap, fmt::Write as _};

use anyhow::Context as _;
use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use quittance_proto::is_personal;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::comments::comment;

/// What the ids of schemas begin with, as in the header `ce_dataschema`.
const ID: &str = "urn:quittance:schema:";
const TIMESTAMP: &str = "google.protobuf.Timestamp";
const STRUCT: &str = "google.protobuf.Struct";

/// A schema. Its keywords are written in this order, properties in the order of the contract.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Schema {
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    dialect: Option<&'static str>,
    #[serde(rename = "$id", skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(rename = "$ref", skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// One reference that has a description beside it, for dialects in which nothing may stand beside a reference.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    all_of: Vec<Schema>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_encoding: Option<&'static str>,
    #[serde(rename = "enum", skip_serializing_if = "Vec::is_empty")]
    values: Vec<String>,
    /// The field can hold data about a natural person.
    #[serde(rename = "x-personal", skip_serializing_if = "Option::is_none")]
    personal: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Box<Schema>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_properties: Option<Box<Schema>>,
    #[serde(serialize_with = "in_order", skip_serializing_if = "Option::is_none")]
    properties: Option<Vec<(String, Schema)>>,
    #[serde(rename = "$defs", skip_serializing_if = "BTreeMap::is_empty")]
    definitions: BTreeMap<String, Schema>,
}

fn in_order<S: Serializer>(properties: &Option<Vec<(String, Schema)>>, serializer: S) -> Result<S::Ok, S::Error> {
    let pairs = properties.iter().flatten().map(|(name, schema)| (name, schema));
    serializer.collect_map(pairs)
}

/// Where schemas are, which says how they refer to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a file of their own, with what they need.
    File,
    /// Among the components of an `AsyncAPI` document.
    Components,
}

/// The schema of an event in a file of its own.
pub fn of_event(event: &MessageDescriptor) -> anyhow::Result<Schema> {
    let mut definitions = BTreeMap::new();
    let mut schema = of_message(event, Place::File, &mut definitions)?;
    definitions.remove(event.full_name());
    schema.dialect = Some("https://json-schema.org/draft/2020-12/schema");
    schema.id = Some(format!("{ID}{}", event.full_name()));
    schema.definitions = definitions;
    Ok(schema)
}

/// Adds the schema of a message, and those of all messages and enums that it holds, by their full names.
pub fn add(message: &MessageDescriptor, schemas: &mut BTreeMap<String, Schema>) -> anyhow::Result<()> {
    let schema = of_message(message, Place::Components, schemas)?;
    schemas.insert(message.full_name().to_owned(), schema);
    Ok(())
}

fn of_message(
    message: &MessageDescriptor,
    place: Place,
    found: &mut BTreeMap<String, Schema>,
) -> anyhow::Result<Schema> {
    // Known from here on: a message may hold itself.
    found.insert(message.full_name().to_owned(), Schema::default());
    let mut properties = Vec::new();
    for field in message.fields() {
        properties.push((field.json_name().to_owned(), of_field(&field, place, found)?));
    }
    let (title, description) = (message.full_name().to_owned(), comment(&message.parent_file(), message.path())?);
    let (title, description) = (Some(title), Some(description));
    Ok(Schema { title, description, kind: Some(json!("object")), properties: Some(properties), ..Schema::default() })
}

fn of_field(field: &FieldDescriptor, place: Place, found: &mut BTreeMap<String, Schema>) -> anyhow::Result<Schema> {
    let described = comment(&field.parent_message().parent_file(), field.path())?;
    let mut schema = if field.is_map() {
        let entry = field.kind().as_message().map(MessageDescriptor::map_entry_value_field);
        let value = of_kind(&entry.context("a map has values")?.kind(), place, found)?;
        Schema { kind: Some(json!("object")), additional_properties: Some(Box::new(value)), ..Schema::default() }
    } else if field.is_list() {
        let items = Box::new(of_kind(&field.kind(), place, found)?);
        Schema { kind: Some(json!("array")), items: Some(items), default: Some(json!([])), ..Schema::default() }
    } else {
        let mut schema = of_kind(&field.kind(), place, found)?;
        // A field that is absent has this value.
        schema.default = if field.supports_presence() { None } else { default(&field.kind()) };
        schema
    };
    if place == Place::Components && schema.reference.is_some() {
        let reference = Schema { reference: schema.reference.take(), ..Schema::default() };
        schema.all_of.push(reference);
    }
    schema.personal = is_personal(field).then_some(true);
    schema.description = Some(described);
    Ok(schema)
}

fn of_kind(kind: &Kind, place: Place, found: &mut BTreeMap<String, Schema>) -> anyhow::Result<Schema> {
    let simple = |kind: &str| Schema { kind: Some(json!(kind)), ..Schema::default() };
    Ok(match kind {
        Kind::String => simple("string"),
        Kind::Bool => simple("boolean"),
        Kind::Bytes => Schema { content_encoding: Some("base64"), ..simple("string") },
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 | Kind::Uint32 | Kind::Fixed32 => simple("integer"),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Schema { pattern: Some("^-?[0-9]+$"), ..simple("string") },
        Kind::Uint64 | Kind::Fixed64 => Schema { pattern: Some("^[0-9]+$"), ..simple("string") },
        // Or one of the texts NaN, Infinity, -Infinity.
        Kind::Double | Kind::Float => Schema { kind: Some(json!(["number", "string"])), ..Schema::default() },
        Kind::Message(message) if message.full_name() == TIMESTAMP => {
            Schema { format: Some("date-time"), ..simple("string") }
        }
        Kind::Message(message) if message.full_name() == STRUCT => {
            Schema { additional_properties: Some(Box::default()), ..simple("object") }
        }
        Kind::Message(message) => {
            anyhow::ensure!(message.full_name().starts_with("quittance."), "no schema of {}", message.full_name());
            if !found.contains_key(message.full_name()) {
                let schema = of_message(message, place, found)?;
                found.insert(message.full_name().to_owned(), schema);
            }
            reference(message.full_name(), place)
        }
        Kind::Enum(values) => {
            found.insert(values.full_name().to_owned(), of_enum(values)?);
            reference(values.full_name(), place)
        }
    })
}

fn reference(name: &str, place: Place) -> Schema {
    let folder = match place {
        Place::File => "#/$defs",
        Place::Components => "#/components/schemas",
    };
    Schema { reference: Some(format!("{folder}/{name}")), ..Schema::default() }
}

/// The names of an enum, whose description says what each means.
fn of_enum(values: &EnumDescriptor) -> anyhow::Result<Schema> {
    let file = values.parent_file();
    let mut description = comment(&file, values.path())?;
    for value in values.values() {
        write!(description, "\n- `{}`: {}", value.name(), comment(&file, value.path())?)?;
    }
    let names = values.values().map(|value| value.name().to_owned()).collect();
    let (title, kind) = (Some(values.full_name().to_owned()), Some(json!("string")));
    Ok(Schema { title, description: Some(description), kind, values: names, ..Schema::default() })
}

fn default(kind: &Kind) -> Option<Value> {
    match kind {
        Kind::String | Kind::Bytes => Some(json!("")),
        Kind::Bool => Some(json!(false)),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 | Kind::Uint64 | Kind::Fixed64 => Some(json!("0")),
        Kind::Enum(values) => Some(json!(values.default_value().name())),
        Kind::Message(_) => None,
        _ => Some(json!(0)),
    }
}
