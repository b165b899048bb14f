//! Messages of the contract as proto3 JSON, in the standard mapping: names in lowerCamelCase, fields with their default value left out, numbers of 64 bits as
//! text, enum values by name. Converted by descriptor: there is no code for a single message.

use std::sync::LazyLock;

use prost::{DecodeError, Message as _};
use prost_reflect::{DescriptorPool, DeserializeOptions, DynamicMessage, MessageDescriptor, Value};
use prost_types::{ListValue, Struct, value::Kind};

use crate::FILE_DESCRIPTOR_SET;

/// Decoded once: it takes milliseconds.
static CONTRACT: LazyLock<Result<DescriptorPool, String>> =
    LazyLock::new(|| DescriptorPool::decode(FILE_DESCRIPTOR_SET).map_err(|error| error.to_string()));

/// Why a message has no JSON, or a JSON is not a message.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// The descriptors in this program cannot be read.
    #[error("the contract in this program cannot be read: {0}")]
    Contract(String),
    /// This version does not know the message.
    #[error("{0} is not in the contract")]
    UnknownMessage(String),
    /// This version does not know a field, which the JSON would lack.
    #[error("{0} has a field that is not in the contract")]
    UnknownField(String),
    /// The bytes are not the message's.
    #[error("the bytes cannot be decoded")]
    Bytes(#[from] DecodeError),
    /// The JSON is not the message's, or a value has no JSON, such as an instant after the year 9999.
    #[error("no JSON of {message}: {why}")]
    Json {
        /// Full name of the message.
        message: String,
        /// The reason.
        why: serde_json::Error,
    },
}

/// The descriptors of the contract.
pub fn contract() -> Result<&'static DescriptorPool, JsonError> {
    CONTRACT.as_ref().map_err(|why| JsonError::Contract(why.clone()))
}

/// The JSON of an encoded message, on one line. [`from_json`] makes the same bytes of it.
///
/// # Errors
/// The message or one of its fields is not in the contract, the bytes are not the message's, or a value has no JSON.
pub fn to_json(message: &str, bytes: &[u8]) -> Result<Vec<u8>, JsonError> {
    let decoded = DynamicMessage::decode(descriptor(message)?, bytes)?;
    if has_unknown_fields(&decoded) {
        return Err(JsonError::UnknownField(message.to_owned()));
    }
    serde_json::to_vec(&decoded).map_err(|why| JsonError::Json { message: message.to_owned(), why })
}

/// The bytes of a message in JSON. A field that is not in the contract is left out, as code generated from the contract does it.
///
/// # Errors
/// The message is not in the contract, or the JSON is not the message's.
pub fn from_json(message: &str, json: &[u8]) -> Result<Vec<u8>, JsonError> {
    let options = DeserializeOptions::new().deny_unknown_fields(false);
    let mut reader = serde_json::Deserializer::from_slice(json);
    let read = DynamicMessage::deserialize_with_options(descriptor(message)?, &mut reader, &options)
        .and_then(|read| reader.end().map(|()| read));
    read.map(|read| read.encode_to_vec()).map_err(|why| JsonError::Json { message: message.to_owned(), why })
}

/// The JSON of an encoded message, as a message that every language reads without knowing its type.
///
/// # Errors
/// As [`to_json`].
pub fn to_struct(message: &str, bytes: &[u8]) -> Result<Struct, JsonError> {
    let json = to_json(message, bytes)?;
    let read = |why| JsonError::Json { message: message.to_owned(), why };
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&json).map_err(read)?;
    Ok(Struct { fields: fields.into_iter().map(|(name, field)| (name, value_of(field))).collect() })
}

fn value_of(json: serde_json::Value) -> prost_types::Value {
    let kind = match json {
        serde_json::Value::Null => Kind::NullValue(0),
        serde_json::Value::Bool(value) => Kind::BoolValue(value),
        // Integers of 64 bits and decimals are text in the JSON of the contract.
        serde_json::Value::Number(value) => Kind::NumberValue(value.as_f64().unwrap_or_default()),
        serde_json::Value::String(value) => Kind::StringValue(value),
        serde_json::Value::Array(values) => {
            Kind::ListValue(ListValue { values: values.into_iter().map(value_of).collect() })
        }
        serde_json::Value::Object(fields) => Kind::StructValue(Struct {
            fields: fields.into_iter().map(|(name, field)| (name, value_of(field))).collect(),
        }),
    };
    prost_types::Value { kind: Some(kind) }
}

