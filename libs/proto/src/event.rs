//! Events as they are stored and as they are published. A row of the outbox has the message of its area, with the event in one field; what is
//! published is the event itself. The two are turned into each other on their bytes: an event of a later version passes unchanged.

use prost::encoding::{WireType, decode_key, decode_varint, encode_key, encode_varint};
use serde::de::IgnoredAny;

use crate::json::{JsonError, from_json};

/// The message that all events of an area are stored in.
pub trait AreaEvent: prost::Message + Default {
    /// Its full name.
    const NAME: &'static str;

    /// The field of an event by the full name of its message; `None` where this version does not know it.
    fn field_of(kind: &str) -> Option<u32> {
        EVENTS.iter().find(|event| event.area == Self::NAME && event.name == kind).map(|event| event.field)
    }
}

/// An event of the contract.
struct EventType {
    /// Full name of its message.
    name: &'static str,
    /// Full name of the message it is stored in.
    area: &'static str,
    /// Its field there.
    field: u32,
    /// The collection of the resource that it is about.
    collection: &'static str,
    /// The fields that lead to the id of the resource.
    id: &'static [u32],
}

include!(concat!(env!("OUT_DIR"), "/events.rs"));

/// The field of an event that no area has: of a later version, until it is known.
const UNKNOWN: u32 = (1 << 29) - 1;
/// The same, for an event that came as JSON: it has bytes once its type is known.
const UNKNOWN_JSON: u32 = UNKNOWN - 1;

/// The bytes of the event itself, of what is stored; `None` if these are not the bytes of one field, or are those of an event in JSON.
pub fn published(stored: &[u8]) -> Option<&[u8]> {
    content(stored).and_then(|(field, event)| (field != UNKNOWN_JSON).then_some(event))
}

/// The JSON of an event that was published as JSON and whose type was not known when it was stored.
pub fn published_json(stored: &[u8]) -> Option<&[u8]> {
    content(stored).and_then(|(field, event)| (field == UNKNOWN_JSON).then_some(event))
}

/// The only field of what is stored.
fn content(stored: &[u8]) -> Option<(u32, &[u8])> {
    let mut rest = stored;
    let (field, WireType::LengthDelimited) = decode_key(&mut rest).ok()? else { return None };
    let length = usize::try_from(decode_varint(&mut rest).ok()?).ok()?;
    (rest.len() == length).then_some((field, rest))
}

/// What is stored of an event that was published.
pub fn stored(event: &[u8]) -> Vec<u8> {
    in_field(UNKNOWN, event)
}

/// What is stored of an event that was published as JSON.
///
/// # Errors
/// It is not the JSON of the event; of an event that is not in the contract: not JSON at all.
pub fn stored_from_json(kind: &str, json: &[u8]) -> Result<Vec<u8>, JsonError> {
    if EVENTS.iter().any(|event| event.name == kind) {
        return Ok(stored(&from_json(kind, json)?));
    }
    match serde_json::from_slice::<IgnoredAny>(json) {
        Ok(_) => Ok(in_field(UNKNOWN_JSON, json)),
        Err(why) => Err(JsonError::Json { message: kind.to_owned(), why }),
    }
}

/// The stored bytes in the form that [`AreaEvent`] decodes: an event whose kind was not known when it was stored may be known now. `None` where they are in
/// that form, or the kind is still unknown.
///
/// # Errors
/// The event was stored as JSON, and is not what its kind says.
pub fn known<E: AreaEvent>(kind: &str, stored: &[u8]) -> Result<Option<Vec<u8>>, JsonError> {
    let Some(field) = E::field_of(kind) else { return Ok(None) };
    match content(stored) {
        Some((UNKNOWN, event)) => Ok(Some(in_field(field, event))),
        Some((UNKNOWN_JSON, json)) => Ok(Some(in_field(field, &from_json(kind, json)?))),
        _ => Ok(None),
    }
}

fn in_field(field: u32, event: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(event.len() + 16);
    encode_key(field, WireType::LengthDelimited, &mut bytes);
    encode_varint(event.len() as u64, &mut bytes);
    bytes.extend_from_slice(event);
    bytes
}

/// Whether there is an event with this name in the contract.
pub fn is_event(kind: &str) -> bool {
    EVENTS.iter().any(|event| event.name == kind)
}

/// The resource that an event is about, as a collection and an id, for example `invoices/0190b3a0-...`, or the name alone of what a tenant has one of; `None` for an event that is not in the contract.
pub fn subject(kind: &str, event: &[u8]) -> Option<String> {
    let known = EVENTS.iter().find(|event| event.name == kind)?;
    if known.id.is_empty() {
        return Some(known.collection.to_owned());
    }
    let id = known.id.iter().try_fold(event, |message, field| field_of(message, *field))?;
    Some(format!("{}/{}", known.collection, std::str::from_utf8(id).ok()?))
}

