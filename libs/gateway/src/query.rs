//! Query parameters to fields of a request: nested fields by dots, entries of maps by a dot and their key, lists by repetition, every value as text.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};
use serde_json::Value as Json;

use crate::{
    Binding, Body,
    json::{field_named, is_value, read_value},
    problem::{ENUM_UNKNOWN, FIELD_UNKNOWN, JSON_MALFORMED, PARAMETER_TWICE, Problem, VALUE_MALFORMED},
};

/// Sets the fields that the parameters name.
pub(crate) fn read(binding: &Binding, query: &str, request: &mut DynamicMessage, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let (Some(name), Some(value)) = (decoded(name), decoded(value)) else {
            problems.push(Problem::new(name, JSON_MALFORMED, "is not UTF-8"));
            continue;
        };
        if let Err(problem) = set(binding, request, &name, &value, &mut seen) {
            problems.push(problem);
        }
    }
}

/// As forms encode it: `+` is a space.
fn decoded(text: &str) -> Option<String> {
    percent_decode_str(&text.replace('+', " ")).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

fn set(
    binding: &Binding,
    request: &mut DynamicMessage,
    name: &str,
    text: &str,
    seen: &mut BTreeSet<String>,
) -> Result<(), Problem> {
    let unknown = || Problem::new(name, FIELD_UNKNOWN, "is not a parameter of this method");
    let Parameter { path, key } = parameter(binding, name).ok_or_else(unknown)?;
    let Some((field, outer)) = path.split_last() else { return Err(unknown()) };
    let mut full_name = path.iter().map(FieldDescriptor::name).collect::<Vec<_>>().join(".");
    full_name.extend(key.iter().flat_map(|key| [".", key.as_str()]));
    let value = match (&key, field.kind()) {
        (Some(_), _) => Ok(Value::String(text.to_owned())),
        (None, Kind::Message(message)) if message.name() == "FieldMask" => Ok(field_mask(&message, text)),
        (None, _) => json(field, text).and_then(|value| read_value(field, value)),
    };
    let value = value.map_err(|error| {
        let reason = if matches!(field.kind(), Kind::Enum(_)) { ENUM_UNKNOWN } else { VALUE_MALFORMED };
        Problem::new(&full_name, reason, error)
    })?;
    if !field.is_list() && !seen.insert(full_name.clone()) {
        return Err(Problem::new(full_name, PARAMETER_TWICE, "is given more than once"));
    }
    let mut message = request;
    for field in outer {
        message = message.get_field_mut(field).as_message_mut().ok_or_else(unknown)?;
    }
    match message.get_field_mut(field) {
        Value::List(entries) if field.is_list() => entries.push(value),
        Value::Map(entries) => drop(entries.insert(MapKey::String(key.unwrap_or_default()), value)),
        place => *place = value,
    }
    Ok(())
}

/// What a parameter names.
struct Parameter {
    /// The fields from the request to the one it sets.
    path: Vec<FieldDescriptor>,
    /// The key, where that is a map from texts to texts.
    key: Option<String>,
}

/// What a parameter names; `a[key]` is `a.key`, as OpenAPI writes maps. `None` where no parameter can: the body has it, or the path, or there is none.
fn parameter(binding: &Binding, name: &str) -> Option<Parameter> {
    let bracketed = name.strip_suffix(']').and_then(|name| name.split_once('['));
    let dotted = bracketed.map(|(map, key)| format!("{map}.{key}"));
    let name = dotted.as_deref().unwrap_or(name);
    let mut path: Vec<FieldDescriptor> = Vec::new();
    let mut key = None;
    let mut rest = Some(name);
    while let Some(name) = rest {
        if path.last().is_some_and(is_map_of_texts) {
            key = Some(name.to_owned());
            break;
        }
        let part;
        (part, rest) = name.split_once('.').map_or((name, None), |(part, rest)| (part, Some(rest)));
        let message = match path.last() {
            None => binding.rpc().input(),
            Some(outer) if outer.is_list() || outer.is_map() => return None,
            Some(outer) => outer.kind().as_message().filter(|message| !is_value(message))?.clone(),
        };
        path.push(field_named(&message, part)?);
    }
    let is_in_body = match binding.body() {
        Body::Nothing => false,
        Body::Request => true,
        Body::Field(field) => path.first() == Some(field),
    };
    let full_name = path.iter().map(FieldDescriptor::name).collect::<Vec<_>>().join(".");
    let is_in_path = binding.template().variables().any(|variable| variable == full_name);
    let last = path.last()?;
    let is_leaf = if last.is_map() { key.is_some() } else { last.kind().as_message().is_none_or(is_value) };
    (!is_in_body && !is_in_path && is_leaf).then_some(Parameter { path, key })
}

fn is_map_of_texts(field: &FieldDescriptor) -> bool {
    let kind = field.kind();
    let entry = kind.as_message().filter(|_| field.is_map());
    entry.is_some_and(|entry| {
        [entry.map_entry_key_field(), entry.map_entry_value_field()].iter().all(|part| part.kind() == Kind::String)
    })
}

/// The value of a parameter as JSON would have it.
fn json(field: &FieldDescriptor, text: &str) -> Result<Json, String> {
    match field.kind() {
        Kind::Bool => text.parse().map(Json::Bool).map_err(|_| "is not true or false".to_owned()),
        Kind::Enum(_) => Ok(text.parse::<i32>().map_or_else(|_| Json::from(text), Json::from)),
        _ => Ok(Json::from(text)),
    }
}

/// A mask of paths with commas between them, in both spellings of fields. Keys of a map stay as they are.
fn field_mask(message: &MessageDescriptor, text: &str) -> Value {
    let paths = text.split(',').map(|path| Value::String(snake_case(path.trim())));
    let mut mask = DynamicMessage::new(message.clone());
    mask.set_field_by_name("paths", Value::List(paths.collect()));
    Value::Message(mask)
}

fn snake_case(path: &str) -> String {
    let (fields, key) = match path.split_once('.') {
        Some((METADATA, key)) => (METADATA, Some(key)),
        _ => (path, None),
    };
    let mut snake = String::with_capacity(path.len());
    for letter in fields.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake.extend(key.iter().flat_map(|key| [".", key]));
    snake
}

/// The map of a resource whose entries are changed one by one.
const METADATA: &str = "metadata";

#[cfg(test)]
mod tests {
    use prost_reflect::DescriptorPool;

    use super::*;
    use crate::bindings;

    fn binding(service: &str, rpc: &str) -> Binding {
        let pool = DescriptorPool::decode(quittance_proto::FILE_DESCRIPTOR_SET).unwrap();
        let all = bindings(&pool.get_service_by_name(service).unwrap()).unwrap();
        all.into_iter().find(|binding| binding.rpc().name() == rpc).unwrap()
    }

    /// The request as JSON, or path and reason of all that is wrong.
    fn read(binding: &Binding, query: &str) -> Result<Json, Vec<(String, &'static str)>> {
        let mut request = DynamicMessage::new(binding.rpc().input());
        let mut problems = Vec::new();
        super::read(binding, query, &mut request, &mut problems);
        if problems.is_empty() {
            Ok(serde_json::to_value(&request).unwrap())
        } else {
            Err(problems.into_iter().map(|problem| (problem.field, problem.reason)).collect())
        }
    }

    #[test]
    fn parameters_have_both_spellings_and_are_decoded() {
        let list = binding("quittance.invoicing.v1.InvoiceService", "ListInvoices");
        let expected = serde_json::json!({"number": "a b/ü", "orderBy": "due_on desc", "pageSize": 5});
        for query in [
            "number=a+b%2F%C3%BC&page_size=5&order_by=due_on+desc",
            "&number=a%20b/%C3%BC&&pageSize=5&orderBy=due_on%20desc&",
        ] {
            assert_eq!(read(&list, query), Ok(expected.clone()), "{query}");
        }
        let states = |query: &str| read(&list, query).map(|request| request["states"].clone());
        assert_eq!(
            states("states=1&states=INVOICE_STATE_PAID"),
            Ok(serde_json::json!(["INVOICE_STATE_DRAFT", "INVOICE_STATE_PAID"]))
        );
        // The service refuses a number that it does not know.
        assert_eq!(states("states=99"), Ok(serde_json::json!([99])));
        assert_eq!(read(&list, ""), Ok(serde_json::json!({})));
    }

    #[test]
    fn what_is_in_the_body_or_the_path_is_no_parameter() {
        let update = binding("quittance.invoicing.v1.CustomerService", "UpdateCustomer");
        let mask = |query: &str| read(&update, query).map(|request| request["updateMask"].clone());
        assert_eq!(mask("updateMask=name,tax_id,bankAccounts"), Ok(Json::from("name,taxId,bankAccounts")));
        assert_eq!(mask("update_mask=*"), Ok(Json::from("*")));
        let paths = |query: &str| {
            let mut request = DynamicMessage::new(update.rpc().input());
            super::read(&update, query, &mut request, &mut Vec::new());
            let mask = request.get_field_by_name("update_mask").unwrap().into_owned();
            let paths = mask.as_message().unwrap().get_field_by_name("paths").unwrap().into_owned();
            paths.as_list().unwrap().iter().map(|path| path.as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(
            paths("updateMask=address.postalCode,+metadata.CRM.id_1"),
            ["address.postal_code", "metadata.CRM.id_1"]
        );
        let get = binding("quittance.invoicing.v1.CustomerService", "GetCustomer");
        let create = binding("quittance.invoicing.v1.InvoiceService", "CreateAndIssueInvoice");
        for (binding, query) in [
            (&update, "customer.name=x"),
            (&update, "customer=x"),
            (&update, "update_mask.paths=name"),
            (&get, "customerId=1"),
            (&get, "nothing=1"),
            (&create, "requestId=1"),
        ] {
            let name = query.split_once('=').unwrap().0.to_owned();
            assert_eq!(read(binding, query), Err(vec![(name, FIELD_UNKNOWN)]), "{query}");
        }
    }

    #[test]
    fn a_value_has_the_type_of_its_field() {
        let payments = binding("quittance.payments.v1.PaymentService", "ListPayments");
        assert_eq!(read(&payments, "unappliedOnly=true"), Ok(serde_json::json!({"unappliedOnly": true})));
        for (query, field, reason) in [
            ("unapplied_only=yes", "unapplied_only", VALUE_MALFORMED),
            ("pageSize=1.5", "page_size", VALUE_MALFORMED),
            ("pageSize=", "page_size", VALUE_MALFORMED),
            ("pageSize=1&page_size=1", "page_size", PARAMETER_TWICE),
            ("customerId=%ff", "customerId", JSON_MALFORMED),
        ] {
            assert_eq!(read(&payments, query), Err(vec![(field.to_owned(), reason)]), "{query}");
        }
    }

    #[test]
    fn entries_of_a_map_are_reached_by_their_keys() {
        let list = binding("quittance.invoicing.v1.CustomerService", "ListCustomers");
        let expected = serde_json::json!({"metadata": {"crm.id": "7 b", "Region": "EU"}});
        assert_eq!(read(&list, "metadata.crm.id=7+b&metadata.Region=EU"), Ok(expected.clone()));
        assert_eq!(read(&list, "metadata[crm.id]=7+b&metadata%5BRegion%5D=EU"), Ok(expected));
        let wrong = |query: &str, field: &str, reason| {
            assert_eq!(read(&list, query), Err(vec![(field.to_owned(), reason)]), "{query}");
        };
        wrong("metadata=x", "metadata", FIELD_UNKNOWN);
        wrong("metadata.a=1&metadata.a=2", "metadata.a", PARAMETER_TWICE);
    }

    #[test]
    fn nested_fields_are_reached_by_dots_and_lists_by_repetition() {
        let list = binding("quittance.invoicing.v1.InvoiceService", "ListInvoices");
        let query = "total.currencyCode=EUR&total.from_amount=1.20&customerIds=a&customer_ids=b&updateTime.fromTime=2026-03-02T09:00:00Z&issued_on.from_on=2026-01-01";
        let expected = serde_json::json!({
            "total": {"currencyCode": "EUR", "fromAmount": "1.20"}, "customerIds": ["a", "b"],
            "updateTime": {"fromTime": "2026-03-02T09:00:00Z"}, "issuedOn": {"fromOn": "2026-01-01"},
        });
        assert_eq!(read(&list, query), Ok(expected));
        let wrong = |query: &str, field: &str, reason| {
            assert_eq!(read(&list, query), Err(vec![(field.to_owned(), reason)]), "{query}");
        };
        wrong("total=1", "total", FIELD_UNKNOWN);
        wrong("total.cents=1", "total.cents", FIELD_UNKNOWN);
        wrong("customer_ids.x=1", "customer_ids.x", FIELD_UNKNOWN);
        wrong("update_time.from_time.seconds=1", "update_time.from_time.seconds", FIELD_UNKNOWN);
        wrong("updateTime.fromTime=yesterday", "update_time.from_time", VALUE_MALFORMED);
    }
}
