//! Webhooks as messages of the contract.

use quittance_proto::{common::v1 as pb, instant};

use crate::{
    ops::Shown,
    webhook::{Attempt, Webhook},
};

/// A webhook without its secret.
pub(crate) fn webhook(webhook: &Webhook) -> pb::Webhook {
    pb::Webhook {
        webhook_id: webhook.id.to_string(),
        url: webhook.content.url.clone(),
        event_types: webhook.content.event_types.clone(),
        description: webhook.content.description.clone(),
        paused: webhook.content.paused,
        secret: String::new(),
        delivered_position: webhook.delivered_position,
        failed_attempts: webhook.failed_attempts,
        next_attempt_time: webhook.next_attempt_at.map(instant),
        last_attempt: webhook.attempt.as_ref().map(attempt),
        etag: webhook.version.to_string(),
        create_time: Some(instant(webhook.created_at)),
        update_time: Some(instant(webhook.updated_at)),
    }
}

/// A webhook as an operation leaves it.
pub(crate) fn shown(shown: &Shown) -> pb::Webhook {
    let secret = if shown.with_secret { shown.webhook.secret.text() } else { String::new() };
    pb::Webhook { secret, ..webhook(&shown.webhook) }
}

fn attempt(attempt: &Attempt) -> pb::WebhookAttempt {
    pb::WebhookAttempt {
        attempt_time: Some(instant(attempt.at)),
        event_id: attempt.event.to_string(),
        position: attempt.position,
        status_code: attempt.status,
        error: attempt.error.clone(),
    }
}
