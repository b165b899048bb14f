//! Reads events from the broker in batches, and commits the offsets once their effects are committed.

use std::{
    collections::BTreeMap,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use futures::{FutureExt as _, StreamExt as _};
use quittance_runtime::metrics;
use rdkafka::{
    ClientConfig, ClientContext, Message as _, Offset, Statistics, TopicPartitionList,
    consumer::{CommitMode, Consumer as _, ConsumerContext, StreamConsumer},
    error::{KafkaError as ClientError, RDKafkaErrorCode},
    message::{BorrowedMessage, Header, OwnedHeaders},
};

use super::{
    EventProducer, KafkaConfig, KafkaError, client::Client, headers, producer::STATISTICS_MS, unread::Extent,
    value::EventValue,
};
use crate::{Envelope, Place, held::storable};

/// How long to wait for a first message.
const POLL: Duration = Duration::from_millis(500);

/// Reads an area's topic for a service, as a member of the service's consumer group.
#[derive(Clone)]
pub struct KafkaSource {
    service: &'static str,
    area: &'static str,
    topic: String,
    dead_letter_topic: String,
    settings: ClientConfig,
    producer: EventProducer,
    consumer: Option<Arc<Member>>,
}

impl std::fmt::Debug for KafkaSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaSource").field("topic", &self.topic).finish_non_exhaustive()
    }
}

/// Timeout of leaving a group: the client has none of its own when the broker is down. The broker reassigns the partitions of a member that
/// never left after its session timeout. It takes milliseconds, unless the group is just being rebalanced; and a process with several consumers on few
/// threads waits for one after the other, so it is short.
const LEAVE: Duration = Duration::from_secs(1);

type Member = StreamConsumer<Lag>;

/// Records how far a member of the group is behind on the partitions it has.
struct Lag {
    client: Client,
    area: &'static str,
}

impl ClientContext for Lag {
    fn stats(&self, statistics: Statistics) {
        self.client.record(&statistics);
        let service = self.client.service;
        // The last value says nothing about now when no broker responds.
        let is_unavailable = !statistics.brokers.values().any(|broker| broker.state == "UP");
        for (id, partition) in statistics.topics.values().flat_map(|topic| &topic.partitions) {
            // Negative: the partition was reassigned, or not read from yet.
            match partition.consumer_lag {
                lag @ 0.. if !is_unavailable => metrics::record_lag(service, self.area, *id, lag),
                _ => metrics::remove_lag(service, self.area, *id),
            }
        }
    }
}

impl ConsumerContext for Lag {}

/// A message that is not an event.
#[derive(Debug, Clone)]
pub(crate) struct Unreadable {
    pub(crate) place: Place,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) payload: Option<Vec<u8>>,
    /// Text as it is, anything else in hexadecimal digits.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) error: String,
}

/// A batch of messages.
#[derive(Debug, Default)]
pub(crate) struct KafkaBatch {
    pub(crate) envelopes: Vec<Envelope>,
    pub(crate) unreadable: Vec<Unreadable>,
    /// The offset of each partition to commit once the batch is done.
    next: BTreeMap<i32, i64>,
}

impl KafkaSource {
    /// A reader of an area's events for a service.
    pub fn new(config: &KafkaConfig, service: &'static str, area: &'static str) -> Result<Self, KafkaError> {
        Ok(Self {
            service,
            area,
            topic: config.topic(area),
            dead_letter_topic: config.dead_letter_topic(service),
            settings: settings(config, &config.group(service)),
            producer: EventProducer::new(config, service, "dead_letters")?,
            consumer: None,
        })
    }

    /// A reader for the command line, in a group that must be unique to it, from now on or from the first event.
    pub fn tail(config: &KafkaConfig, area: &'static str, group: &str, from_start: bool) -> Result<Self, KafkaError> {
        let mut source = Self::new(config, "tail", area)?;
        source.settings.set("group.id", config.group(group));
        source.settings.set("auto.offset.reset", if from_start { "earliest" } else { "latest" });
        Ok(source)
    }

