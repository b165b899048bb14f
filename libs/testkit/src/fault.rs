//! Assertions on the details of failed calls.

use quittance_grpc::error_info;
use tonic::{Code, Status};

/// The call failed with this code and reason.
#[track_caller]
pub fn assert_fault(status: &Status, code: Code, reason: &str) {
    let found = error_info(status).map(|info| info.reason).unwrap_or_default();
    assert_eq!((status.code(), found.as_str()), (code, reason), "{}", status.message());
}

/// The call failed because of exactly these fields.
#[track_caller]
pub fn assert_violations(status: &Status, fields: &[&str]) {
    use tonic_types::StatusExt as _;
    let named: Vec<String> = status
        .get_error_details()
        .bad_request()
        .map(|b| b.field_violations.iter().map(|v| v.field.clone()).collect())
        .unwrap_or_default();
    assert_eq!(named, fields, "{}", status.message());
    assert_eq!(status.code(), Code::InvalidArgument);
}
