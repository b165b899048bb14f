//! The field violations of a request, collected before anything is done.

use quittance_kernel::reason::FIELD_REQUIRED;
use quittance_proto::{RequestMessage, UnknownEnum};
use tonic::{Code, Status};

use crate::Fault;

/// The reason for an enum with a number that is not in the contract.
const ENUM_UNKNOWN: &str = "ENUM_UNKNOWN";

/// A field violation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Its path, for example `invoice.lines[2].tax_rate`.
    pub field: String,
    /// The machine-readable reason.
    pub reason: &'static str,
    /// A sentence for people.
    pub description: String,
}

impl Violation {
    /// A violation of one field.
    pub fn new(field: impl Into<String>, reason: &'static str, description: impl Into<String>) -> Self {
        Self { field: field.into(), reason, description: description.into() }
    }
}

/// All field violations of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// Whether there are no violations.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a violation.
    pub fn add(&mut self, field: impl Into<String>, reason: &'static str, description: impl Into<String>) {
        self.push(Violation::new(field, reason, description));
    }

    /// An enum with an unknown number reads as not given: that it is required would be a second, wrong violation.
    fn push(&mut self, violation: Violation) {
        let is_unknown = |known: &Violation| known.field == violation.field && known.reason == ENUM_UNKNOWN;
        if violation.reason != FIELD_REQUIRED || !self.0.iter().any(is_unknown) {
            self.0.push(violation);
        }
    }

    /// Adds a violation for each enum field whose number is unknown.
    pub fn check_enums(&mut self, message: &impl RequestMessage) {
        self.add_unknown(message.unknown_enums());
    }

    /// Adds a violation for each of these.
    pub fn add_unknown(&mut self, unknown: impl IntoIterator<Item = UnknownEnum>) {
        for UnknownEnum { field, value } in unknown {
            self.add(field, ENUM_UNKNOWN, format!("{value} is not a known value"));
        }
    }

    /// The value; `None` and a violation if the field is wrong.
    pub fn check<T>(&mut self, field: &str, value: Result<T, (&'static str, String)>) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err((reason, description)) => {
                self.add(field, reason, description);
                None
            }
        }
    }

    /// The value; `None` and the given violation (field, reason, sentence) if it is wrong.
    pub fn check_field<T>(&mut self, value: Result<T, (&'static str, &'static str, String)>) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err((field, reason, description)) => {
                self.add(field, reason, description);
                None
            }
        }
    }

    /// The value; `None` and the violations inside the message at `field`.
    pub fn within<T>(&mut self, field: &str, value: Result<T, Violations>) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(inner) => {
                for violation in inner.0 {
                    let separator =
                        if field.is_empty() || violation.field.is_empty() || violation.field.starts_with('[') {
                            ""
                        } else {
                            "."
                        };
                    self.push(Violation { field: format!("{field}{separator}{}", violation.field), ..violation });
                }
                None
            }
        }
    }

    /// The values; `None` and the violations of all entries of the repeated field.
    pub fn each<T, R>(
        &mut self,
        field: &str,
        entries: Vec<R>,
        read: impl Fn(R) -> Result<T, Violations>,
    ) -> Option<Vec<T>> {
        let count = entries.len();
        let values: Vec<T> = entries
            .into_iter()
            .enumerate()
            .filter_map(|(i, entry)| self.within(&format!("{field}[{i}]"), read(entry)))
            .collect();
        (values.len() == count).then_some(values)
    }

    /// The command, or all violations. For the end of a conversion: `value` is `None` when a field was wrong.
    pub fn into_result<T>(self, value: Option<T>) -> Result<T, Violations> {
        match value {
            Some(value) if self.is_empty() => Ok(value),
            _ => Err(self),
        }
    }
}

impl From<Violations> for Status {
    fn from(violations: Violations) -> Self {
        let names: Vec<&str> = violations.0.iter().take(3).map(|v| v.field.as_str()).collect();
        let more = violations.0.len().saturating_sub(names.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let message = format!("wrong fields: {}{more}", names.join(", "));
        Fault::new(Code::InvalidArgument, "INVALID_ARGUMENT", message).fields(violations.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_nested_fields_are_complete() {
        let mut inner = Violations::default();
        inner.add("tax_rate", "PERCENT_MALFORMED", "not a number");
        let mut outer = Violations::default();
        let lines = outer.each("lines", vec![1, 2], |n| if n == 2 { Err(inner.clone()) } else { Ok(n) });
        assert_eq!(lines, None);
        let mut root = Violations::default();
        let invoice = root.within::<()>("invoice", Err(outer));
        assert_eq!(root.clone().into_result(invoice).unwrap_err().0[0].field, "invoice.lines[1].tax_rate");
    }

    #[test]
    fn a_required_enum_with_an_unknown_number_is_one_violation() {
        let mut bad = Violations::default();
        bad.check_enums(&quittance_proto::invoicing::v1::DeliverInvoiceRequest { channel: 99, ..Default::default() });
        bad.add("channel", FIELD_REQUIRED, "is required");
        bad.add("contact_id", FIELD_REQUIRED, "is required");
        let found: Vec<_> = bad.0.iter().map(|violation| (violation.field.as_str(), violation.reason)).collect();
        assert_eq!(found, [("channel", ENUM_UNKNOWN), ("contact_id", FIELD_REQUIRED)]);
    }
}
