//! What is common to the messages of requests. The implementations are generated.

/// A value of an enum that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownEnum {
    /// Path of the field, for example `invoice.rounding_rule.mode`.
    pub field: String,
    /// The number.
    pub value: i32,
}

/// A message of a request, or a part of one.
pub trait RequestMessage: prost::Message {
    /// The enum fields with unknown numbers. Generated code reads them as unspecified, which in a filter means everything.
    fn unknown_enums(&self) -> Vec<UnknownEnum> {
        Vec::new()
    }
}

/// A request that changes something, and so carries an id that makes it idempotent.
pub trait Mutating: RequestMessage {
    /// Takes the id out of the message: it is not part of the command.
    fn take_request_id(&mut self) -> String;
}

/// A request of a list.
pub trait Listing: RequestMessage {
    /// The full name of the message.
    const NAME: &'static str;

    /// Takes page size and page token out of the message: what remains is the query.
    fn take_page(&mut self) -> (i32, String);
}

/// A resource that is changed with an update mask.
pub trait Resource: RequestMessage {
    /// The names of the fields that are given: of these consists the mask of a request without one.
    fn populated(&self) -> Vec<&'static str>;
}

fn value<E: TryFrom<i32>>(found: &mut Vec<UnknownEnum>, field: &str, value: i32) {
    if E::try_from(value).is_err() {
        found.push(UnknownEnum { field: field.to_owned(), value });
    }
}

#[allow(dead_code, clippy::allow_attributes, reason = "used where the contract has a repeated enum in a request")]
fn each_value<E: TryFrom<i32>>(found: &mut Vec<UnknownEnum>, field: &str, values: &[i32]) {
    for (i, number) in values.iter().enumerate() {
        value::<E>(found, &format!("{field}[{i}]"), *number);
    }
}

fn within<M: RequestMessage>(found: &mut Vec<UnknownEnum>, field: &str, message: Option<&M>) {
    for inner in message.map(RequestMessage::unknown_enums).unwrap_or_default() {
        found.push(UnknownEnum { field: format!("{field}.{}", inner.field), ..inner });
    }
}

fn each<M: RequestMessage>(found: &mut Vec<UnknownEnum>, field: &str, messages: &[M]) {
    for (i, message) in messages.iter().enumerate() {
        within(found, &format!("{field}[{i}]"), Some(message));
    }
}

include!(concat!(env!("OUT_DIR"), "/requests.rs"));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoicing::v1 as invoicing;

    #[test]
    fn unknown_numbers_are_found_at_any_depth() {
        let rounding_rule = Some(invoicing::RoundingRule { scope: 1, mode: 99 });
        let invoice = invoicing::Invoice { rounding_rule, ..Default::default() };
        let request = invoicing::CreateInvoiceRequest { invoice: Some(invoice), ..Default::default() };
        let found = UnknownEnum { field: "invoice.rounding_rule.mode".to_owned(), value: 99 };
        assert_eq!(request.unknown_enums(), std::slice::from_ref(&found));
        let requests = vec![invoicing::CreateInvoiceRequest::default(), request];
        let batch = invoicing::BatchCreateInvoicesRequest { requests, view: 98 };
        let in_batch = UnknownEnum { field: format!("requests[1].{}", found.field), value: 99 };
        let of_batch = UnknownEnum { field: "view".to_owned(), value: 98 };
        assert_eq!(batch.unknown_enums(), [in_batch, of_batch]);
    }

    #[test]
    fn unknown_numbers_are_found_in_the_chosen_message() {
        let policy = invoicing::LateEntryPolicy { treatment: 99 };
        let content = Some(invoicing::policy::Content::LateEntries(policy));
        let policy = Some(invoicing::Policy { content, ..Default::default() });
        let request = invoicing::CreatePolicyRequest { policy, ..Default::default() };
        let found = UnknownEnum { field: "policy.late_entries.treatment".to_owned(), value: 99 };
        assert_eq!(request.unknown_enums(), [found]);
    }

    #[test]
    fn populated_are_the_fields_that_are_given() {
        let contacts = vec![invoicing::Contact::default()];
        let address = Some(crate::common::v1::Address::default());
        let customer = invoicing::Customer { name: "Ada".to_owned(), contacts, address, ..Default::default() };
        assert_eq!(customer.populated(), ["name", "address", "contacts"]);
    }

    /// A client of a newer version sends back what it read.
    #[test]
    fn what_is_output_only_is_not_looked_at() {
        let invoice = Some(invoicing::Invoice { state: 99, ..Default::default() });
        let request = invoicing::UpdateInvoiceRequest { invoice, ..Default::default() };
        assert_eq!(request.unknown_enums(), []);
    }
}
