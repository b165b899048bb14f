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

#[cfg(test)]
mod tests {
    use prost_reflect::DescriptorPool;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::bindings;

    fn call(
        binding: &Binding,
        variables: &[&str],
        key: Option<&str>,
        body: &str,
    ) -> Result<Json, Vec<(String, &'static str)>> {
        let variables = variables.iter().map(|value| (*value).to_owned()).collect();
        let call = Call { variables, query: String::new(), idempotency_key: key.map(str::to_owned) };
        match binding.read(&call, body.as_bytes()) {
            Ok(bytes) => {
                let message = DynamicMessage::decode(binding.rpc().input(), bytes.as_slice()).unwrap();
                Ok(serde_json::to_value(&message).unwrap())
            }
            Err(problems) => Err(problems.into_iter().map(|problem| (problem.field, problem.reason)).collect()),
        }
    }

    fn binding(service: &str, rpc: &str) -> Binding {
        let pool = DescriptorPool::decode(quittance_proto::FILE_DESCRIPTOR_SET).unwrap();
        let service = pool.get_service_by_name(&format!("quittance.invoicing.v1.{service}")).unwrap();
        bindings(&service).unwrap().into_iter().find(|binding| binding.rpc().name() == rpc).unwrap()
    }

    #[test]
    fn path_header_and_body_make_one_request() {
        let void = binding("InvoiceService", "VoidInvoice");
        let expected = json!({"requestId": "r", "invoiceId": "a/b", "reason": "twice"});
        assert_eq!(call(&void, &["a%2Fb"], Some("r"), r#"{"reason": "twice"}"#), Ok(expected.clone()));
        assert_eq!(
            call(
                &void,
                &["a%2Fb"],
                None,
                r#"{"request_id": "r", "invoiceId": "a/b", "reason": "twice", "etag": null}"#
            ),
            Ok(expected)
        );
        assert_eq!(call(&void, &["a"], None, ""), Ok(json!({"invoiceId": "a"})), "no body has no fields");
        let update = binding("CustomerService", "UpdateCustomer");
        assert_eq!(
            call(&update, &["7"], Some("\"r\""), "{}"),
            Ok(json!({"requestId": "r", "customer": {"customerId": "7"}}))
        );
        assert_eq!(call(&update, &["7"], None, ""), Ok(json!({"customer": {"customerId": "7"}})));
    }

    #[test]
    fn what_is_said_twice_is_said_alike() {
        let void = binding("InvoiceService", "VoidInvoice");
        let both = call(&void, &["a"], Some("r"), r#"{"invoiceId": "b", "requestId": "s"}"#);
        let expected = [("invoice_id", PATH_MISMATCH), ("request_id", IDEMPOTENCY_KEY_MISMATCH)];
        assert_eq!(both, Err(expected.map(|(field, reason)| (field.to_owned(), reason)).to_vec()));
        assert!(call(&void, &["a"], Some("AB"), r#"{"requestId": "ab"}"#).is_ok(), "a UUID in capitals is the same");
        let broken = call(&void, &["%ff"], None, "");
        assert_eq!(broken, Err(vec![("invoice_id".to_owned(), JSON_MALFORMED)]));
    }

    #[test]
    fn a_key_has_no_meaning_where_requests_have_no_id() {
        let get = binding("InvoiceService", "GetInvoice");
        assert_eq!(call(&get, &["a"], Some("r"), ""), Ok(json!({"invoiceId": "a"})));
        assert_eq!(call(&get, &["a"], None, "{}"), Err(vec![(BODY.to_owned(), FIELD_UNKNOWN)]));
    }

    #[test]
    fn everything_wrong_in_a_body_is_found_and_not_more_than_a_response_holds() {
        let create = binding("InvoiceService", "BatchCreateInvoices");
        let body = json!({"requests": [
            {"invoice": {"lines": [{"quantity": 1}], "issuedOn": true}},
            {"invoice": [], "request": "x"},
            null,
        ], "view": "SOME", "views": 1});
        let found = call(&create, &[], None, &body.to_string()).unwrap_err();
        let expected = [
            ("requests[0].invoice.issued_on", "VALUE_MALFORMED"),
            ("requests[0].invoice.lines[0].quantity", "VALUE_MALFORMED"),
            ("requests[1].invoice", "VALUE_MALFORMED"),
            ("requests[1].request", "FIELD_UNKNOWN"),
            ("requests[2]", "VALUE_MALFORMED"),
            ("view", "ENUM_UNKNOWN"),
            ("views", "FIELD_UNKNOWN"),
        ];
        assert_eq!(found, expected.map(|(field, reason)| (field.to_owned(), reason)));
        let many: serde_json::Map<String, Json> = (0..10_000).map(|i| (format!("x{i}"), json!(1))).collect();
        assert_eq!(call(&create, &[], None, &Json::Object(many).to_string()).unwrap_err().len(), 100);
        for (text, reason) in
            [("{", JSON_MALFORMED), ("{} {}", JSON_MALFORMED), ("\u{1}", JSON_MALFORMED), ("null", "VALUE_MALFORMED")]
        {
            assert_eq!(call(&create, &[], None, text), Err(vec![(BODY.to_owned(), reason)]), "{text}");
        }
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(call(&create, &[], None, &deep), Err(vec![(BODY.to_owned(), JSON_MALFORMED)]));
    }
}
