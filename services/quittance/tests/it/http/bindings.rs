//! A walk over all bindings: each reaches its method, with a request that is filled from its descriptor.

use http::{Method, Version};
use prost::bytes::Bytes;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use quittance_gateway::{Binding, Body, Segment, contract};
use serde_json::{Map, Value, json};

use super::{Http, request_id};
use crate::telemetry::{free_address, scrape};

/// How deep messages are filled.
const DEEPEST: usize = 4;

/// Some value for a field, as JSON has it.
fn value(field: &FieldDescriptor, depth: usize) -> Option<Value> {
    let one = match field.kind() {
        Kind::Message(message) => match message.full_name() {
            "google.protobuf.Timestamp" => json!("2026-03-02T09:00:00Z"),
            "google.protobuf.Duration" => json!("60s"),
            "google.protobuf.FieldMask" => json!("*"),
            _ if depth == DEEPEST => return None,
            _ => message_value(&message, depth + 1),
        },
        Kind::Enum(values) => json!(values.values().last().unwrap().name()),
        Kind::Bool => json!(true),
        Kind::Bytes => json!("QUJD"),
        Kind::String if field.name() == "request_id" => json!(request_id()),
        Kind::String => json!("text"),
        Kind::Int64 | Kind::Uint64 => json!("1"),
        _ => json!(1),
    };
    Some(if field.is_list() { json!([one]) } else { one })
}

/// A message with all fields, and one of those of which only one can be given.
fn message_value(message: &MessageDescriptor, depth: usize) -> Value {
    let is_given = |field: &FieldDescriptor| {
        field
            .containing_oneof()
            .is_none_or(|oneof| oneof.is_synthetic() || oneof.fields().next().as_ref() == Some(field))
    };
    let filled = message
        .fields()
        .filter(is_given)
        .filter_map(|field| Some((field.json_name().to_owned(), value(&field, depth)?)));
    Value::Object(filled.collect::<Map<_, _>>())
}

/// The path, the query and the body of a filled request.
fn filled(binding: &Binding) -> (String, Bytes) {
    let mut path = String::new();
    for segment in binding.template().segments() {
        path.push('/');
        path += match segment {
            Segment::Literal(text) => text,
            Segment::Variable(_) => "text",
        };
    }
    path = binding.template().verb().map_or_else(|| path.clone(), |verb| format!("{path}:{verb}"));
    let input = binding.rpc().input();
    let mut rest = message_value(&input, 0);
    for field in binding.template().variables().filter_map(|variable| input.get_field_by_name(variable)) {
        rest.as_object_mut().unwrap().remove(field.json_name());
    }
    let body = match binding.body() {
        Body::Request => return (path, rest.to_string().into()),
        Body::Field(field) => rest.as_object_mut().unwrap().remove(field.json_name()).unwrap().to_string().into(),
        Body::Nothing => Bytes::new(),
    };
    let mut parameters = Vec::new();
    add_parameters("", &rest, &mut parameters);
    (format!("{path}?{}", parameters.join("&")), body)
}

/// A value as parameters: nested fields by dots, lists by repetition.
fn add_parameters(name: &str, value: &Value, parameters: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let name = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
                add_parameters(&name, value, parameters);
            }
        }
        Value::Array(entries) => entries.iter().for_each(|entry| add_parameters(name, entry, parameters)),
        Value::String(text) => parameters.push(format!("{name}={text}")),
        other => parameters.push(format!("{name}={other}")),
    }
}

#[tokio::test]
async fn every_binding_reaches_its_method() {
    let metrics = free_address();
    let http = Http::start(Version::HTTP_11, &[("QUITTANCE_TELEMETRY__METRICS_LISTEN", &metrics.to_string())]).await;
    let bindings = contract().unwrap().bindings();
    assert!(bindings.len() > 85, "{} bindings", bindings.len());
    let mut unread = Vec::new();
    for binding in bindings {
        let (path, body) = filled(binding);
        // What is output only is in no parameter, and in a body has no effect.
        let reply = http.send(http.request(binding.method().clone(), &path), body).await;
        let is_ours = |reason: &str| {
            [
                "FIELD_UNKNOWN",
                "VALUE_MALFORMED",
                "JSON_MALFORMED",
                "PATH_MISMATCH",
                "PARAMETER_TWICE",
                "PATH_UNKNOWN",
                "HTTP_METHOD_UNKNOWN",
            ]
            .contains(&reason)
        };
        if is_ours(reply.reason())
            || reply.violations().iter().any(|(_, reason)| is_ours(reason))
            || reply.status.as_u16() == 500
        {
            unread.push(format!("{} {path}: {}", binding.method(), reply.body));
        }
    }
    assert!(unread.is_empty(), "{}", unread.join("\n"));
    let shown = scrape(metrics);
    let uncounted = bindings
        .iter()
        .map(|binding| binding.grpc_path().trim_start_matches('/'))
        .filter(|name| !shown.contains(&format!("rpc_server_call_duration_seconds_count{{rpc_method=\"{name}\"")));
    assert_eq!(uncounted.collect::<Vec<_>>(), Vec::<&str>::new(), "each call is counted as its method's");
    http.stop().await;
}

#[tokio::test]
async fn the_openapi_document_is_served_without_a_token() {
    let http = Http::start(Version::HTTP_2, &[]).await;
    let served = http.send(http::Request::get(format!("{}/openapi.json", http.up.address)), Bytes::new()).await.ok();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let written: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(served == written, "it is docs/openapi.json");
    let posted = http.send(http.request(Method::POST, "/openapi.json"), "{}").await;
    assert_eq!((posted.status.as_u16(), posted.header("allow")), (405, Some("GET")));
    http.stop().await;
}
