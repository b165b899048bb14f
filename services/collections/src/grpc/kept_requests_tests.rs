//! The hashes of commands as the request log keeps them.

use quittance_proto::collections::v1 as pb;
use quittance_service::{Operation as _, command_hash};
use quittance_testkit::KeptRequests;

use crate::ops;

#[test]
fn hashes_of_commands_stay_what_they_were() {
    let mut kept = KeptRequests::of("quittance.collections.v1");
    kept.check::<pb::OpenDisputeRequest, _>(
        r#"{"item_id": "018f4e2a-7d3b-7c55-9a86-000000000001", "reason": "DISPUTE_REASON_QUANTITY", "note": "Two are missing", "opened_on": "2026-02-20"}"#,
        |request, command: ops::OpenDispute| command_hash(ops::OpenDispute::NAME, request, &command),
        "cf95d1dc2eda555333ba7bdd81c655833a032288f0234d5890711aafe72ad2b7",
    );
    kept.check::<pb::ResolveDisputeRequest, _>(
        r#"{"dispute_id": "018f4e2a-7d3b-7c55-9a86-000000000002", "outcome": "DISPUTE_OUTCOME_REJECTED", "resolved_on": "2026-03-01"}"#,
        |request, command: ops::ResolveDispute| command_hash(ops::ResolveDispute::NAME, request, &command),
        "38f8f9f861a9c257aa0e65d4736dd91a14e4a5f13035a6b8e0580f6940b20f83",
    );
    kept.check::<pb::CreateStrategyRequest, _>(
        r#"{"strategy": {"name": "Standard", "is_default": true, "steps": [
            {"offset_days": 1, "name": "reminder", "subject_template": "Reminder: {{ total }}", "body_template": "As of {{ as_of }}: {{ total }}"},
            {"offset_days": 14, "name": "last", "subject_template": "Last reminder", "body_template": "As of {{ as_of }}"}]}}"#,
        |request, command: ops::CreateStrategy| command_hash(ops::CreateStrategy::NAME, request, &command),
        "1b0c9391c5bf8cce35386563925c89e63233e127689a895be637eae67a05eb45",
    );
    kept.check::<pb::UpdateStrategyRequest, _>(
        r#"{"strategy": {"strategy_id": "018f4e2a-7d3b-7c55-9a86-000000000003", "name": "Strict", "is_default": true, "etag": "2", "steps": [
            {"offset_days": 3, "name": "reminder", "subject_template": "Reminder", "body_template": "As of {{ as_of }}"}]},
            "update_mask": "name,steps,isDefault"}"#,
        |request, command: ops::UpdateStrategy| command_hash(ops::UpdateStrategy::NAME, request, &command),
        "556601ee75bd4d6ba3260fb5d135c6cd10fe70ab046819501158b150eae4a5dd",
    );
    kept.check::<pb::DeleteStrategyRequest, _>(
        r#"{"strategy_id": "018f4e2a-7d3b-7c55-9a86-000000000003", "etag": "2"}"#,
        |request, command: ops::DeleteStrategy| command_hash(ops::DeleteStrategy::NAME, request, &command),
        "cf0ba7fb49b9abe72bc55c499f3ac5f30238eedd8549e919ab7c2c2a4db26062",
    );
    kept.check::<pb::StartDunningRequest, _>(
        r#"{"as_of": "2026-03-01", "strategy_id": "018f4e2a-7d3b-7c55-9a86-000000000003"}"#,
        |request, command: ops::StartDunning| command_hash(ops::StartDunning::NAME, request, &command),
        "82ebae83b4f47634caaa77f814a3c20868a44ca43062ad6c30c48fcf570f9c61",
    );
    kept.finish();
}