    /// At most `limit` new messages, each as an event or with the reason why it is not one.
    pub async fn read_any(&mut self, limit: u64) -> Result<Vec<Result<Envelope, String>>, KafkaError> {
        let batch = self.read(usize::try_from(limit).unwrap_or(usize::MAX)).await?;
        let unreadable = batch.unreadable.into_iter().map(|message| Err(message.error));
        Ok(batch.envelopes.into_iter().map(Ok).chain(unreadable).collect())
    }

    /// The area it reads.
    pub fn area(&self) -> &'static str {
        self.area
    }

    /// The offsets that the topic holds now.
    pub async fn extent(&self) -> Result<Extent, KafkaError> {
        let (settings, topic) = (self.settings.clone(), self.topic.clone());
        blocking(move || Extent::query(&settings, &topic)).await
    }

    /// How many of these messages the service's group has not committed.
    pub async fn unread(&self, extent: &Extent) -> Result<u64, KafkaError> {
        let (settings, topic, extent) = (self.settings.clone(), self.topic.clone(), extent.clone());
        blocking(move || extent.unread(&settings, &topic)).await
    }

    /// The consumer; joins the group at the first call.
    fn consumer(&mut self) -> Result<Arc<Member>, KafkaError> {
        if let Some(consumer) = &self.consumer {
            return Ok(Arc::clone(consumer));
        }
        let client = Client { service: self.service, client: format!("reads_{}", self.area) };
        let context = Lag { client, area: self.area };
        let consumer: Member = self.settings.create_with_context(context)?;
        consumer.subscribe(&[&self.topic])?;
        Ok(Arc::clone(self.consumer.insert(Arc::new(consumer))))
    }

    /// Leaves the group after a fatal error; the next read joins it again.
    pub(crate) fn leave_if_broken(&mut self) {
        if self.consumer.as_ref().is_some_and(|consumer| consumer.client().fatal_error().is_some()) {
            self.leave();
        }
    }

    fn leave(&mut self) {
        let Some(member) = self.consumer.take().and_then(Arc::into_inner) else { return };
        let (left, wait) = mpsc::channel();
        let leaving = thread::Builder::new().name("leave-group".to_owned()).spawn(move || {
            drop(member);
            // The receiver is gone: the result is not needed.
            let _ = left.send(());
        });
        if leaving.is_ok() && wait.recv_timeout(LEAVE).is_err() {
            tracing::warn!(topic = self.topic, "the group was not left in time; the member's session will expire");
        }
    }

    /// At most `limit` messages: it waits a moment for the first, and takes the others that are there.
    pub(crate) async fn read(&mut self, limit: usize) -> Result<KafkaBatch, KafkaError> {
        let consumer = self.consumer()?;
        let mut batch = KafkaBatch::default();
        let mut stream = consumer.stream();
        let Ok(first) = tokio::time::timeout(POLL, stream.next()).await else { return Ok(batch) };
        let mut next = first;
        let mut count = 0;
        while let Some(message) = next {
            match message {
                Ok(message) => batch.add(&message),
                Err(error) if is_passing(&error) => tracing::debug!(topic = self.topic, %error, "the broker"),
                Err(error) if count == 0 => return Err(error.into()),
                // What was read is applied first; a persistent error occurs again.
                Err(_) => break,
            }
            count += 1;
            if count == limit {
                break;
            }
            next = stream.next().now_or_never().flatten();
        }
        Ok(batch)
    }

    /// Commits a batch's offsets. If that fails, the batch is read again, to no effect.
    pub(crate) fn done(&self, batch: &KafkaBatch) {
        let Some(consumer) = &self.consumer else { return };
        let mut offsets = TopicPartitionList::new();
        for (partition, next) in &batch.next {
            if let Err(error) = offsets.add_partition_offset(&self.topic, *partition, Offset::Offset(*next)) {
                tracing::warn!(topic = self.topic, %error, "an offset is out of range");
            }
        }
        if offsets.count() > 0
            && let Err(error) = consumer.commit(&offsets, CommitMode::Async)
        {
            tracing::debug!(topic = self.topic, %error, "offsets were not committed");
        }
    }

    /// Copies a dead letter to the service's dead-letter topic.
    pub(crate) async fn send_dead_letter(&self, envelope: &Envelope, error: &str) -> Result<(), KafkaError> {
        let value = self.producer.value(self.area, envelope).unwrap_or_else(|| EventValue::as_stored(envelope));
        let mut headers = self.producer.headers(self.area, envelope, &value);
        if let Some(place) = &envelope.place {
            headers = headers.insert(Header { key: "quittance_place", value: Some(&place.to_string()) });
        }
        let key = headers::key(envelope);
        let message = (Some(key.as_bytes()), Some(&*value.bytes));
        self.producer
            .send_dead_letter(&self.dead_letter_topic, message, headers, &storable(error, MAX_HEADER_BYTES))
            .await
    }

    /// Copies a message that is not an event to the service's dead-letter topic.
    pub(crate) async fn send_unreadable(&self, message: &Unreadable) -> Result<(), KafkaError> {
        let place = message.place.to_string();
        let headers = message
            .headers
            .iter()
            .fold(OwnedHeaders::new(), |headers, (key, value)| headers.insert(Header { key, value: Some(value) }));
        let headers = headers.insert(Header { key: "quittance_place", value: Some(&place) });
        let content = (message.key.as_deref(), message.payload.as_deref());
        self.producer.send_dead_letter(&self.dead_letter_topic, content, headers, &message.error).await
    }
}

