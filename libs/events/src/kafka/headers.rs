//! Events as Kafka messages: the protobuf bytes as value, all else as headers, in the binary mode of the `CloudEvents` binding for Kafka.

use chrono::{DateTime, SecondsFormat, Utc};
use quittance_kernel::{EventId, TenantId};
use rdkafka::message::{Header, Headers as _, OwnedHeaders};
use uuid::Uuid;

use crate::Envelope;

/// The key of a message: events with one key stay in order.
pub(crate) fn key(envelope: &Envelope) -> String {
    format!("{}/{}", envelope.tenant, envelope.ordering_key)
}

/// The headers of a message.
pub(crate) fn write(area: &str, envelope: &Envelope) -> OwnedHeaders {
    let text = |headers: OwnedHeaders, key: &str, value: &str| headers.insert(Header { key, value: Some(value) });
    let time = envelope.recorded_at.to_rfc3339_opts(SecondsFormat::Micros, true);
    let mut headers = OwnedHeaders::new_with_capacity(11);
    headers = text(headers, "ce_specversion", "1.0");
    headers = text(headers, "ce_id", &envelope.event_id.to_string());
    headers = text(headers, "ce_type", &envelope.kind);
    headers = text(headers, "ce_source", &format!("/quittance/{area}"));
    headers = text(headers, "ce_subject", &envelope.ordering_key.to_string());
    headers = text(headers, "ce_time", &time);
    headers = text(headers, "content-type", "application/protobuf");
    headers = text(headers, "ce_tenant", &envelope.tenant.to_string());
    headers = text(headers, "ce_position", &envelope.position.to_string());
    if let Some(causation) = envelope.causation {
        headers = text(headers, "ce_causationid", &causation.to_string());
    }
    if let Some(traceparent) = &envelope.traceparent {
        headers = text(headers, "traceparent", traceparent);
    }
    headers
}

/// The event in a message, or everything that keeps the message from being one.
pub fn read(message: &impl rdkafka::Message) -> Result<Envelope, String> {
    let mut bad = Vec::new();
    let mut read = Reader { message, bad: &mut bad };
    let event_id = read.required("ce_id", |text| EventId::parse(text).map_err(|e| e.to_string()));
    let tenant = read.required("ce_tenant", |text| TenantId::parse(text).map_err(|e| e.to_string()));
    let kind = read.required("ce_type", |text| Ok(text.to_owned()));
    let ordering_key = read.required("ce_subject", |text| Uuid::try_parse(text).map_err(|e| e.to_string()));
    let recorded_at = read.required("ce_time", |text| {
        DateTime::parse_from_rfc3339(text).map(|time| time.with_timezone(&Utc)).map_err(|e| e.to_string())
    });
    let position = read.required("ce_position", |text| match text.parse::<i64>() {
        Ok(position) if position > 0 => Ok(position),
        _ => Err("not a whole number above 0".to_owned()),
    });
    let causation = read.optional("ce_causationid", |text| EventId::parse(text).map_err(|e| e.to_string()));
    let traceparent = read.optional("traceparent", |text| Ok(text.to_owned()));
    let payload = message.payload().map(<[u8]>::to_vec);
    if payload.is_none() {
        bad.push("there is no value".to_owned());
    }
    match (event_id, tenant, kind, ordering_key, recorded_at, position, payload) {
        (
            Some(event_id),
            Some(tenant),
            Some(kind),
            Some(ordering_key),
            Some(recorded_at),
            Some(position),
            Some(payload),
        ) if bad.is_empty() => Ok(Envelope {
            position,
            event_id,
            tenant,
            kind,
            ordering_key,
            causation,
            traceparent,
            recorded_at,
            payload,
        }),
        _ => Err(bad.join("; ")),
    }
}

/// Reads headers and gathers what is wrong with them.
struct Reader<'a, M> {
    message: &'a M,
    bad: &'a mut Vec<String>,
}

impl<M: rdkafka::Message> Reader<'_, M> {
    fn text(&self, name: &str) -> Option<&[u8]> {
        self.message.headers()?.iter().find(|header| header.key == name)?.value
    }

    fn optional<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let value = self.text(name)?;
        let parsed = std::str::from_utf8(value).map_err(|_| "not text".to_owned()).and_then(parse);
        parsed.map_err(|why| self.bad.push(format!("header {name}: {why}"))).ok()
    }

    fn required<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        if self.text(name).is_none() {
            self.bad.push(format!("header {name} is missing"));
            return None;
        }
        self.optional(name, parse)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rdkafka::{Timestamp, message::OwnedMessage};

    use super::*;

    fn message(headers: Option<OwnedHeaders>, payload: Option<Vec<u8>>) -> OwnedMessage {
        OwnedMessage::new(payload, None, "probes".to_owned(), Timestamp::NotAvailable, 0, 0, headers)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            ids in any::<[u128; 3]>(),
            position in 1i64..,
            micros in 0i64..4_000_000_000_000_000,
            causation in any::<Option<u128>>(),
            payload in any::<Vec<u8>>(),
        ) {
            let uuid = |bits| uuid::Builder::from_random_bytes(u128::to_be_bytes(bits)).into_uuid();
            let envelope = Envelope {
                position,
                event_id: EventId::new(uuid(ids[0])),
                tenant: TenantId::new(uuid(ids[1])),
                kind: "quittance.probes.v1.Probed".to_owned(),
                ordering_key: uuid(ids[2]),
                causation: causation.map(|bits| EventId::new(uuid(bits))),
                traceparent: None,
                recorded_at: DateTime::from_timestamp_micros(micros).unwrap(),
                payload: payload.clone(),
            };
            prop_assert_eq!(read(&message(Some(write("probes", &envelope)), Some(payload))), Ok(envelope));
        }
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let headers = OwnedHeaders::new()
            .insert(Header { key: "ce_id", value: Some("x") })
            .insert(Header { key: "ce_tenant", value: Some([0xff_u8].as_slice()) })
            .insert(Header { key: "ce_position", value: Some("-1") });
        let why = read(&message(Some(headers), None)).unwrap_err();
        for part in ["ce_id:", "ce_tenant: not text", "ce_type is missing", "ce_position: not a whole", "no value"] {
            assert!(why.contains(part), "{why}");
        }
        assert!(read(&message(None, Some(b"garbage".to_vec()))).is_err());
    }
}