/// The last value of a field with a length.
fn field_of(message: &[u8], field: u32) -> Option<&[u8]> {
    let (mut rest, mut found) = (message, None);
    while !rest.is_empty() {
        let (number, wire_type) = decode_key(&mut rest).ok()?;
        let length = match wire_type {
            WireType::Varint => {
                decode_varint(&mut rest).ok()?;
                0
            }
            WireType::SixtyFourBit => 8,
            WireType::ThirtyTwoBit => 4,
            WireType::LengthDelimited => usize::try_from(decode_varint(&mut rest).ok()?).ok()?,
            WireType::StartGroup | WireType::EndGroup => return None,
        };
        let (value, after) = rest.split_at_checked(length)?;
        if number == field && wire_type == WireType::LengthDelimited {
            found = Some(value);
        }
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::invoicing::v1::{InvoicingEvent, ItemSettled, Settlement, TenantCreated, invoicing_event::Payload};

    const KIND: &str = "quittance.invoicing.v1.ItemSettled";

    fn settled() -> ItemSettled {
        let settlement = Settlement { allocation_id: "a".to_owned(), item_id: "i".to_owned(), ..Default::default() };
        ItemSettled { settlement: Some(settlement), customer_id: "c".to_owned(), ..ItemSettled::default() }
    }

    #[test]
    fn what_is_stored_is_published_as_the_event_itself_and_back() {
        let area = InvoicingEvent { payload: Some(Payload::ItemSettled(settled())) };
        let row = area.encode_to_vec();
        let event = published(&row).unwrap();
        assert_eq!(ItemSettled::decode(event), Ok(settled()));
        let again = stored(event);
        assert_eq!(InvoicingEvent::decode(again.as_slice()).unwrap().payload, None, "an older version parks it");
        assert_eq!(published(&again), Some(event));
        assert_eq!(known::<InvoicingEvent>(KIND, &again).unwrap(), Some(row.clone()));
        assert_eq!(known::<InvoicingEvent>("quittance.invoicing.v1.Later", &again).unwrap(), None);
        assert_eq!(known::<InvoicingEvent>("quittance.payments.v1.PaymentReceived", &again).unwrap(), None);
        assert_eq!(known::<InvoicingEvent>(KIND, &row).unwrap(), None, "it is in its field");
    }

    #[test]
    fn an_event_in_json_is_stored_as_its_bytes_or_as_it_came_until_its_type_is_known() {
        let json = br#"{"settlement":{"allocationId":"a","itemId":"i"},"customerId":"c"}"#;
        let event = settled().encode_to_vec();
        assert_eq!(published(&stored_from_json(KIND, json).unwrap()), Some(event.as_slice()));
        assert!(stored_from_json(KIND, b"{\"customerId\":1}").is_err());

        let later = stored_from_json("quittance.invoicing.v1.Later", json).unwrap();
        assert_eq!((published(&later), published_json(&later)), (None, Some(&json[..])));
        assert_eq!(InvoicingEvent::decode(later.as_slice()).unwrap().payload, None, "it is parked");
        assert_eq!(known::<InvoicingEvent>("quittance.invoicing.v1.Later", &later).unwrap(), None);
        // After the upgrade to a version that knows it.
        let area = InvoicingEvent { payload: Some(Payload::ItemSettled(settled())) };
        assert_eq!(known::<InvoicingEvent>(KIND, &later).unwrap(), Some(area.encode_to_vec()));
        let wrong = stored_from_json("quittance.invoicing.v1.Later", b"{\"customerId\":1}").unwrap();
        assert!(known::<InvoicingEvent>(KIND, &wrong).is_err());
        assert!(stored_from_json("quittance.invoicing.v1.Later", b"{").is_err());
        assert_eq!(published_json(&stored(&event)), None);
    }

    #[test]
    fn the_subject_is_the_resource() {
        assert_eq!(subject(KIND, &settled().encode_to_vec()), Some("items/i".to_owned()));
        assert_eq!(subject("quittance.invoicing.v1.Later", &[]), None);
        assert_eq!(subject("quittance.invoicing.v1.TenantCreated", &TenantCreated::default().encode_to_vec()), None);
        assert_eq!(subject(KIND, b"garbage"), None);
    }

    #[test]
    fn only_the_bytes_of_one_field_are_an_event() {
        for bytes in [&b""[..], b"\x0a", b"\x0a\x05abc", b"\x0a\x01ab", b"\x08\x01", b"\xff"] {
            assert_eq!(published(bytes), None, "{bytes:?}");
        }
        assert_eq!(published(b"\x0a\x00"), Some(&b""[..]));
    }
}
