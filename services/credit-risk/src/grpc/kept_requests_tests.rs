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
    kept.check::<pb::DeleteProfileRequest, _>(
        r#"{"profile_id": "018f4e2a-7d3b-7c55-9a86-000000000002", "etag": "2"}"#,
        |request, command: ops::DeleteProfile| command_hash(ops::DeleteProfile::NAME, request, &command),
        "dbbafb1c87b77e77b3fc571ce4132ff738c081c3bc07d9ec18947645c97ff4de",
    );
    kept.check::<pb::AuthorizeOrderRequest, _>(
        r#"{"customer_id": "018f4e2a-7d3b-7c55-9a86-000000000001", "amount": {"currency_code": "EUR", "amount": "119.00"}, "order_reference": "SO-1", "time_to_live": "3600s"}"#,
        |request, command: ops::AuthorizeOrder| command_hash(ops::AuthorizeOrder::NAME, request, &command),
        "30cb30f8ef058577a2a33488d69503daeeab25f2ccc21d412a09fa34af8f6c9c",
    );
    kept.check::<pb::ConfirmReservationRequest, _>(
        r#"{"reservation_id": "018f4e2a-7d3b-7c55-9a86-000000000003"}"#,
        |request, command: ops::ConfirmReservation| command_hash(ops::ConfirmReservation::NAME, request, &command),
        "38ea2d81a463597157fd825232a7df7cb08deec3f9130eb2a19a0c6cd7e5cd49",
    );
    kept.check::<pb::ReleaseReservationRequest, _>(
        r#"{"reservation_id": "018f4e2a-7d3b-7c55-9a86-000000000003"}"#,
        |request, command: ops::ReleaseReservation| command_hash(ops::ReleaseReservation::NAME, request, &command),
        "238c89109af0b9287e250ffb993ca0f9a07a9aa450567afe8b77f36b0afe6591",
    );
    kept.finish();
}
