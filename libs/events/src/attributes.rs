//! The attributes of an event by `CloudEvents`, which transports carry as headers.

use chrono::{DateTime, SecondsFormat, Utc};
use quittance_proto::{published, subject};

use crate::Envelope;

/// What the names of schemas begin with.
const SCHEMA: &str = "urn:quittance:schema:";

/// The key of an event: events with one key stay in order.
pub(crate) fn partition_key(envelope: &Envelope) -> String {
    format!("{}/{}", envelope.tenant, envelope.ordering_key)
}

/// The names and values of an event's attributes. `source` is what the sources of an installation begin with.
pub fn attributes(source: &str, area: &str, envelope: &Envelope) -> Vec<(&'static str, String)> {
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
    let subject = published(&envelope.payload).and_then(|event| subject(&envelope.kind, event));
    let mut attributes = vec![
        ("specversion", "1.0".to_owned()),
        ("id", envelope.event_id.to_string()),
        ("type", envelope.kind.clone()),
        ("source", format!("{source}/{area}")),
        ("subject", subject.unwrap_or_else(|| envelope.ordering_key.to_string())),
        ("time", time(envelope.recorded_at)),
        ("dataschema", format!("{SCHEMA}{}", envelope.kind)),
        ("partitionkey", partition_key(envelope)),
        ("tenant", envelope.tenant.to_string()),
        ("position", envelope.position.to_string()),
    ];
    attributes.extend(envelope.positioned_at.map(|at| ("positiontime", time(at))));
    attributes.extend(envelope.causation.map(|causation| ("causationid", causation.to_string())));
    if let Some(origin) = &envelope.origin {
        attributes.push(("actor", origin.actor.name().to_owned()));
        attributes.extend(origin.actor.on_behalf_of().map(|person| ("onbehalfof", person.to_owned())));
        attributes.push(("method", origin.method.clone().into_owned()));
        attributes.extend(origin.request.map(|request| ("requestid", request.to_string())));
    }
    attributes
}
