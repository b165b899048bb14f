//! An HTTP request to the request message of its method.

use percent_encoding::percent_decode_str;
use prost_reflect::{DynamicMessage, Value, prost::Message as _};

use crate::{
    Binding, Body, json,
    problem::{BODY, FIELD_UNKNOWN, IDEMPOTENCY_KEY_MISMATCH, JSON_MALFORMED, PATH_MISMATCH, Problem},
    query,
};

/// The parts of an HTTP request that its message is made of, beside the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The values of the path's variables as they were sent, in order.
    pub variables: Vec<String>,
    /// The query, without its question mark.
    pub query: String,
    /// The value of `Idempotency-Key`.
    pub idempotency_key: Option<String>,
}

impl Binding {
    /// The bytes of the request message, or everything that is wrong.
    pub fn read(&self, call: &Call, body: &[u8]) -> Result<Vec<u8>, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut request = self.read_body(body).unwrap_or_else(|found| {
            problems = found;
            DynamicMessage::new(self.rpc().input())
        });
        query::read(self, &call.query, &mut request, &mut problems);
        for (variable, value) in self.template().variables().zip(&call.variables) {
            problems.extend(set_variable(&mut request, variable, value).err());
        }
        if let Some(key) = &call.idempotency_key {
            problems.extend(self.set_request_id(&mut request, key).err());
        }
        if problems.is_empty() { Ok(request.encode_to_vec()) } else { Err(problems) }
    }

    /// The request with the fields that the body holds. No body is one without fields.
    fn read_body(&self, body: &[u8]) -> Result<DynamicMessage, Vec<Problem>> {
        let mut request = DynamicMessage::new(self.rpc().input());
        if body.is_empty() {
            return Ok(request);
        }
        match self.body() {
            Body::Nothing => Err(vec![Problem::new(BODY, FIELD_UNKNOWN, "this method has no body")]),
            Body::Request => json::read(&self.rpc().input(), body, ""),
            Body::Field(field) => {
                if let Some(message) = field.kind().as_message() {
                    request.set_field(field, Value::Message(json::read(message, body, field.name())?));
                }
                Ok(request)
            }
        }
    }

    /// Methods that change nothing, and batches, whose entries have ids of their own, have none.
    fn set_request_id(&self, request: &mut DynamicMessage, key: &str) -> Result<(), Problem> {
        let Some(field) = self.request_id() else { return Ok(()) };
        // The header's draft standard has a text in quotation marks.
        let key = key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key);
        let is_same = |given: &str| given.is_empty() || given.eq_ignore_ascii_case(key);
        if !request.get_field(&field).as_str().is_some_and(is_same) {
            let description = "is another than the header Idempotency-Key: give one of them, or the same";
            return Err(Problem::new(field.name(), IDEMPOTENCY_KEY_MISMATCH, description));
        }
        request.set_field(&field, Value::String(key.to_owned()));
        Ok(())
    }
}

/// Sets the field of a variable of the path.
fn set_variable(request: &mut DynamicMessage, variable: &str, value: &str) -> Result<(), Problem> {
    let value = percent_decode_str(value).decode_utf8();
    let value = value.map_err(|_| Problem::new(variable, JSON_MALFORMED, "is not UTF-8"))?;
    let mut message = request;
    let mut name = variable;
    while let Some((outer, rest)) = name.split_once('.') {
        let Some(inner) = message.get_field_by_name_mut(outer).and_then(Value::as_message_mut) else { return Ok(()) };
        (message, name) = (inner, rest);
    }
    let Some(place) = message.get_field_by_name_mut(name) else { return Ok(()) };
    if place.as_str().is_some_and(|given| !given.is_empty() && given != value) {
        return Err(Problem::new(variable, PATH_MISMATCH, "is another than in the path"));
    }
    *place = Value::String(value.into_owned());
    Ok(())
}
