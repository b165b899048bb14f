//! Events as Kafka messages: the event itself as value, all else as headers, in the binary mode of the `CloudEvents` binding for Kafka.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, Utc};
use quittance_kernel::{EventId, TenantId};
use rdkafka::message::{Header, Headers as _, OwnedHeaders};
use uuid::Uuid;

use super::value;
use crate::{
    Envelope,
    attributes::{attributes, partition_key},
    envelope::origin,
};

/// The message key: events with one key stay in order.
pub(crate) fn key(envelope: &Envelope) -> String {
    partition_key(envelope)
}

/// The headers of a message. `source` is what the sources of an installation begin with.
pub(crate) fn write(source: &str, area: &str, envelope: &Envelope, content_type: &str) -> OwnedHeaders {
    let text = |headers: OwnedHeaders, key: &str, value: &str| headers.insert(Header { key, value: Some(value) });
    let mut headers = text(OwnedHeaders::new_with_capacity(19), "content-type", content_type);
    for (name, value) in attributes(source, area, envelope) {
        headers = text(headers, &format!("ce_{name}"), &value);
    }
    if let Some(traceparent) = &envelope.traceparent {
        headers = text(headers, "traceparent", traceparent);
    }
    if let Some(tracestate) = &envelope.tracestate {
        headers = text(headers, "tracestate", tracestate);
    }
    headers
}

/// The longest header of an event, in bytes: our own are shorter.
const MAX_HEADER_BYTES: usize = 1_000;

/// A header: its name, and its value where it has one.
type NamedValue<'a> = (&'a str, Option<&'a [u8]>);

/// The headers of a message by name. The client panics on a name that is not UTF-8, which any producer can send.
pub(crate) fn all(message: &impl rdkafka::Message) -> Result<Vec<NamedValue<'_>>, String> {
    let headers =
        || message.headers().into_iter().flat_map(|headers| headers.iter()).map(|h| (h.key, h.value)).collect();
    catch_unwind(AssertUnwindSafe(headers)).map_err(|_| "the name of a header is not text".to_owned())
}

/// The event in a message, or everything that is wrong with it.
pub fn read(message: &impl rdkafka::Message) -> Result<Envelope, String> {
    let mut bad = Vec::new();
    let mut read = Reader { headers: all(message)?, bad: &mut bad };
    let event_id = read.required("ce_id", |text| EventId::parse(text).map_err(|e| e.to_string()));
    let tenant = read.required("ce_tenant", |text| TenantId::parse(text).map_err(|e| e.to_string()));
    let kind = read.required("ce_type", |text| Ok(text.to_owned()));
    // Without a partition key it was published before the value was the event itself: the value is what is stored, and the subject the key.
    let is_event = read.text("ce_partitionkey").is_some();
    let ordering_key = if is_event {
        read.required("ce_partitionkey", |text| {
            let (_, key) = text.split_once('/').ok_or("not a tenant and a key")?;
            Uuid::try_parse(key).map_err(|e| e.to_string())
        })
    } else {
        read.required("ce_subject", |text| Uuid::try_parse(text).map_err(|e| e.to_string()))
    };
    let time =
        |text: &str| DateTime::parse_from_rfc3339(text).map(|time| time.with_timezone(&Utc)).map_err(|e| e.to_string());
    let recorded_at = read.required("ce_time", time);
    let positioned_at = read.optional("ce_positiontime", time);
    let position = read.required("ce_position", |text| match text.parse::<i64>() {
        // Ranges of positions need a next number, which the highest does not have.
        Ok(position) if (1..i64::MAX).contains(&position) => Ok(position),
        _ => Err(format!("not a whole number from 1 to {}", i64::MAX - 1)),
    });
    let causation = read.optional("ce_causationid", |text| EventId::parse(text).map_err(|e| e.to_string()));
    // Optional, and only said: what cannot be kept is left out.
    let text = |name| read.text(name).and_then(|value| checked_text(value).ok());
    let request = text("ce_requestid").and_then(|id| Uuid::try_parse(id).ok());
    let origin = origin(text("ce_actor"), text("ce_onbehalfof"), text("ce_method").map(str::to_owned), request);
    let traceparent = read.optional("traceparent", |text| Ok(text.to_owned()));
    // Optional: a value that cannot be stored is left out.
    let tracestate = read.text("tracestate").and_then(|value| checked_text(value).ok()).map(str::to_owned);
    let content_type = read.optional("content-type", |text| Ok(text.to_owned()));
    let payload = match (message.payload(), kind.as_deref()) {
        (None, _) => Err("there is no value".to_owned()),
        (Some(value), Some(kind)) if is_event => value::read(kind, content_type.as_deref(), value),
        (Some(value), _) => Ok(value.to_vec()),
    };
    let payload = payload.map_err(|why| bad.push(why)).ok();
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
            origin,
            traceparent,
            tracestate,
            recorded_at,
            positioned_at,
            payload,
            place: None,
        }),
        _ => Err(bad.join("; ")),
    }
}

