//! Events are posted to webhooks: signed, in order, again and again until they are taken.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::Duration;
use hmac::{Hmac, KeyInit as _, Mac as _};
use prost_types::FieldMask;
use quittance_events::Relay;
use quittance_grpc::Trust;
use quittance_kernel::TenantId;
use quittance_proto::{
    common::v1 as common,
    invoicing::v1::{self as pb, invoicing_webhook_service_client::InvoicingWebhookServiceClient},
};
use quittance_runtime::{Shutdown, ShutdownTrigger};
use quittance_testkit::{Received, Receiver, assert_fault, assert_violations, now, request_id, wait_until};
use quittance_webhooks::{WebhookClient, WebhookRules, Webhooks};
use sha2::Sha256;
use tonic::Code;

use crate::setup::{Service, tenant_request};

const ISSUED: &str = "quittance.invoicing.v1.InvoiceIssued";

fn sender(service: &Service, allow_loopback: bool) -> Webhooks {
    Webhooks {
        area: "invoicing",
        db: service.db.db.clone(),
        relay: Relay::default(),
        clock: service.clock.clone(),
        client: WebhookClient::new(WebhookRules { allow_loopback }, &Trust::default()).unwrap(),
        source: "/quittance".to_owned(),
    }
}

/// Sends until the trigger is dropped.
fn send(service: &Service, allow_loopback: bool) -> ShutdownTrigger {
    let (trigger, shutdown): (ShutdownTrigger, Shutdown) = ShutdownTrigger::new();
    tokio::spawn(sender(service, allow_loopback).run(shutdown));
    trigger
}

impl Service {
    fn webhooks(&self) -> InvoicingWebhookServiceClient<quittance_grpc::Client> {
        InvoicingWebhookServiceClient::new(self.server.client())
    }

    async fn webhook(&self, url: &str, event_types: &[&str]) -> common::Webhook {
        let event_types = event_types.iter().map(|name| (*name).to_owned()).collect();
        let webhook = common::Webhook { url: url.to_owned(), event_types, ..common::Webhook::default() };
        let request = common::CreateWebhookRequest { request_id: request_id(), webhook: Some(webhook) };
        self.webhooks().create_webhook(request).await.unwrap().into_inner()
    }

    async fn get_webhook(&self, webhook: &common::Webhook) -> common::Webhook {
        let request = common::GetWebhookRequest { webhook_id: webhook.webhook_id.clone() };
        self.webhooks().get_webhook(request).await.unwrap().into_inner()
    }

    async fn update_webhook(&self, webhook: common::Webhook, path: &str) -> common::Webhook {
        let update_mask = Some(FieldMask { paths: vec![path.to_owned()] });
        let request = common::UpdateWebhookRequest { request_id: request_id(), webhook: Some(webhook), update_mask };
        self.webhooks().update_webhook(request).await.unwrap().into_inner()
    }

    async fn replay(&self, webhook: &common::Webhook, after_position: i64) {
        let webhook_id = webhook.webhook_id.clone();
        let request = common::ReplayWebhookRequest { request_id: request_id(), webhook_id, after_position };
        self.webhooks().replay_webhook(request).await.unwrap();
    }
}

async fn arrived(endpoint: &Receiver, count: usize) -> Vec<Received> {
    wait_until(&format!("{count} requests arrive"), || async { endpoint.received().len() >= count }).await;
    endpoint.received()
}

fn types(received: &[Received]) -> Vec<&str> {
    received.iter().map(|one| one.header("ce-type").rsplit('.').next().unwrap()).collect()
}

