//! The hashes of commands as the request log keeps them.

use quittance_proto::common::v1 as pb;
use quittance_service::{Operation as _, command_hash};
use quittance_testkit::{KeptRequests, SomeService};

use crate::ops::{CreateWebhook, DeleteWebhook, In, ReplayWebhook, RotateWebhookSecret, UpdateWebhook};

#[test]
fn hashes_of_commands_stay_what_they_were() {
    let mut kept = KeptRequests::of_shared("quittance/common/v1/webhook.proto");
    kept.check::<pb::CreateWebhookRequest, _>(
        r#"{"webhook": {"url": "https://receiver.example/events", "event_types": ["quittance.invoicing.v1.InvoiceIssued"], "description": "ERP", "paused": true}}"#,
        |request, command: In<SomeService, CreateWebhook>| command_hash(In::<SomeService, CreateWebhook>::NAME, request, &command),
        "5c505c7691d9a275ea8bae6637672fc4f0e3e9e96a5887ed1171935f3faf508f",
    );
    kept.check::<pb::UpdateWebhookRequest, _>(
        r#"{"webhook": {"webhook_id": "018f4e2a-7d3b-7c55-9a86-000000000001", "url": "https://receiver.example/events", "etag": "1"}, "update_mask": "*"}"#,
        |request, command: In<SomeService, UpdateWebhook>| command_hash(In::<SomeService, UpdateWebhook>::NAME, request, &command),
        "660bf266b2421dfc0cdab0bb43671f21d7c0c712ae8d36f93db64e3b2d1601e2",
    );
    kept.check::<pb::DeleteWebhookRequest, _>(
        r#"{"webhook_id": "018f4e2a-7d3b-7c55-9a86-000000000001", "etag": "1"}"#,
        |request, command: In<SomeService, DeleteWebhook>| {
            command_hash(In::<SomeService, DeleteWebhook>::NAME, request, &command)
        },
        "f1db2e243365efca38e14cda95f63695ec516219700c5a43785c186cf8bed11c",
    );
    kept.check::<pb::RotateWebhookSecretRequest, _>(
        r#"{"webhook_id": "018f4e2a-7d3b-7c55-9a86-000000000001", "overlap": "3600s"}"#,
        |request, command: In<SomeService, RotateWebhookSecret>| {
            command_hash(In::<SomeService, RotateWebhookSecret>::NAME, request, &command)
        },
        "3630eb91436aa1b7f623a8a43c62ca39f719e3834849a21a72772daad7c8db0b",
    );
    kept.check::<pb::ReplayWebhookRequest, _>(
        r#"{"webhook_id": "018f4e2a-7d3b-7c55-9a86-000000000001", "after_position": "41"}"#,
        |request, command: In<SomeService, ReplayWebhook>| {
            command_hash(In::<SomeService, ReplayWebhook>::NAME, request, &command)
        },
        "0ee9aeb7e89e59a740339a878e2a04fdd601c1e8b156253de713458e1b2d7a71",
    );
    kept.finish();
}
