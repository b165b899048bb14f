//! Sends events to the broker, in order and each once per producer.

use std::time::Duration;

use quittance_runtime::error_chain;
use rdkafka::{
    ClientConfig,
    error::{KafkaError as ClientError, RDKafkaErrorCode},
    message::{Header, OwnedHeaders},
    producer::{FutureProducer, FutureRecord, Producer as _},
};

use super::{
    KafkaConfig, KafkaError,
    client::Client,
    headers,
    value::{self, EventValue},
};
use crate::Envelope;

/// How long to wait before a full queue is retried.
const QUEUE_FULL: Duration = Duration::from_millis(5);

/// How often clients report statistics, in milliseconds.
pub(super) const STATISTICS_MS: &str = "5000";

/// An event that the broker rejects for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untaken {
    /// Its position.
    pub position: i64,
    /// The full name of its message.
    pub kind: String,
    /// Why.
    pub why: String,
}

/// Sends events to topics: acknowledged by all in-sync replicas, never reordered within a key, never doubled by a retry.
#[derive(Clone)]
pub struct EventProducer {
    producer: FutureProducer<Client>,
    config: KafkaConfig,
}

impl std::fmt::Debug for EventProducer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EventProducer(..)")
    }
}

impl EventProducer {
    /// A producer of a service for a purpose, both as labels of metrics. It connects and reconnects by itself.
    pub fn new(config: &KafkaConfig, service: &'static str, client: &'static str) -> Result<Self, KafkaError> {
        let client = Client { service, client: client.to_owned() };
        Ok(Self { producer: settings(config).create_with_context(client)?, config: config.clone() })
    }

    /// Sends events to a topic and returns when the broker has all of them. It waits for a broker that is down: skipping one event and going on
    /// with the next would break the order of their key. Returns those that it rejects for good, each with the reason.
    pub async fn send(&self, area: &str, topic: &str, envelopes: &[Envelope]) -> Result<Vec<Untaken>, KafkaError> {
        let mut sent = Vec::with_capacity(envelopes.len());
        let mut untaken = Vec::new();
        for envelope in envelopes {
            let Some(value) = self.value(area, envelope) else {
                let why = "what is stored is not an event".to_owned();
                untaken.push(Untaken { position: envelope.position, kind: envelope.kind.clone(), why });
                continue;
            };
            let key = headers::key(envelope);
            let record = FutureRecord::to(topic)
                .key(&key)
                .payload(&*value.bytes)
                .timestamp(envelope.recorded_at.timestamp_millis())
                .headers(self.headers(area, envelope, &value));
            sent.push((envelope, self.enqueue(record).await));
        }
        for (envelope, enqueued) in sent {
            let delivered = match enqueued {
                Ok(delivery) => delivery.await.map_err(KafkaError::from),
                Err(error) => Err(error),
            };
            match delivered {
                Ok(()) => {}
                Err(error) if error.is_of_the_message() => {
                    untaken.push(Untaken {
                        position: envelope.position,
                        kind: envelope.kind.clone(),
                        why: error_chain(&error),
                    });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(untaken)
    }

    /// An event in the form of its area; `None` if what is stored is not an event.
    pub(crate) fn value<'a>(&self, area: &str, envelope: &'a Envelope) -> Option<EventValue<'a>> {
        value::write(self.config.format(area), envelope)
    }

    /// The headers of an event with this value.
    pub(crate) fn headers(&self, area: &str, envelope: &Envelope, value: &EventValue<'_>) -> OwnedHeaders {
        headers::write(&self.config.source, area, envelope, value.content_type)
    }

    /// Sends a dead letter to the service's dead-letter topic, with the error.
    pub(crate) async fn send_dead_letter(
        &self,
        topic: &str,
        (key, payload): (Option<&[u8]>, Option<&[u8]>),
        headers: OwnedHeaders,
        error: &str,
    ) -> Result<(), KafkaError> {
        let headers = headers.insert(Header { key: "quittance_error", value: Some(error) });
        let mut record = FutureRecord::<[u8], [u8]>::to(topic).headers(headers);
        record.key = key;
        record.payload = payload;
        self.enqueue(record).await?.await?;
        Ok(())
    }

    async fn enqueue<K, P>(
        &self,
        mut record: FutureRecord<'_, K, P>,
    ) -> Result<impl Future<Output = Result<(), ClientError>> + use<K, P>, KafkaError>
    where
        K: rdkafka::message::ToBytes + ?Sized,
        P: rdkafka::message::ToBytes + ?Sized,
    {
        loop {
            match self.producer.send_result(record) {
                Ok(delivery) => {
                    return Ok(async move {
                        match delivery.await {
                            Ok(Ok(_)) => Ok(()),
                            Ok(Err((error, _))) => Err(error),
                            Err(_) => Err(ClientError::Canceled),
                        }
                    });
                }
                Err((ClientError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    record = back;
                    tokio::time::sleep(QUEUE_FULL).await;
                }
                Err((error, _)) => return Err(error.into()),
            }
        }
    }

    /// Whether it has failed for good and must be replaced.
    pub(crate) fn is_broken(&self) -> bool {
        self.producer.client().fatal_error().is_some()
    }
}

fn settings(config: &KafkaConfig) -> ClientConfig {
    let mut client = config.client_with(&[("statistics.interval.ms", STATISTICS_MS)]);
    client
        .set("acks", "all")
        .set("enable.idempotence", "true")
        // Never skips an event while later ones of its key are sent.
        .set("message.timeout.ms", "0")
        // The partitioner of Java's producers, so that others can write to our topics too.
        .set("partitioner", "murmur2_random")
        .set("compression.type", "lz4")
        .set("linger.ms", "1")
        .set("queue.buffering.max.messages", "100000");
    client
}
