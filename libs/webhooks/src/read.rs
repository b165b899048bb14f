//! Messages as commands, with all violations.

use chrono::Duration;
use quittance_grpc::{Mask, Violations, id, message, optional_line, whole_seconds};
use quittance_kernel::WebhookId;
use quittance_proto::common::v1 as pb;
use quittance_service::{Etag, Settings};

use crate::{
    address::check_url,
    ops::{CreateWebhook, DeleteWebhook, In, ReplayWebhook, RotateWebhookSecret, UpdateWebhook},
    webhook::{MAX_DESCRIPTION, MAX_EVENT_TYPES, MAX_OVERLAP_SECONDS, OVERLAP_SECONDS, WebhookContent, WebhookPatch},
};

/// A URL that events can be sent to.
fn url(text: &str) -> Result<String, (&'static str, String)> {
    let url = message((!text.is_empty()).then_some(text))?;
    check_url(url).map(|_| url.to_owned()).map_err(|bad| (bad.reason(), bad.to_string()))
}

/// The types of events of a service, each once.
fn event_types(area: &str, types: Vec<String>) -> Result<Vec<String>, Violations> {
    let mut bad = Violations::default();
    if types.len() > MAX_EVENT_TYPES {
        bad.add("event_types", "LIST_TOO_LONG", format!("has more than {MAX_EVENT_TYPES} entries"));
    }
    let package = format!("quittance.{}.", area.replace('-', ""));
    for (place, name) in types.iter().enumerate() {
        if !name.starts_with(&package) || !quittance_proto::is_event(name) {
            let why = format!("is not an event of {area}; docs/events.md names them");
            bad.add(format!("event_types[{place}]"), "EVENT_TYPE_UNKNOWN", why);
        } else if types.iter().take(place).any(|other| other == name) {
            bad.add(format!("event_types[{place}]"), "LIST_DUPLICATE", "is listed twice");
        }
    }
    bad.into_result(Some(types))
}

fn content(area: &str, webhook: pb::Webhook) -> Result<WebhookContent, Violations> {
    let mut bad = Violations::default();
    let url = bad.check("url", url(&webhook.url));
    let event_types = bad.within("", event_types(area, webhook.event_types));
    let description = bad.check("description", optional_line(&webhook.description, MAX_DESCRIPTION));
    let paused = webhook.paused;
    let read = url.zip(event_types).zip(description);
    bad.into_result(read.map(|((url, event_types), description)| WebhookContent {
        url,
        event_types,
        description,
        paused,
    }))
}

impl<S: Settings> TryFrom<pb::CreateWebhookRequest> for In<S, CreateWebhook> {
    type Error = Violations;

    fn try_from(request: pb::CreateWebhookRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let content = bad.check("webhook", message(request.webhook)).map(|webhook| content(S::AREA, webhook));
        let content = content.and_then(|content| bad.within("webhook", content));
        bad.into_result(content.map(|content| Self::new(CreateWebhook { content })))
    }
}

impl<S: Settings> TryFrom<pb::UpdateWebhookRequest> for In<S, UpdateWebhook> {
    type Error = Violations;

    fn try_from(request: pb::UpdateWebhookRequest) -> Result<Self, Violations> {
        const FIELDS: &[&str] = &["url", "event_types", "description", "paused"];
        let mut bad = Violations::default();
        let mask = Mask::of(request.update_mask, request.webhook.as_ref(), FIELDS);
        let mask = bad.check("update_mask", mask).unwrap_or_default();
        let webhook = bad.check("webhook", message(request.webhook)).unwrap_or_default();
        let id = bad.check("webhook.webhook_id", id(&webhook.webhook_id, WebhookId::parse));
        let mut patch = WebhookPatch::default();
        if mask.names("url") {
            patch.url = bad.check("webhook.url", url(&webhook.url));
        }
        if mask.names("event_types") {
            patch.event_types = bad.within("webhook", event_types(S::AREA, webhook.event_types));
        }
        if mask.names("description") {
            let description = optional_line(&webhook.description, MAX_DESCRIPTION);
            patch.description = bad.check("webhook.description", description);
        }
        patch.paused = mask.names("paused").then_some(webhook.paused);
        let etag = Etag::new(webhook.etag);
        bad.into_result(id.map(|webhook| Self::new(UpdateWebhook { webhook, etag, patch })))
    }
}

impl<S: Settings> TryFrom<pb::DeleteWebhookRequest> for In<S, DeleteWebhook> {
    type Error = Violations;

    fn try_from(request: pb::DeleteWebhookRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let id = bad.check("webhook_id", id(&request.webhook_id, WebhookId::parse));
        let etag = Etag::new(request.etag);
        bad.into_result(id.map(|webhook| Self::new(DeleteWebhook { webhook, etag })))
    }
}

impl<S: Settings> TryFrom<pb::RotateWebhookSecretRequest> for In<S, RotateWebhookSecret> {
    type Error = Violations;

    fn try_from(request: pb::RotateWebhookSecretRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let id = bad.check("webhook_id", id(&request.webhook_id, WebhookId::parse));
        let overlap = whole_seconds(request.overlap, MAX_OVERLAP_SECONDS).map_err(|why| ("OVERLAP_OUT_OF_RANGE", why));
        let overlap = bad.check("overlap", overlap).map(|seconds| seconds.unwrap_or(OVERLAP_SECONDS));
        let command = id.zip(overlap);
        bad.into_result(command.map(|(webhook, seconds)| {
            Self::new(RotateWebhookSecret { webhook, overlap: Duration::seconds(seconds.into()) })
        }))
    }
}

impl<S: Settings> TryFrom<pb::ReplayWebhookRequest> for In<S, ReplayWebhook> {
    type Error = Violations;

    fn try_from(request: pb::ReplayWebhookRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let id = bad.check("webhook_id", id(&request.webhook_id, WebhookId::parse));
        let after = request.after_position;
        if after < 0 {
            bad.add("after_position", "POSITION_OUT_OF_RANGE", "must not be negative");
        }
        bad.into_result(id.map(|webhook| Self::new(ReplayWebhook { webhook, after })))
    }
}
