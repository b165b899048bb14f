//! What is wrong with a request.

/// A field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its path in the request, for example `invoice.lines[2].quantity`; `body` for the whole body.
    pub field: String,
    /// The machine-readable reason.
    pub reason: &'static str,
    /// A sentence for people.
    pub description: String,
}

impl Problem {
    pub(crate) fn new(field: impl Into<String>, reason: &'static str, description: impl Into<String>) -> Self {
        Self { field: field.into(), reason, description: description.into() }
    }
}

/// The name of the whole body among fields.
pub(crate) const BODY: &str = "body";
/// The body, or a parameter, is not the text that it should be.
pub(crate) const JSON_MALFORMED: &str = "JSON_MALFORMED";
/// The request has no such field.
pub(crate) const FIELD_UNKNOWN: &str = "FIELD_UNKNOWN";
/// The value is not of the field's type.
pub(crate) const VALUE_MALFORMED: &str = "VALUE_MALFORMED";
/// An enum has no value of this name.
pub(crate) const ENUM_UNKNOWN: &str = "ENUM_UNKNOWN";
/// The body and the path name two things.
pub(crate) const PATH_MISMATCH: &str = "PATH_MISMATCH";
/// The header `Idempotency-Key` and the request have two ids.
pub(crate) const IDEMPOTENCY_KEY_MISMATCH: &str = "IDEMPOTENCY_KEY_MISMATCH";
/// A parameter that has one value is given twice.
pub(crate) const PARAMETER_TWICE: &str = "PARAMETER_TWICE";

/// A path one level deeper.
pub(crate) fn within(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