fn descriptor(message: &str) -> Result<MessageDescriptor, JsonError> {
    contract()?.get_message_by_name(message).ok_or_else(|| JsonError::UnknownMessage(message.to_owned()))
}

/// Whether a message, or one within it, has a field that its descriptor does not have.
fn has_unknown_fields(message: &DynamicMessage) -> bool {
    let within = |value: &Value| value.as_message().is_some_and(has_unknown_fields);
    message.unknown_fields().next().is_some()
        || message.fields().any(|(_, value)| match value {
            Value::List(entries) => entries.iter().any(within),
            Value::Map(entries) => entries.values().any(within),
            value => within(value),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        common::v1::Money,
        invoicing::v1::{Customer, CustomerCreated, InvoiceDrafted},
        payments::v1::{PaymentMethod, PaymentReceived},
    };

    const DRAFTED: &str = "quittance.invoicing.v1.InvoiceDrafted";

    fn text(message: &str, bytes: &[u8]) -> String {
        String::from_utf8(to_json(message, bytes).unwrap()).unwrap()
    }

    #[test]
    fn the_mapping_is_the_standard_one() {
        let total = Some(Money { currency_code: "EUR".to_owned(), amount: "1.00".to_owned() });
        let drafted = InvoiceDrafted { invoice_id: "i".to_owned(), customer_id: String::new(), total, invoice: None };
        let json = r#"{"invoiceId":"i","total":{"currencyCode":"EUR","amount":"1.00"}}"#;
        assert_eq!(text(DRAFTED, &drafted.encode_to_vec()), json);
        assert_eq!(from_json(DRAFTED, json.as_bytes()).unwrap(), drafted.encode_to_vec());
        assert_eq!(text(DRAFTED, &[]), "{}");
        let received = PaymentReceived { method: PaymentMethod::Card.into(), ..PaymentReceived::default() };
        let kind = "quittance.payments.v1.PaymentReceived";
        assert_eq!(text(kind, &received.encode_to_vec()), r#"{"method":"PAYMENT_METHOD_CARD"}"#);
        let later = PaymentReceived { method: 99, ..PaymentReceived::default() }.encode_to_vec();
        assert_eq!(text(kind, &later), r#"{"method":99}"#, "a value of a later version");
        assert_eq!(from_json(kind, br#"{"method":99}"#).unwrap(), later);
    }

    #[test]
    fn what_json_cannot_hold_is_an_error() {
        // Field 100, at the top and within a message.
        let unknown = [0xa2, 0x06, 0x01, b'x'];
        let customer = [&[0x0a, 0x04][..], &unknown].concat();
        for (message, bytes) in [(DRAFTED, &unknown[..]), ("quittance.invoicing.v1.CustomerCreated", &customer)] {
            assert!(matches!(to_json(message, bytes), Err(JsonError::UnknownField(_))), "{message}");
        }
        assert!(matches!(to_json("quittance.invoicing.v1.Later", &[]), Err(JsonError::UnknownMessage(_))));
        assert!(matches!(to_json(DRAFTED, b"garbage"), Err(JsonError::Bytes(_))));
        let create_time = Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 });
        let customer = Some(Customer { create_time, ..Customer::default() });
        let bytes = CustomerCreated { customer }.encode_to_vec();
        assert!(to_json("quittance.invoicing.v1.CustomerCreated", &bytes).is_err());
    }

    #[test]
    fn a_field_of_a_later_version_is_left_out_and_anything_else_is_refused() {
        let read = from_json(DRAFTED, br#"{"invoiceId":"i","later":{"a":[1]}}"#).unwrap();
        assert_eq!(InvoiceDrafted::decode(read.as_slice()).unwrap().invoice_id, "i");
        for json in [&b""[..], b"[]", b"{", b"{} {}", b"{\"invoiceId\":1}", b"\xff", b"\x0a\x01i"] {
            assert!(matches!(from_json(DRAFTED, json), Err(JsonError::Json { .. })), "{json:?}");
        }
    }
}
