//! All events of an area from the first position on: from the outbox itself, or from its topic.

use std::{collections::BTreeMap, time::Duration};

use quittance_db::{Db, DbError};
use rdkafka::{
    ClientConfig, Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
};

use crate::{
    Envelope,
    kafka::{KafkaConfig, KafkaError, read_message},
    source::fetch,
};

/// Batch size of a read.
const BATCH: i64 = 1_000;
const KAFKA_BATCH: usize = 1_000;
/// Timeout of a request to the broker.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Timeout for a message that is known to exist.
const STALLED_POLLS: u32 = 60;

/// Where an area's past events are read from.
#[derive(Debug, Clone)]
pub enum History {
    /// The outbox in the database of the service that published.
    Outbox(Db),
    /// The topic, which must retain everything from the first event on.
    Kafka(KafkaConfig),
}

/// Why past events could not be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The broker.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// The broker reports more messages but does not deliver them.
    #[error("{topic} stands still: {missing} partitions were not read to their end")]
    Stalled {
        /// Its name.
        topic: String,
        /// How many partitions were not read to their end.
        missing: usize,
    },
    /// No source is configured for the area.
    #[error("no source of past events of {0} is configured")]
    Unknown(&'static str),
    /// The reading thread ended.
    #[error("reading was interrupted")]
    BrokenOff,
}

impl History {
    /// Starts at the first event of an area and ends with the last one at the time of the call.
    pub async fn read(&self, area: &str) -> Result<HistoryReader, HistoryError> {
        match self {
            Self::Outbox(db) => Ok(HistoryReader::Outbox { db: db.clone(), after: 0 }),
            Self::Kafka(config) => {
                let (settings, topic) = (config.client(), config.topic(area));
                let open = move || TopicReader::open(settings, topic);
                let reader = tokio::task::spawn_blocking(open).await.map_err(|_| HistoryError::BrokenOff)??;
                Ok(HistoryReader::Kafka(Some(Box::new(reader))))
            }
        }
    }
}

/// Reads an area's past events in batches. Events with one key are in order.
#[derive(Debug)]
pub enum HistoryReader {
    /// From an outbox, by position.
    #[doc(hidden)]
    Outbox {
        /// The outbox's database.
        db: Db,
        /// What was read.
        after: i64,
    },
    /// From a topic.
    #[doc(hidden)]
    Kafka(Option<Box<TopicReader>>),
}

impl HistoryReader {
    /// The next events; empty when there are no more.
    pub async fn next(&mut self) -> Result<Vec<Envelope>, HistoryError> {
        match self {
            Self::Outbox { db, after } => {
                let batch = fetch(db.system(), *after, BATCH).await.map_err(DbError::from)?;
                *after = batch.last().map_or(*after, |last| last.position);
                Ok(batch)
            }
            Self::Kafka(slot) => {
                let Some(mut reader) = slot.take() else { return Ok(Vec::new()) };
                let read = move || reader.next().map(|batch| (reader, batch));
                let (reader, batch) =
                    tokio::task::spawn_blocking(read).await.map_err(|_| HistoryError::BrokenOff)??;
                *slot = Some(reader);
                Ok(batch)
            }
        }
    }
}

/// Reads a topic from its beginning to its end at the start of the read, without a group.
pub struct TopicReader {
    topic: String,
    consumer: BaseConsumer,
    /// The offset after the last message of each partition that is not read to its end.
    ends: BTreeMap<i32, i64>,
}

impl std::fmt::Debug for TopicReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TopicReader").field("topic", &self.topic).field("ends", &self.ends).finish_non_exhaustive()
    }
}

impl TopicReader {
    fn open(mut settings: ClientConfig, topic: String) -> Result<Self, HistoryError> {
        settings.set("group.id", "quittance.history").set("enable.auto.commit", "false");
        let consumer: BaseConsumer = settings.create().map_err(KafkaError::from)?;
        let metadata = consumer.fetch_metadata(Some(&topic), TIMEOUT).map_err(KafkaError::from)?;
        let partitions: Vec<i32> = metadata
            .topics()
            .iter()
            .flat_map(|t| t.partitions().iter().map(rdkafka::metadata::MetadataPartition::id))
            .collect();
        let mut assignment = TopicPartitionList::new();
        let mut ends = BTreeMap::new();
        for partition in partitions {
            let (first, end) = consumer.fetch_watermarks(&topic, partition, TIMEOUT).map_err(KafkaError::from)?;
            if first < end {
                ends.insert(partition, end);
                assignment.add_partition_offset(&topic, partition, Offset::Offset(first)).map_err(KafkaError::from)?;
            }
        }
        consumer.assign(&assignment).map_err(KafkaError::from)?;
        Ok(Self { topic, consumer, ends })
    }

    fn next(&mut self) -> Result<Vec<Envelope>, HistoryError> {
        let mut batch = Vec::new();
        let mut empty_polls = 0;
        while !self.ends.is_empty() && batch.len() < KAFKA_BATCH {
            let Some(message) = self.consumer.poll(Duration::from_millis(500)) else {
                empty_polls += 1;
                if empty_polls > STALLED_POLLS {
                    return Err(HistoryError::Stalled { topic: self.topic.clone(), missing: self.ends.len() });
                }
                continue;
            };
            let message = message.map_err(KafkaError::from)?;
            if self.ends.get(&message.partition()).is_some_and(|end| message.offset() + 1 >= *end) {
                self.ends.remove(&message.partition());
            }
            // A message that is not an event had no effect the first time either.
            batch.extend(read_message(&message).ok());
        }
        // An empty batch would mean the end.
        if batch.is_empty() && !self.ends.is_empty() { self.next() } else { Ok(batch) }
    }
}
