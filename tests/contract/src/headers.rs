//! The headers of messages.

use serde_json::{Map, Value, json};

/// A header. Values are text in UTF-8.
#[derive(Debug)]
pub struct Header {
    /// Its name.
    pub name: &'static str,
    /// Whether every message has it.
    pub is_required: bool,
    /// Of its text, as in JSON Schema.
    format: Option<&'static str>,
    description: &'static str,
}

const fn required(name: &'static str, format: Option<&'static str>, description: &'static str) -> Header {
    Header { name, is_required: true, format, description }
}

const fn optional(name: &'static str, format: Option<&'static str>, description: &'static str) -> Header {
    Header { name, is_required: false, format, description }
}

/// The headers of events: `CloudEvents`, Kafka binding, binary mode.
pub const EVENT: &[Header] = &[
    required("ce_specversion", None, "`1.0`"),
    required("ce_id", Some("uuid"), "The event's id. It is applied once, however often it comes."),
    required("ce_type", None, "Full name of the message that the value is."),
    required(
        "ce_source",
        Some("uri-reference"),
        "The installation and the area: `/quittance/<area>`, which begins with the setting `kafka.source`.",
    ),
    required(
        "ce_subject",
        None,
        "The resource that it is about, for example `invoices/019cad8f-ac00-7e9d-a86d-351cf9a7642d`.",
    ),
    required("ce_time", Some("date-time"), "When it was recorded."),
    required("ce_dataschema", Some("uri"), "`urn:quittance:schema:` and the type; the id of its JSON Schema."),
    required("content-type", None, "The form of the value: `application/protobuf` or `application/json`."),
    required("ce_partitionkey", None, "The key of the message."),
    required("ce_tenant", Some("uuid"), "The tenant's id."),
    required("ce_position", None, "Its place among the area's events: from 1, without a gap."),
    optional(
        "ce_positiontime",
        Some("date-time"),
        "When it was given its place: what was known at an instant are the events with a time up to it. It never goes back. Absent: published before it was kept; take ce_time.",
    ),
    optional("ce_causationid", Some("uuid"), "The id of what caused it."),
    optional(
        "ce_actor",
        None,
        "Who did it: the subject of the caller's token, or `quittance-<area>` for a service's own work.",
    ),
    optional("ce_onbehalfof", None, "The person that the caller acts for."),
    optional("ce_method", None, "The method that was called, or the operation of the service's own work."),
    optional("ce_requestid", Some("uuid"), "The `request_id` of the call."),
    optional("traceparent", None, "The trace that it belongs to (W3C)."),
    optional("tracestate", None, "What tracing systems keep with the trace (W3C), up to 512 bytes."),
];

/// What dead letters have beside the headers of the message.
pub const DEAD_LETTER: &[Header] = &[
    required("quittance_error", None, "Why it could not be applied."),
    required("quittance_place", None, "Where it was read: topic, partition and offset, with slashes between."),
];

/// The schema of these headers.
pub fn schema(headers: &[Header]) -> Value {
    let required: Vec<&str> = headers.iter().filter(|header| header.is_required).map(|header| header.name).collect();
    json!({"type": "object", "required": required, "properties": properties(headers)})
}

/// The schema of the headers of dead letters: a message that was not an event may lack any of an event's.
pub fn of_dead_letters() -> Value {
    let mut own = schema(DEAD_LETTER);
    if let Some(all) = own["properties"].as_object_mut() {
        all.extend(properties(EVENT));
    }
    own
}

fn properties(headers: &[Header]) -> Map<String, Value> {
    let property = |header: &Header| {
        let mut schema = json!({"type": "string", "description": header.description});
        if let Some(format) = header.format {
            schema["format"] = json!(format);
        }
        (header.name.to_owned(), schema)
    };
    headers.iter().map(property).collect()
}
