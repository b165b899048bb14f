//! Faults: the status of a failed call. A code, a machine-readable reason, and details in google.rpc's messages.

use std::{collections::HashMap, error::Error, fmt::Display, time::Duration};

use prost::Message as _;
use quittance_db::DbError;
use quittance_runtime::{error_chain, metrics};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _, pb};

use crate::{DOMAIN, Violation};

/// The largest encoding of a status with its details, in bytes: beyond the limit of HTTP/2 headers a client sees no error at all.
const MAX_BYTES: usize = 6 * 1024;

/// A status under construction.
#[derive(Debug, Clone)]
pub struct Fault {
    code: Code,
    reason: &'static str,
    message: String,
    metadata: HashMap<String, String>,
    preconditions: Vec<(String, String, String)>,
    fields: Vec<Violation>,
    retry_after: Option<Duration>,
}

impl Fault {
    /// A fault with its code, its reason (`UPPER_SNAKE_CASE`) and a sentence for people.
    pub fn new(code: Code, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            metadata: HashMap::new(),
            preconditions: vec![],
            fields: vec![],
            retry_after: None,
        }
    }

    /// The sentence for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Adds a fact to the metadata of `ErrorInfo`.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Display) -> Self {
        self.metadata.insert(key.to_owned(), value.to_string());
        self
    }

    /// Adds a violation of `PreconditionFailure`: its type, the resource, a sentence.
    #[must_use]
    pub fn precondition(mut self, kind: &str, subject: impl Display, description: impl Into<String>) -> Self {
        self.preconditions.push((kind.to_owned(), subject.to_string(), description.into()));
        self
    }

    /// Adds `RetryInfo`: the call may be retried after the delay.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    /// Adds field violations.
    #[must_use]
    pub(crate) fn fields(mut self, fields: Vec<Violation>) -> Self {
        self.fields = fields;
        self
    }

    /// The status with as many field violations as fit; `violations_omitted` counts the rest.
    fn status(&self, fields: usize) -> Status {
        let mut metadata = self.metadata.clone();
        if fields < self.fields.len() {
            metadata.insert("violations_omitted".to_owned(), (self.fields.len() - fields).to_string());
        }
        let mut details = ErrorDetails::with_error_info(self.reason, DOMAIN, metadata);
        for (kind, subject, description) in &self.preconditions {
            details.add_precondition_failure_violation(kind, subject, description);
        }
        if fields > 0 {
            details.set_bad_request(self.fields.iter().take(fields).map(FieldViolation::from).collect::<Vec<_>>());
        }
        if let Some(delay) = self.retry_after {
            details.set_retry_info(Some(delay));
        }
        Status::with_error_details(self.code, &self.message, details)
    }
}

impl From<&Violation> for FieldViolation {
    fn from(violation: &Violation) -> Self {
        let reason = violation.reason.to_owned();
        Self { reason, ..Self::new(&violation.field, &violation.description) }
    }
}

impl From<Fault> for Status {
    fn from(fault: Fault) -> Self {
        let all = fault.status(fault.fields.len());
        if all.details().len() <= MAX_BYTES {
            return all;
        }
        // Details grow with every field: binary search finds the largest count within the limit.
        let (mut fits, mut too_many) = (0, fault.fields.len());
        while fits + 1 < too_many {
            let middle = usize::midpoint(fits, too_many);
            if fault.status(middle).details().len() <= MAX_BYTES { fits = middle } else { too_many = middle }
        }
        fault.status(fits)
    }
}

/// The `ErrorInfo` of a status, if it has one.
pub fn error_info(status: &Status) -> Option<pb::ErrorInfo> {
    let details = pb::Status::decode(status.details()).ok()?.details;
    details.iter().find_map(|any| {
        any.type_url.ends_with("google.rpc.ErrorInfo").then(|| pb::ErrorInfo::decode(any.value.as_slice()).ok())?
    })
}

/// The reason of a failed call; INTERNAL if it has none.
pub fn reason_of(status: &Status) -> String {
    error_info(status).map_or_else(|| "INTERNAL".to_owned(), |info| info.reason)
}

/// An internal error: logged here once with all its causes, and returned without them.
pub fn internal(error: &dyn Error) -> Status {
    tracing::error!(error = error_chain(error), "a call failed with an internal error");
    metrics::record_bug();
    Fault::new(
        Code::Internal,
        "INTERNAL",
        "the call failed with an internal error; the logs have it under the trace id",
    )
    .into()
}

/// A failure of the database: retryable if it is transient.
pub fn db_fault(error: &DbError) -> Status {
    if error.is_transient() {
        tracing::warn!(error = error_chain(error), "a call failed because the database is unavailable or too busy");
        return Fault::new(
            Code::Unavailable,
            "DATABASE_UNAVAILABLE",
            "the database is unavailable or too busy; call again",
        )
        .retry_after(Duration::from_millis(500))
        .into();
    }
    if let DbError::EventTooLarge { kind, bytes } = error {
        let message = format!("the event of this call is too large: {kind} would have {bytes} bytes");
        return Fault::new(Code::ResourceExhausted, "EVENT_TOO_LARGE", message).into();
    }
    internal(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_stay_below_the_cap_and_count_what_is_left_out() {
        let fields = (0..1_000)
            .map(|i| Violation::new(format!("invoice.lines[{i}].quantity"), "DECIMAL_MALFORMED", "not a number"))
            .collect();
        let status = Status::from(Fault::new(Code::InvalidArgument, "INVALID_ARGUMENT", "wrong").fields(fields));
        assert!(status.details().len() <= MAX_BYTES);
        let omitted: usize = error_info(&status).unwrap().metadata["violations_omitted"].parse().unwrap();
        let named = status.get_error_details().bad_request().unwrap().field_violations.len();
        assert_eq!(named + omitted, 1_000);
        assert!(named > 40, "only {named} named");
    }

    #[test]
    fn failures_of_the_database_have_a_reason_and_say_whether_to_call_again() {
        let reason = |error: DbError| {
            let status = db_fault(&error);
            (status.code(), error_info(&status).unwrap().reason, status.get_error_details().retry_info().is_some())
        };
        let large = DbError::EventTooLarge { kind: "quittance.probes.v1.Probed", bytes: 4_000_001 };
        assert_eq!(reason(large), (Code::ResourceExhausted, "EVENT_TOO_LARGE".to_owned(), false));
        assert_eq!(reason(DbError::Overtaken), (Code::Unavailable, "DATABASE_UNAVAILABLE".to_owned(), true));
    }

    #[test]
    fn few_fields_are_all_named() {
        let fields = vec![
            Violation::new("a", "FIELD_REQUIRED", "is required"),
            Violation::new("b", "FIELD_REQUIRED", "is required"),
        ];
        let status = Status::from(Fault::new(Code::InvalidArgument, "INVALID_ARGUMENT", "wrong").fields(fields));
        assert_eq!(status.get_error_details().bad_request().unwrap().field_violations.len(), 2);
        assert!(!error_info(&status).unwrap().metadata.contains_key("violations_omitted"));
    }
}
