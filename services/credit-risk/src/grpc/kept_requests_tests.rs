//! The hashes of commands as the request log keeps them.

use quittance_proto::creditrisk::v1 as pb;
use quittance_service::{BatchOperation as _, Operation as _, command_hash};
use quittance_testkit::KeptRequests;

use crate::ops;

#[test]
fn hashes_of_commands_stay_what_they_were() {
    let mut kept = KeptRequests::of("quittance.creditrisk.v1");
    kept.check::<pb::CreateProfileRequest, _>(
        r#"{"profile": {"customer_id": "018f4e2a-7d3b-7c55-9a86-000000000001", "limit": {"currency_code": "EUR", "amount": "10000"}, "note": "Rated B"}}"#,
        |request, command: ops::CreateProfile| command_hash(ops::CreateProfile::NAME, request, &command),
        "36f96f1672b3286be4fd5205b66138c7c4f9f21d1fa946330b5d0159d32aba11",
    );
    kept.check::<pb::UpdateProfileRequest, _>(
        r#"{"profile": {"profile_id": "018f4e2a-7d3b-7c55-9a86-000000000002", "customer_id": "018f4e2a-7d3b-7c55-9a86-000000000001", "limit": {"currency_code": "EUR", "amount": "12500.50"}, "note": "Rated A", "etag": "2"},
            "update_mask": "limit,note"}"#,
        |request, command: ops::UpdateProfile| command_hash(ops::UpdateProfile::NAME, request, &command),
        "4519c5660b66e5d09b0d8ec8f677aebe4b59ec451c3558e7266ff944f8741405",
    );
    kept.check::<pb::AuthorizeRequest, _>(
        r#"{"customer_id": "018f4e2a-7d3b-7c55-9a86-000000000001", "amount": {"currency_code": "EUR", "amount": "119.00"}, "order_reference": "SO-1", "ttl_seconds": 3600}"#,
        |request, command: ops::Authorize| command_hash(ops::Authorize::NAME, request, &command),
        "7de2a79fc3586189bfb89466399aa47b4bf47bb3d7ee3209399e6cb16c198f06",
    );
    kept.check::<pb::ConfirmRequest, _>(
        r#"{"reservation_id": "018f4e2a-7d3b-7c55-9a86-000000000003"}"#,
        |request, command: ops::Confirm| command_hash(ops::Confirm::NAME, request, &command),
        "931b9043ff3c9db16b0f3edc8e2f81a5ffd7969dafa7ceddd960ab399274a3a2",
    );
    kept.check::<pb::ReleaseRequest, _>(
        r#"{"reservation_id": "018f4e2a-7d3b-7c55-9a86-000000000003"}"#,
        |request, command: ops::Release| command_hash(ops::Release::NAME, request, &command),
        "aa06d81e1af6f5e367adbadc6bbc1d9c41324c7e5c4791ef6afdbaeb111eb9f0",
    );
    kept.finish();
}
