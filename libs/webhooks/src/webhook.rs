//! Webhooks and their transitions: decisions only.

use chrono::{DateTime, Duration, Utc};
use quittance_kernel::{EventId, WebhookId};

use crate::secret::Secret;

/// The most webhooks of a tenant in a service.
pub(crate) const MAX_WEBHOOKS: i64 = 20;
/// The most types of events that one chooses.
pub(crate) const MAX_EVENT_TYPES: usize = 100;
/// The longest description, in characters.
pub(crate) const MAX_DESCRIPTION: usize = 200;
/// How long the key before is used beside a new one, in seconds, if nothing else is said: a day.
pub(crate) const OVERLAP_SECONDS: u32 = 86_400;
/// The longest time for it, in seconds: 7 days.
pub(crate) const MAX_OVERLAP_SECONDS: u32 = 604_800;
/// The time to the second attempt.
const FIRST_RETRY: Duration = Duration::seconds(5);
/// The longest time between two attempts.
const LONGEST_RETRY: Duration = Duration::hours(1);

/// The content of a webhook, from a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct WebhookContent {
    /// Where to send.
    pub(crate) url: String,
    /// Only events of these types; all if there are none.
    pub(crate) event_types: Vec<String>,
    /// What it is for.
    pub(crate) description: String,
    /// Whether nothing is sent for now.
    pub(crate) paused: bool,
}

/// A change of a webhook: fields that are `None` stay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct WebhookPatch {
    pub(crate) url: Option<String>,
    pub(crate) event_types: Option<Vec<String>>,
    pub(crate) description: Option<String>,
    pub(crate) paused: Option<bool>,
}

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Webhook {
    pub(crate) id: WebhookId,
    pub(crate) content: WebhookContent,
    /// The key of signatures.
    pub(crate) secret: Secret,
    /// The key before, and until when it is used too.
    pub(crate) previous: Option<(Secret, DateTime<Utc>)>,
    /// All events up to this position that it is to get are queued or delivered.
    pub(crate) queued_position: i64,
    /// The position of the last event that was delivered.
    pub(crate) delivered_position: i64,
    /// Attempts without success at the next event.
    pub(crate) failed_attempts: i32,
    /// When it is tried again.
    pub(crate) next_attempt_at: Option<DateTime<Utc>>,
    /// The last attempt.
    pub(crate) attempt: Option<Attempt>,
    pub(crate) version: u32,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// An event that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) at: DateTime<Utc>,
    pub(crate) event: EventId,
    pub(crate) position: i64,
    /// The status of the response; 0 if none came.
    pub(crate) status: i32,
    /// Empty after a success.
    pub(crate) error: String,
}

impl Webhook {
    /// A new one, for events after a position.
    pub(crate) fn new(id: WebhookId, content: WebhookContent, secret: Secret, head: i64, now: DateTime<Utc>) -> Self {
        Self {
            id,
            content,
            secret,
            previous: None,
            queued_position: head,
            delivered_position: head,
            failed_attempts: 0,
            next_attempt_at: None,
            attempt: None,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// After a change. What waits is chosen anew, and sent at once.
    pub(crate) fn update(self, patch: WebhookPatch, now: DateTime<Utc>) -> Self {
        let WebhookPatch { url, event_types, description, paused } = patch;
        let after = self.delivered_position;
        let before = self.back_to(after);
        let content = WebhookContent {
            url: url.unwrap_or(before.content.url),
            event_types: event_types.unwrap_or(before.content.event_types),
            description: description.unwrap_or(before.content.description),
            paused: paused.unwrap_or(before.content.paused),
        };
        Self { content, version: before.version + 1, updated_at: now, ..before }
    }

    /// With a new key, with which what waits is sent.
    pub(crate) fn rotate(self, secret: Secret, overlap: Duration, now: DateTime<Utc>) -> Self {
        let previous = Some((self.secret, now + overlap));
        let queued_position = self.delivered_position;
        Self { secret, previous, queued_position, version: self.version + 1, updated_at: now, ..self }
    }

    /// From a position on again.
    pub(crate) fn replay(self, after: i64, now: DateTime<Utc>) -> Self {
        Self { version: self.version + 1, updated_at: now, ..self.back_to(after) }
    }

    fn back_to(self, position: i64) -> Self {
        Self {
            queued_position: position,
            delivered_position: position,
            failed_attempts: 0,
            next_attempt_at: None,
            ..self
        }
    }

    /// The keys to sign with.
    pub(crate) fn secrets(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Secret> {
        let previous = self.previous.as_ref().filter(|(_, until)| now < *until).map(|(secret, _)| secret);
        std::iter::once(&self.secret).chain(previous)
    }
}

/// How long to wait after this many attempts without success: twice as long each time.
pub(crate) fn retry_after(failed_attempts: i32) -> Duration {
    let doublings = u32::try_from(failed_attempts.clamp(1, 20) - 1).unwrap_or_default();
    (FIRST_RETRY * 2_i32.saturating_pow(doublings)).min(LONGEST_RETRY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(now: DateTime<Utc>) -> Webhook {
        let content = WebhookContent {
            url: "https://a.example/".to_owned(),
            event_types: vec!["quittance.invoicing.v1.InvoiceIssued".to_owned()],
            description: String::new(),
            paused: false,
        };
        Webhook::new(WebhookId::at(now), content, Secret::new(vec![1; 32]), 7, now)
    }

    #[test]
    fn attempts_are_further_and_further_apart() {
        let minutes: Vec<i64> = [1, 2, 3, 9, 10, 11, 1_000].map(|n| retry_after(n).num_seconds()).into();
        assert_eq!(minutes, [5, 10, 20, 1_280, 2_560, 3_600, 3_600]);
    }

    #[test]
    fn a_key_before_is_used_until_its_time() {
        let now = DateTime::UNIX_EPOCH;
        let rotated = webhook(now).rotate(Secret::new(vec![2; 32]), Duration::hours(1), now);
        let keys = |at| rotated.secrets(at).map(|secret| secret.bytes()[0]).collect::<Vec<_>>();
        assert_eq!((keys(now), keys(now + Duration::hours(1))), (vec![2, 1], vec![2]));
        assert_eq!(rotated.version, 2);
    }

    #[test]
    fn a_change_sends_what_waits_again() {
        let now = DateTime::UNIX_EPOCH;
        let failing = Webhook { queued_position: 90, failed_attempts: 3, next_attempt_at: Some(now), ..webhook(now) };
        let patch = WebhookPatch { paused: Some(true), ..WebhookPatch::default() };
        let changed = failing.clone().update(patch, now);
        assert!(changed.content.paused && changed.content.url == "https://a.example/");
        assert_eq!((changed.queued_position, changed.failed_attempts, changed.next_attempt_at), (7, 0, None));
        assert_eq!(failing.replay(3, now).delivered_position, 3);
    }
}