impl Drop for KafkaSource {
    fn drop(&mut self) {
        self.leave();
    }
}

impl KafkaBatch {
    /// Whether the batch is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.next.is_empty()
    }

    fn add(&mut self, message: &BorrowedMessage<'_>) {
        self.next.insert(message.partition(), message.offset() + 1);
        let place =
            Place { topic: message.topic().to_owned(), partition: message.partition(), offset: message.offset() };
        match headers::read(message) {
            Ok(envelope) => self.envelopes.push(Envelope { place: Some(place), ..envelope }),
            Err(error) => self.unreadable.push(unreadable(message, place, error)),
        }
    }
}

/// How many headers of a message that is not an event are stored.
const MAX_HEADERS: usize = 100;
/// How much of each header is stored, in bytes.
const MAX_HEADER_BYTES: usize = 8 * 1024;

fn unreadable(message: &BorrowedMessage<'_>, place: Place, error: String) -> Unreadable {
    let text = |value: &[u8]| match std::str::from_utf8(value) {
        Ok(text) if !text.contains('\0') => storable(text, MAX_HEADER_BYTES),
        _ => hex::encode(value.get(..MAX_HEADER_BYTES / 2).unwrap_or(value)),
    };
    let headers = headers::all(message).unwrap_or_default().into_iter().take(MAX_HEADERS);
    Unreadable {
        place,
        key: message.key().map(<[u8]>::to_vec),
        payload: message.payload().map(<[u8]>::to_vec),
        headers: headers.map(|(key, value)| (text(key.as_bytes()), value.map(text).unwrap_or_default())).collect(),
        error,
    }
}

/// Queries the broker with blocking calls.
async fn blocking<T: Send + 'static>(
    query: impl FnOnce() -> Result<T, KafkaError> + Send + 'static,
) -> Result<T, KafkaError> {
    match tokio::task::spawn_blocking(query).await {
        Ok(answer) => answer,
        Err(ended) => std::panic::resume_unwind(ended.into_panic()),
    }
}

/// Whether the broker is only unavailable for now; librdkafka retries by itself.
fn is_passing(error: &ClientError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::BrokerTransportFailure
                | Code::AllBrokersDown
                | Code::OperationTimedOut
                | Code::Resolve
                | Code::PollExceeded
                | Code::UnknownTopicOrPartition
                | Code::UnknownTopic
                | Code::UnknownPartition
                | Code::CoordinatorNotAvailable
                | Code::NotCoordinator
                | Code::CoordinatorLoadInProgress
        )
    )
}

fn settings(config: &KafkaConfig, group: &str) -> ClientConfig {
    let mut client = config.client_with(&[
        ("session.timeout.ms", "10000"),
        ("heartbeat.interval.ms", "2000"),
        ("partition.assignment.strategy", "cooperative-sticky"),
        ("statistics.interval.ms", STATISTICS_MS),
        ("fetch.wait.max.ms", "100"),
        ("fetch.queue.backoff.ms", "20"),
        // A topic created later is noticed soon.
        ("topic.metadata.refresh.interval.ms", "10000"),
        ("queued.max.messages.kbytes", "16384"),
    ]);
    client
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest");
    client
}