/// The value of a header as text that a database can hold.
fn checked_text(value: &[u8]) -> Result<&str, String> {
    match std::str::from_utf8(value) {
        _ if value.len() > MAX_HEADER_BYTES => Err(format!("longer than {MAX_HEADER_BYTES} bytes")),
        Ok(text) if !text.contains('\0') => Ok(text),
        _ => Err("not text".to_owned()),
    }
}

/// Reads headers and collects what is wrong with them.
struct Reader<'a> {
    headers: Vec<NamedValue<'a>>,
    bad: &'a mut Vec<String>,
}

impl<'a> Reader<'a> {
    fn text(&self, name: &str) -> Option<&'a [u8]> {
        self.headers.iter().find(|(key, _)| *key == name)?.1
    }

    fn optional<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let value = self.text(name)?;
        let parsed = checked_text(value).and_then(parse);
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
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use quittance_proto::stored;
    use rdkafka::{Timestamp, message::OwnedMessage};

    use super::*;

    fn message(headers: Option<OwnedHeaders>, payload: Option<Vec<u8>>) -> OwnedMessage {
        OwnedMessage::new(payload, None, "probes".to_owned(), Timestamp::NotAvailable, 0, 0, headers)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            ids in any::<[u128; 3]>(),
            position in 1i64..i64::MAX,
            micros in 0i64..4_000_000_000_000_000,
            causation in any::<Option<u128>>(),
            event in any::<Vec<u8>>(),
            tracestate in prop::option::of("[a-z]{1,9}=[!-+.-<>-~]{1,200}"),
            actor in prop::option::of("[^\\PC]{1,200}"),
            person in prop::option::of("[^\\PC]{1,200}"),
        ) {
            let uuid = |bits| uuid::Builder::from_random_bytes(u128::to_be_bytes(bits)).into_uuid();
            let envelope = Envelope {
                position,
                event_id: EventId::new(uuid(ids[0])),
                tenant: TenantId::new(uuid(ids[1])),
                kind: "quittance.probes.v1.Probed".to_owned(),
                ordering_key: uuid(ids[2]),
                causation: causation.map(|bits| EventId::new(uuid(bits))),
                origin: origin(actor.as_deref(), person.as_deref(), Some("IssueInvoice".to_owned()), causation.map(uuid)),
                traceparent: tracestate.is_some().then(|| "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
                tracestate,
                recorded_at: DateTime::from_timestamp_micros(micros).unwrap(),
                positioned_at: causation.map(|_| DateTime::from_timestamp_micros(micros + 1).unwrap()),
                payload: stored(&event),
                place: None,
            };
            let headers = write("/quittance", "probes", &envelope, "application/protobuf");
            prop_assert_eq!(read(&message(Some(headers), Some(event))), Ok(envelope));
        }
    }

    /// An event with nothing that may be absent.
    fn plain() -> Envelope {
        Envelope {
            position: 1,
            event_id: EventId::new(Uuid::from_u128(1)),
            tenant: TenantId::new(Uuid::from_u128(2)),
            kind: "quittance.probes.v1.Probed".to_owned(),
            ordering_key: Uuid::from_u128(3),
            causation: None,
            origin: None,
            traceparent: None,
            tracestate: None,
            recorded_at: DateTime::UNIX_EPOCH,
            positioned_at: None,
            payload: stored(&[]),
            place: None,
        }
    }

    /// A value that the database or a range cannot hold makes a message invalid.
    #[test]
    fn what_cannot_be_kept_is_no_event() {
        let envelope = plain();
        let refused = |envelope: &Envelope| {
            let headers = write("/quittance", "probes", envelope, "application/protobuf");
            read(&message(Some(headers), Some(Vec::new()))).unwrap_err()
        };
        assert!(refused(&Envelope { position: i64::MAX, ..envelope.clone() }).contains("ce_position"));
        assert!(refused(&Envelope { kind: "a\0b".to_owned(), ..envelope.clone() }).contains("ce_type: not text"));
        assert!(refused(&Envelope { kind: "x".repeat(1_001), ..envelope.clone() }).contains("ce_type: longer"));
        let traceparent = Some("\0".to_owned());
        assert!(refused(&Envelope { traceparent, ..envelope.clone() }).contains("traceparent: not text"));
        for tracestate in ["\0".to_owned(), "x".repeat(1_001)] {
            let with_state = Envelope { tracestate: Some(tracestate), ..envelope.clone() };
            let event = read(&message(
                Some(write("/quittance", "probes", &with_state, "application/protobuf")),
                Some(Vec::new()),
            ));
            assert_eq!(event, Ok(envelope.clone()), "a state that cannot be kept is left out");
        }
    }

    /// Topics keep what was published before the value was the event itself.
    #[test]
    fn older_messages_are_read_as_they_are() {
        let [event_id, tenant, key] = [1, 2, 3].map(Uuid::from_u128);
        let headers = [
            ("ce_id", event_id.to_string()),
            ("ce_tenant", tenant.to_string()),
            ("ce_type", "quittance.probes.v1.Probed".to_owned()),
            ("ce_subject", key.to_string()),
            ("ce_time", "2026-03-02T09:00:00.000001Z".to_owned()),
            ("ce_position", "7".to_owned()),
        ];
        let headers = headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(Header { key, value: Some(value.as_str()) })
        });
        let read = read(&message(Some(headers), Some(vec![10, 1, 65]))).unwrap();
        assert_eq!((read.ordering_key, read.payload, read.positioned_at), (key, vec![10, 1, 65], None));
    }

    /// The description of the topics, which others generate code from, has exactly the headers that are written.
    #[test]
    fn every_header_is_described() {
        let document: serde_json::Value = serde_json::from_str(include_str!("../../../../docs/asyncapi.json")).unwrap();
        let described = &document["components"]["schemas"]["EventHeaders"];
        let least = plain();
        let most = Envelope {
            causation: Some(least.event_id),
            origin: origin(Some("portal"), Some("ada"), Some("IssueInvoice".to_owned()), Some(Uuid::from_u128(4))),
            traceparent: Some("t".to_owned()),
            tracestate: Some("s".to_owned()),
            positioned_at: Some(DateTime::UNIX_EPOCH),
            ..least.clone()
        };
        let names = |envelope: &Envelope| -> BTreeSet<String> {
            let headers = write("/quittance", "probes", envelope, "application/protobuf");
            headers.iter().map(|header| header.key.to_owned()).collect()
        };
        let required: BTreeSet<String> = serde_json::from_value(described["required"].clone()).unwrap();
        assert_eq!(names(&least), required);
        let all: BTreeSet<String> = described["properties"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(names(&most), all);
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
