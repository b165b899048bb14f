//! Events decoded for people.

use anyhow::Context as _;
use prost_reflect::{DynamicMessage, SerializeOptions};
use quittance_events::Envelope;
use quittance_proto::{contract, published, published_json, subject};
use serde_json::{Value, json};

/// An event decoded for people. One that cannot be decoded is shown as hexadecimal digits, one of an unknown type that came as JSON as it came.
pub(crate) fn decode(envelope: &Envelope) -> Value {
    let bytes = published(&envelope.payload).unwrap_or(&envelope.payload);
    let event = published_json(&envelope.payload)
        .map_or_else(|| read(&envelope.kind, bytes), |json| Ok(serde_json::from_slice(json)?))
        .unwrap_or_else(|error| json!({"unreadable": error.to_string(), "bytes": hex::encode(bytes)}));
    json!({
        "position": envelope.position,
        "id": envelope.event_id.to_string(),
        "type": envelope.kind,
        "tenant": envelope.tenant.to_string(),
        "subject": subject(&envelope.kind, bytes),
        "key": envelope.ordering_key.to_string(),
        "time": envelope.recorded_at.to_rfc3339(),
        "position_time": envelope.positioned_at.map(|time| time.to_rfc3339()),
        "causation": envelope.causation.map(|id| id.to_string()),
        "traceparent": envelope.traceparent,
        "tracestate": envelope.tracestate,
        "event": event,
    })
}

fn read(kind: &str, event: &[u8]) -> anyhow::Result<Value> {
    let message = contract()?.get_message_by_name(kind).with_context(|| format!("{kind} is not in the contract"))?;
    let event = DynamicMessage::decode(message, event).context("the bytes cannot be decoded")?;
    let options = SerializeOptions::new().use_proto_field_name(true);
    Ok(event.serialize_with_options(serde_json::value::Serializer, &options)?)
}
