//! The value of a message: an event in one of its forms, named by the header `content-type`.

use std::borrow::Cow;

use quittance_proto::{published, published_json, stored, stored_from_json, to_json};

use super::EventFormat;
use crate::Envelope;

const PROTOBUF: &str = "application/protobuf";
const JSON: &str = "application/json";

/// The largest value in JSON, in bytes: topics take messages of 4 MiB, with key and headers. An event in protobuf is smaller than that.
const MAX_JSON_BYTES: usize = 4_000_000;

/// The value of a message, and its content type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EventValue<'a> {
    pub(crate) bytes: Cow<'a, [u8]>,
    pub(crate) content_type: &'static str,
}

impl<'a> EventValue<'a> {
    /// What is stored, for a dead letter that is not an event.
    pub(crate) fn as_stored(envelope: &'a Envelope) -> Self {
        Self { bytes: envelope.payload.as_slice().into(), content_type: PROTOBUF }
    }
}

/// An event in the form that is wanted, or in protobuf where JSON would not hold all of it: of a later version than this one, or too large.
/// `None` if what is stored is not an event.
pub(crate) fn write(format: EventFormat, envelope: &Envelope) -> Option<EventValue<'_>> {
    if let Some(json) = published_json(&envelope.payload) {
        return Some(EventValue { bytes: json.into(), content_type: JSON });
    }
    let event = published(&envelope.payload)?;
    if format == EventFormat::Json {
        let why = match to_json(&envelope.kind, event) {
            Ok(json) if json.len() <= MAX_JSON_BYTES => {
                return Some(EventValue { bytes: json.into(), content_type: JSON });
            }
            Ok(json) => format!("{} bytes of JSON are too many", json.len()),
            Err(error) => error.to_string(),
        };
        let (kind, position) = (&envelope.kind, envelope.position);
        tracing::warn!(kind, position, why, "an event is published as protobuf instead of JSON");
    }
    Some(EventValue { bytes: event.into(), content_type: PROTOBUF })
}

/// What is stored of the event in a value. A message without a content type is protobuf.
pub(crate) fn read(kind: &str, content_type: Option<&str>, value: &[u8]) -> Result<Vec<u8>, String> {
    // Parameters, such as a character set, say nothing new: JSON is UTF-8.
    let media_type = content_type.map_or(PROTOBUF, |text| text.split(';').next().unwrap_or(text).trim());
    if media_type.eq_ignore_ascii_case(JSON) {
        stored_from_json(kind, value).map_err(|error| error.to_string())
    } else if media_type.eq_ignore_ascii_case(PROTOBUF) {
        Ok(stored(value))
    } else {
        Err(format!("header content-type: neither {PROTOBUF} nor {JSON}"))
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use quittance_kernel::{EventId, TenantId};
    use quittance_proto::invoicing::v1::{InvoiceDeleted, InvoiceVoided};
    use uuid::Uuid;

    use super::*;

    const DELETED: &str = "quittance.invoicing.v1.InvoiceDeleted";

    fn envelope(kind: &str, payload: Vec<u8>) -> Envelope {
        Envelope {
            position: 1,
            event_id: EventId::new(Uuid::from_u128(1)),
            tenant: TenantId::new(Uuid::from_u128(2)),
            kind: kind.to_owned(),
            ordering_key: Uuid::from_u128(3),
            causation: None,
            origin: None,
            traceparent: None,
            tracestate: None,
            recorded_at: chrono::DateTime::UNIX_EPOCH,
            positioned_at: None,
            payload,
            place: None,
        }
    }

    fn deleted() -> Vec<u8> {
        InvoiceDeleted { invoice_id: "i".to_owned(), customer_id: "ü".to_owned() }.encode_to_vec()
    }

    #[test]
    fn an_event_has_two_forms_that_are_read_as_one() {
        let event = envelope(DELETED, stored(&deleted()));
        let json = write(EventFormat::Json, &event).unwrap();
        assert_eq!((&*json.bytes, json.content_type), (r#"{"invoiceId":"i","customerId":"ü"}"#.as_bytes(), JSON));
        let binary = write(EventFormat::Protobuf, &event).unwrap();
        assert_eq!((&*binary.bytes, binary.content_type), (deleted().as_slice(), PROTOBUF));
        for EventValue { bytes, content_type } in [json, binary] {
            assert_eq!(read(DELETED, Some(content_type), &bytes).as_ref(), Ok(&event.payload));
        }
        assert_eq!(read(DELETED, None, &deleted()).as_ref(), Ok(&event.payload));
        let parameters = Some("Application/JSON; charset=utf-8");
        assert_eq!(read(DELETED, parameters, b"{}"), Ok(stored(&[])));
        assert!(read(DELETED, Some("text/plain"), b"{}").unwrap_err().contains("content-type"));
        assert!(read(DELETED, Some(JSON), &deleted()).is_err());
    }

    #[test]
    fn what_json_would_not_hold_stays_protobuf() {
        let long = InvoiceVoided { reason: "\0".repeat(MAX_JSON_BYTES / 5), ..InvoiceVoided::default() };
        let unknown = [deleted(), vec![0xa2, 0x06, 0x01, b'x']].concat();
        for (kind, event) in [
            ("quittance.invoicing.v1.Later", deleted()),
            (DELETED, unknown),
            ("quittance.invoicing.v1.InvoiceVoided", long.encode_to_vec()),
        ] {
            let envelope = envelope(kind, stored(&event));
            let value = write(EventFormat::Json, &envelope).unwrap();
            assert_eq!((&*value.bytes, value.content_type), (event.as_slice(), PROTOBUF), "{kind}");
        }
        assert_eq!(write(EventFormat::Json, &envelope(DELETED, vec![])), None);
    }

    #[test]
    fn json_of_a_later_version_is_passed_on_as_it_came() {
        let later = "quittance.invoicing.v1.Later";
        let payload = read(later, Some(JSON), b"{\"a\": 1}").unwrap();
        let envelope = envelope(later, payload);
        for format in [EventFormat::Protobuf, EventFormat::Json] {
            let value = write(format, &envelope).unwrap();
            assert_eq!((&*value.bytes, value.content_type), (&b"{\"a\": 1}"[..], JSON));
        }
    }
}
