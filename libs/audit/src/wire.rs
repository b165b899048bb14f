//! Recorded events as messages of the contract.

use quittance_events::RecordedEvent;
use quittance_proto::{common::v1 as pb, instant, published, to_json};
use serde_json::Value;

use crate::changes::changes;

/// The types of events that say that something was changed end with this.
const UPDATED: &str = "Updated";

/// The entry of an event.
pub(crate) fn entry(event: &RecordedEvent) -> pb::AuditEntry {
    let after = json(&event.kind, &event.payload).unwrap_or_default();
    let before = event.before.as_ref().filter(|_| event.kind.ends_with(UPDATED));
    let before = before.and_then(|(kind, payload)| json(kind, payload));
    let changes = before.map(|before| changes(&before, &after)).unwrap_or_default();
    pb::AuditEntry {
        event_id: event.event_id.to_string(),
        event_type: event.kind.clone(),
        subject: event.subject.clone().unwrap_or_default(),
        record_time: Some(instant(event.recorded_at)),
        actor: event.actor.clone().unwrap_or_default(),
        on_behalf_of: event.on_behalf_of.clone().unwrap_or_default(),
        method: event.method.clone().unwrap_or_default(),
        request_id: event.request.map(|id| id.to_string()).unwrap_or_default(),
        reason: after.get("reason").and_then(Value::as_str).unwrap_or_default().to_owned(),
        changes: changes
            .into_iter()
            .map(|change| pb::FieldChange { path: change.path, before: change.before, after: change.after })
            .collect(),
    }
}

/// The event as JSON; `None` where this version does not know it.
fn json(kind: &str, payload: &[u8]) -> Option<Value> {
    let json = to_json(kind, published(payload)?).ok()?;
    serde_json::from_slice(&json).ok()
}
