//! Events decoded for people.

use anyhow::Context as _;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use quittance_events::Envelope;
use quittance_proto::FILE_DESCRIPTOR_SET;
use serde_json::{Value, json};

/// An event decoded for people. A payload that cannot be decoded is shown as hexadecimal digits.
pub(crate) fn decode(area: &str, envelope: &Envelope) -> Value {
    let event = read(area, &envelope.payload)
        .unwrap_or_else(|error| json!({"unreadable": error.to_string(), "bytes": hex::encode(&envelope.payload)}));
    json!({
        "position": envelope.position,
        "id": envelope.event_id.to_string(),
        "type": envelope.kind,
        "tenant": envelope.tenant.to_string(),
        "subject": envelope.ordering_key.to_string(),
        "time": envelope.recorded_at.to_rfc3339(),
        "causation": envelope.causation.map(|id| id.to_string()),
        "traceparent": envelope.traceparent,
        "tracestate": envelope.tracestate,
        "event": event,
    })
}

/// The area's event message, found by its name: `quittance.<area>.v1.<Area>Event`.
fn read(area: &str, payload: &[u8]) -> anyhow::Result<Value> {
    let package = format!("quittance.{}.v1", area.replace('-', ""));
    let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).context("the contract in this program cannot be read")?;
    let message = pool
        .all_messages()
        .find(|message| {
            message.package_name() == package
                && message.name().ends_with("Event")
                && message.oneofs().any(|oneof| oneof.name() == "payload")
        })
        .with_context(|| format!("{package} has no events"))?;
    let event = DynamicMessage::decode(message, payload).context("the bytes cannot be decoded")?;
    let options = SerializeOptions::new().use_proto_field_name(true);
    Ok(event.serialize_with_options(serde_json::value::Serializer, &options)?)
}
