//! Errors as HTTP has them: a status code, and `{"error": {"code", "status", "message", "details"}}`.

use http::StatusCode;
use prost::Message as _;
use prost_reflect::DynamicMessage;
use serde_json::{Value as Json, json};
use tonic_types::pb;

use crate::contract;

/// An error as an HTTP response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorResponse {
    /// The status code.
    pub status: StatusCode,
    /// When the call may be made again, in seconds: the header `Retry-After`.
    pub retry_after_seconds: Option<u64>,
    /// The body, JSON.
    pub body: Vec<u8>,
}

/// Number, name and HTTP status of each code, as `google/rpc/code.proto` has them.
pub(crate) const CODES: [(i32, &str, u16); 17] = [
    (0, "OK", 200),
    (1, "CANCELLED", 499),
    (2, "UNKNOWN", 500),
    (3, "INVALID_ARGUMENT", 400),
    (4, "DEADLINE_EXCEEDED", 504),
    (5, "NOT_FOUND", 404),
    (6, "ALREADY_EXISTS", 409),
    (7, "PERMISSION_DENIED", 403),
    (8, "RESOURCE_EXHAUSTED", 429),
    (9, "FAILED_PRECONDITION", 400),
    (10, "ABORTED", 409),
    (11, "OUT_OF_RANGE", 400),
    (12, "UNIMPLEMENTED", 501),
    (13, "INTERNAL", 500),
    (14, "UNAVAILABLE", 503),
    (15, "DATA_LOSS", 500),
    (16, "UNAUTHENTICATED", 401),
];

/// Reasons for which HTTP has a status of its own.
const REASONS: [(&str, u16); 2] = [("MESSAGE_TOO_LARGE", 413), ("HTTP_METHOD_UNKNOWN", 405)];

/// The response for a status: its code, its message, and the bytes of `google.rpc.Status` with its details, if any.
pub fn error_response(code: i32, message: &str, status: &[u8]) -> ErrorResponse {
    let (name, mut http) =
        CODES.iter().find(|(number, ..)| *number == code).map_or(("UNKNOWN", 500), |(_, name, http)| (*name, *http));
    let details = pb::Status::decode(status).unwrap_or_default().details;
    let of_type = |name: &str| details.iter().find(|detail| detail.type_url.ends_with(name));
    let reason = of_type("google.rpc.ErrorInfo").and_then(|info| pb::ErrorInfo::decode(info.value.as_slice()).ok());
    if let Some((_, own)) = reason.and_then(|info| REASONS.iter().find(|(reason, _)| *reason == info.reason)) {
        http = *own;
    }
    let retry = of_type("google.rpc.RetryInfo").and_then(|info| pb::RetryInfo::decode(info.value.as_slice()).ok());
    let delay = retry.and_then(|info| info.retry_delay);
    let status_code = StatusCode::from_u16(http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let details = details_as_json(status).unwrap_or_else(|| Json::Array(Vec::new()));
    let body = json!({"error": {"code": http, "status": name, "message": message, "details": details}});
    ErrorResponse {
        status: status_code,
        // Whole seconds, rounded up: sooner would be too early.
        retry_after_seconds: delay.map(|delay| u64::try_from(delay.seconds).unwrap_or(0) + u64::from(delay.nanos > 0)),
        body: body.to_string().into_bytes(),
    }
}

/// The details, each with its `@type`; `None` where one is of a type that is not in the contract.
fn details_as_json(status: &[u8]) -> Option<Json> {
    let descriptor = contract().ok()?.pool().get_message_by_name("google.rpc.Status")?;
    let message = DynamicMessage::decode(descriptor, status).ok()?;
    let mut json = serde_json::to_value(&message).ok()?;
    Some(json.get_mut("details")?.take())
}

#[cfg(test)]
mod tests {
    use prost_types::{Any, Duration};

    use super::*;

    fn any(name: &str, message: &impl prost::Message) -> Any {
        Any { type_url: format!("type.googleapis.com/google.rpc.{name}"), value: message.encode_to_vec() }
    }

    fn error(code: i32, details: Vec<Any>) -> (ErrorResponse, Json) {
        let status = pb::Status { code, message: "no".to_owned(), details };
        let response = error_response(code, "no", &status.encode_to_vec());
        let body = serde_json::from_slice(&response.body).unwrap();
        (response, body)
    }

    fn info(reason: &str) -> Any {
        let metadata = [("scope".to_owned(), "x".to_owned())].into();
        any("ErrorInfo", &pb::ErrorInfo { reason: reason.to_owned(), domain: "quittance.dev".to_owned(), metadata })
    }

    #[test]
    fn details_are_json_and_a_delay_is_rounded_up() {
        let retry_delay = Some(Duration { seconds: 1, nanos: 500_000_000 });
        let retry = any("RetryInfo", &pb::RetryInfo { retry_delay });
        let violation =
            pb::bad_request::FieldViolation { field: "a.b".to_owned(), reason: "X_Y".to_owned(), ..Default::default() };
        let wrong = any("BadRequest", &pb::BadRequest { field_violations: vec![violation] });
        let (response, body) = error(8, vec![info("TENANT_BUSY"), retry, wrong]);
        assert_eq!((response.status.as_u16(), response.retry_after_seconds), (429, Some(2)));
        let expected = json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "no", "details": [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "TENANT_BUSY", "domain": "quittance.dev", "metadata": {"scope": "x"}},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.500s"},
            {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{"field": "a.b", "reason": "X_Y"}]},
        ]}});
        assert_eq!(body, expected);
    }

    #[test]
    fn codes_have_their_http_status_and_some_reasons_one_of_their_own() {
        for (code, http) in [(3, 400), (5, 404), (6, 409), (7, 403), (9, 400), (14, 503), (16, 401), (99, 500)] {
            assert_eq!(error(code, vec![]).0.status.as_u16(), http, "{code}");
        }
        assert_eq!(error(8, vec![info("MESSAGE_TOO_LARGE")]).0.status.as_u16(), 413);
        assert_eq!(error(12, vec![info("HTTP_METHOD_UNKNOWN")]).0.status.as_u16(), 405);
    }

    #[test]
    fn an_unknown_detail_or_none_leaves_the_error_readable() {
        let unknown = Any { type_url: "type.googleapis.com/example.Unknown".to_owned(), value: vec![1] };
        for details in [vec![unknown], vec![]] {
            assert_eq!(
                error(5, details).1,
                json!({"error": {"code": 404, "status": "NOT_FOUND", "message": "no", "details": []}})
            );
        }
    }
}
