//! Fills the queues of webhooks, and sends what is in them. Every replica does it; a webhook is sent to by one at a time, event by event.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, HeaderName, HeaderValue};
use quittance_db::{Db, DbError};
use quittance_events::{Envelope, Relay, attributes, event_at};
use quittance_kernel::{Bug, Clock};
use quittance_proto::{published, to_json};
use quittance_runtime::{Backoff, Shutdown, error_chain};
use tokio::task::JoinSet;

use crate::{
    WebhookClient,
    queue::{self, Filled, Lease},
    webhook::{Attempt, retry_after},
};

/// How many webhooks a process sends to at once.
const AT_ONCE: usize = 16;
/// How many events are sent before others have their turn.
const TURN: i64 = 100;
/// How long a webhook is kept after the last sign of life: longer than an attempt may take.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How long to wait where nothing is to be done, at first and at most: attempts become due, and other replicas' events come.
const POLL: Duration = Duration::from_millis(100);
const LONGEST_POLL: Duration = Duration::from_secs(1);
/// How long to wait for the database.
const STAND_BY: Duration = Duration::from_secs(1);

/// What sends a service's events.
#[derive(Debug, Clone)]
pub struct Webhooks {
    /// The service's area.
    pub area: &'static str,
    /// Its database.
    pub db: Db,
    /// The relay of its events.
    pub relay: Relay,
    /// The clock.
    pub clock: Clock,
    /// Who sends.
    pub client: WebhookClient,
    /// What the sources of events begin with, as on Kafka.
    pub source: String,
}

#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Bug(#[from] Bug),
    #[error("an event cannot be written as JSON: {0}")]
    Json(#[from] quittance_proto::JsonError),
}

/// What can be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// More of the same.
    Moved,
    /// Nothing, until there are new events or an attempt is due.
    Waiting,
    /// Nothing: there are no webhooks, or all are paused.
    NoWebhooks,
}

impl Webhooks {
    /// Sends events until shutdown. What is being sent then is finished, or sent again by another process.
    pub async fn run(self, mut shutdown: Shutdown) {
        let mut positions = self.relay.positions();
        let mut sending: JoinSet<Result<(), SendError>> = JoinSet::new();
        let mut idle = Backoff::new(POLL, LONGEST_POLL);
        while !shutdown.is_triggered() {
            while let Some(done) = sending.try_join_next() {
                self.log(done);
            }
            let head = *positions.borrow_and_update();
            let step = match self.step(&mut sending).await {
                Ok(step) => step,
                Err(error) => {
                    let (area, error) = (self.area, error_chain(&error));
                    tracing::warn!(area, error, "webhooks have no database and will try again");
                    tokio::time::sleep(STAND_BY).await;
                    continue;
                }
            };
            if step == Step::Moved {
                idle.reset();
                continue;
            }
            // Without webhooks no event costs anything.
            let has_webhooks = step == Step::Waiting;
            tokio::select! {
                Some(done) = sending.join_next() => {
                    self.log(done);
                    idle.reset();
                }
                _ended = positions.wait_for(|newest| *newest > head), if has_webhooks => idle.reset(),
                () = tokio::time::sleep(idle.lengthen()) => {}
                () = shutdown.triggered() => {}
            }
        }
        while let Some(done) = sending.join_next().await {
            self.log(done);
        }
    }

    fn log(&self, done: Result<Result<(), SendError>, tokio::task::JoinError>) {
        let error = match done {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error_chain(&error),
            Err(error) => error.to_string(),
        };
        tracing::error!(area = self.area, error, "the events of a webhook were not sent");
    }

    /// Queues and begins what can be.
    async fn step(&self, sending: &mut JoinSet<Result<(), SendError>>) -> Result<Step, DbError> {
        let Filled { has_webhooks, has_moved } = queue::fill(&self.db).await?;
        if !has_webhooks {
            return Ok(Step::NoWebhooks);
        }
        let free = i64::try_from(AT_ONCE.saturating_sub(sending.len())).unwrap_or_default();
        if free == 0 {
            return Ok(Step::Waiting);
        }
        let now = self.clock.now();
        let leases = queue::lease(&self.db, now, now + LEASE, free).await?;
        let has_begun = !leases.is_empty();
        for lease in leases {
            sending.spawn(self.clone().send(lease));
        }
        Ok(if has_moved || has_begun { Step::Moved } else { Step::Waiting })
    }

    /// Sends the next events of one webhook, in their order, until one is not delivered.
    async fn send(self, mut lease: Lease) -> Result<(), SendError> {
        for position in queue::next_positions(&self.db, &lease, TURN).await? {
            let envelope = event_at(&self.db, position).await?.ok_or(Bug("a queued event is not in the outbox"))?;
            let at = self.clock.now();
            let (headers, body) = self.message(&lease, &envelope, at)?;
            let answer = self.client.post(&lease.webhook.content.url, headers, body).await;
            let (event, status) = (envelope.event_id, i32::from(answer.status));
            let attempt = Attempt { at, event, position, status, error: answer.error.clone() };
            let now = self.clock.now();
            if !answer.is_success() {
                let failed_attempts = lease.webhook.failed_attempts.saturating_add(1);
                let next = now + retry_after(failed_attempts);
                let (area, webhook) = (self.area, lease.webhook.id);
                tracing::warn!(area, %webhook, status, failed_attempts, "an event was not delivered and will be sent again");
                return Ok(queue::failed(&self.db, &lease, &attempt, failed_attempts, next).await?);
            }
            if !queue::delivered(&self.db, &lease, &attempt, now + LEASE).await? {
                // Changed, deleted, or replayed meanwhile.
                return Ok(());
            }
            lease.until = now + LEASE;
            lease.webhook.failed_attempts = 0;
        }
        Ok(queue::release(&self.db, &lease).await?)
    }

    /// The headers and the body of an event.
    fn message(
        &self,
        lease: &Lease,
        envelope: &Envelope,
        at: DateTime<Utc>,
    ) -> Result<(HeaderMap, Vec<u8>), SendError> {
        let event = published(&envelope.payload).ok_or(Bug("an own event is not one of the contract"))?;
        let body = to_json(&envelope.kind, event)?;
        let (id, timestamp) = (envelope.event_id.to_string(), at.timestamp());
        let signatures = lease.webhook.secrets(at).map(|secret| secret.sign(&id, timestamp, &body));
        let signatures = signatures.collect::<Result<Vec<String>, Bug>>()?.join(" ");
        let mut headers = HeaderMap::new();
        let mut add = |name: &str, value: &str| {
            // An attribute that HTTP cannot carry is left out.
            let pair = HeaderName::try_from(name).ok().zip(HeaderValue::from_str(value).ok());
            headers.extend(pair);
        };
        add("webhook-id", &id);
        add("webhook-timestamp", &timestamp.to_string());
        add("webhook-signature", &signatures);
        for (name, value) in attributes(&self.source, self.area, envelope) {
            add(&format!("ce-{name}"), &value);
        }
        Ok((headers, body))
    }
}