fn signature(secret: &str, received: &Received) -> String {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{}.{}.", received.header("webhook-id"), received.header("webhook-timestamp")).as_bytes());
    mac.update(&received.body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn events_arrive_in_order_signed_and_with_their_attributes() {
    let service = Service::start().await;
    let endpoint = Receiver::start().await;
    let all = service.webhook(&endpoint.url, &[]).await;
    let some = Receiver::start().await;
    service.webhook(&some.url, &[ISSUED]).await;
    // Another tenant's events are its own.
    let other = service.server.client_for(Some(TenantId::at(now())), &["*"], "*");
    pb::tenant_service_client::TenantServiceClient::new(other).create_tenant(tenant_request()).await.unwrap();
    let _senders = [send(&service, true), send(&service, true)];
    let customer = service.customer().await;
    let issued = [service.issued(&customer).await, service.issued(&customer).await];
    let received = arrived(&endpoint, 3).await;
    assert_eq!(types(&received), ["CustomerCreated", "InvoiceIssued", "InvoiceIssued"]);
    assert_eq!(types(&arrived(&some, 2).await), ["InvoiceIssued"; 2]);
    for (one, invoice) in received[1..].iter().zip(&issued) {
        let body: serde_json::Value = serde_json::from_slice(&one.body).unwrap();
        assert_eq!(
            (&body["invoiceId"], &body["number"]),
            (&invoice.invoice_id.clone().into(), &invoice.number.clone().into())
        );
        assert_eq!(one.header("content-type"), "application/json");
        assert_eq!((one.header("ce-specversion"), one.header("ce-source")), ("1.0", "/quittance/invoicing"));
        assert_eq!(one.header("ce-subject"), format!("invoices/{}", invoice.invoice_id));
        assert_eq!(one.header("ce-tenant"), service.server.tenant.to_string());
        assert_eq!(one.header("webhook-id"), one.header("ce-id"));
        assert_eq!(one.header("webhook-signature"), signature(&all.secret, one));
    }
    wait_until("the last one is noted", || async {
        service.get_webhook(&all).await.delivered_position.to_string() == received[2].header("ce-position")
    })
    .await;
    let read = service.get_webhook(&all).await;
    let attempt = read.last_attempt.unwrap();
    assert_eq!((read.secret.as_str(), attempt.status_code, attempt.error.as_str()), ("", 200, ""));
    assert_eq!(attempt.event_id, received[2].header("ce-id"));
    assert_eq!(endpoint.received().len(), 3, "each is sent by one of the two");
}

#[tokio::test]
async fn an_event_that_is_not_taken_is_sent_again_and_those_after_it_wait() {
    let service = Service::start().await;
    let endpoint = Receiver::start().await;
    // A redirect is not followed.
    endpoint.answer_with(&[500, 302]);
    let webhook = service.webhook(&endpoint.url, &[]).await;
    let _sender = send(&service, true);
    let customer = service.customer().await;
    service.issued(&customer).await;
    let failed = async |times: i32| {
        wait_until("a failure is noted", || async { service.get_webhook(&webhook).await.failed_attempts == times })
            .await;
        service.get_webhook(&webhook).await
    };
    let once = failed(1).await;
    let attempt = once.last_attempt.unwrap();
    assert_eq!((attempt.status_code, attempt.error.as_str()), (500, "status 500 Internal Server Error"));
    let in_five_seconds = (service.clock.now() + Duration::seconds(5)).timestamp();
    assert_eq!(once.next_attempt_time.unwrap().seconds, in_five_seconds);
    service.clock.advance(Duration::seconds(5));
    assert_eq!(failed(2).await.last_attempt.unwrap().status_code, 302);
    service.clock.advance(Duration::seconds(9));
    assert_eq!(types(&endpoint.received()), ["CustomerCreated"; 2], "it is not due yet");
    service.clock.advance(Duration::seconds(1));
    assert_eq!(types(&arrived(&endpoint, 4).await)[2..], ["CustomerCreated", "InvoiceIssued"]);
    let ids: Vec<String> = endpoint.received().iter().map(|one| one.header("webhook-id").to_owned()).collect();
    assert!(ids[0] == ids[1] && ids[1] == ids[2] && ids[2] != ids[3], "the same event has the same id");
    assert_eq!(failed(0).await.next_attempt_time, None);
}

#[tokio::test]
async fn a_webhook_is_paused_replayed_rotated_and_deleted() {
    let service = Service::start().await;
    let endpoint = Receiver::start().await;
    let webhook = service.webhook(&endpoint.url, &[ISSUED]).await;
    let paused = service.update_webhook(common::Webhook { paused: true, ..webhook.clone() }, "paused").await;
    assert!(paused.paused && paused.secret.is_empty());
    let _sender = send(&service, true);
    let customer = service.customer().await;
    let first = service.issued(&customer).await;
    service.update_webhook(common::Webhook { paused: false, ..paused }, "paused").await;
    // What happened meanwhile is sent later.
    assert_eq!(types(&arrived(&endpoint, 1).await), ["InvoiceIssued"]);
    let rotate = common::RotateWebhookSecretRequest {
        request_id: request_id(),
        webhook_id: webhook.webhook_id.clone(),
        overlap: Some(prost_types::Duration { seconds: 60, nanos: 0 }),
    };
    let rotated = service.webhooks().rotate_webhook_secret(rotate.clone()).await.unwrap().into_inner();
    assert_eq!(service.webhooks().rotate_webhook_secret(rotate).await.unwrap().into_inner(), rotated);
    assert_ne!(rotated.secret, webhook.secret);
    service.replay(&webhook, 0).await;
    let received = arrived(&endpoint, 2).await;
    assert_eq!(received[1].header("ce-subject"), format!("invoices/{}", first.invoice_id));
    let both = format!("{} {}", signature(&rotated.secret, &received[1]), signature(&webhook.secret, &received[1]));
    assert_eq!(received[1].header("webhook-signature"), both);
    service.clock.advance(Duration::seconds(61));
    service.replay(&webhook, 0).await;
    let received = arrived(&endpoint, 3).await;
    assert_eq!(received[2].header("webhook-signature"), signature(&rotated.secret, &received[2]));
    let webhook_id = webhook.webhook_id.clone();
    let ahead = common::ReplayWebhookRequest { request_id: request_id(), webhook_id, after_position: 1_000 };
    assert_fault(
        &service.webhooks().replay_webhook(ahead).await.unwrap_err(),
        Code::OutOfRange,
        "POSITION_OUT_OF_RANGE",
    );
    let delete = common::DeleteWebhookRequest {
        request_id: request_id(),
        webhook_id: webhook.webhook_id.clone(),
        etag: String::new(),
    };
    service.webhooks().delete_webhook(delete).await.unwrap();
    let get = common::GetWebhookRequest { webhook_id: webhook.webhook_id };
    assert_fault(&service.webhooks().get_webhook(get).await.unwrap_err(), Code::NotFound, "WEBHOOK_NOT_FOUND");
    service.issued(&customer).await;
    let list = service.webhooks().list_webhooks(common::ListWebhooksRequest::default()).await.unwrap().into_inner();
    assert_eq!(list.webhooks, []);
    assert_eq!(endpoint.received().len(), 3);
}

#[tokio::test]
async fn nothing_is_sent_to_this_machine_unless_it_is_allowed() {
    let service = Service::start().await;
    let endpoint = Receiver::start().await;
    let by_address = service.webhook(&endpoint.url, &[]).await;
    let by_name = service.webhook(&endpoint.url.replace("http://127.0.0.1", "https://localhost"), &[]).await;
    let _sender = send(&service, false);
    service.customer().await;
    for webhook in [by_address, by_name] {
        wait_until("it is refused", || async { service.get_webhook(&webhook).await.failed_attempts == 1 }).await;
        let error = service.get_webhook(&webhook).await.last_attempt.unwrap().error;
        assert!(error.contains("the address is not public"), "{error}");
    }
    assert_eq!(endpoint.received().len(), 0);
}

#[tokio::test]
async fn what_is_wrong_with_a_webhook_is_said_at_once() {
    let service = Service::start().await;
    let bad = common::Webhook {
        url: "http://receiver.example/".to_owned(),
        event_types: [ISSUED, "quittance.payments.v1.PaymentReceived", ISSUED].map(str::to_owned).into(),
        description: "x".repeat(201),
        ..common::Webhook::default()
    };
    let request = common::CreateWebhookRequest { request_id: request_id(), webhook: Some(bad.clone()) };
    let expected = ["webhook.url", "webhook.event_types[1]", "webhook.event_types[2]", "webhook.description"];
    assert_violations(&service.webhooks().create_webhook(request).await.unwrap_err(), &expected);
    let mut last = common::Webhook::default();
    for _ in 0..20 {
        last = service.webhook("https://receiver.example/", &[]).await;
    }
    let webhook = common::Webhook { url: last.url.clone(), ..common::Webhook::default() };
    let request = common::CreateWebhookRequest { request_id: request_id(), webhook: Some(webhook) };
    let too_many = service.webhooks().create_webhook(request).await.unwrap_err();
    assert_fault(&too_many, Code::FailedPrecondition, "TOO_MANY_WEBHOOKS");
    let stale = common::UpdateWebhookRequest {
        request_id: request_id(),
        webhook: Some(common::Webhook { etag: "7".to_owned(), ..last }),
        update_mask: Some(FieldMask { paths: vec!["*".to_owned()] }),
    };
    assert_fault(&service.webhooks().update_webhook(stale).await.unwrap_err(), Code::Aborted, "ETAG_MISMATCH");
}
