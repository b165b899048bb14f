//! Messages on a topic that nobody should have put there.

use std::time::Duration;

use anyhow::Context as _;
use fastrand::Rng;
use quittance_events::kafka::KafkaConfig;
use rdkafka::{
    ClientConfig, Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    message::OwnedMessage,
    producer::{BaseProducer, BaseRecord, Producer as _},
};

use crate::Area;

const TIMEOUT: Duration = Duration::from_secs(20);
/// Messages that are no events.
const GARBAGE: usize = 3;
/// Events that are put on the topic again.
const AGAIN: usize = 40;

/// Puts garbage and events that were there before on an area's topic. Returns how many messages are no events.
pub(crate) async fn put(config: &KafkaConfig, area: Area, seed: u64) -> anyhow::Result<usize> {
    let (brokers, topic) = (config.brokers.clone(), config.topic(area.name()));
    tokio::task::spawn_blocking(move || put_now(&brokers, &topic, &mut Rng::with_seed(seed))).await?
}

fn put_now(brokers: &str, topic: &str, rng: &mut Rng) -> anyhow::Result<usize> {
    let producer: BaseProducer = ClientConfig::new().set("bootstrap.servers", brokers).create()?;
    for _ in 0..GARBAGE {
        let bytes: Vec<u8> = (0..rng.usize(1..200)).map(|_| rng.u8(..)).collect();
        let record = BaseRecord::<[u8], [u8]>::to(topic).payload(&bytes);
        producer.send(record).map_err(|(error, _)| error)?;
    }
    let known = read_some(brokers, topic)?;
    rng.choose_multiple(known.iter(), AGAIN).into_iter().try_for_each(|message| send_again(&producer, message))?;
    producer.flush(TIMEOUT)?;
    Ok(GARBAGE)
}

/// In the same partition, with all that the message had.
fn send_again(producer: &BaseProducer, message: &OwnedMessage) -> anyhow::Result<()> {
    let mut record = BaseRecord::<[u8], [u8]>::to(message.topic()).partition(message.partition());
    record.key = message.key();
    record.payload = message.payload();
    record.headers = message.headers().cloned();
    Ok(producer.send(record).map_err(|(error, _)| error)?)
}

/// Messages that are on the topic, from each partition's beginning.
fn read_some(brokers: &str, topic: &str) -> anyhow::Result<Vec<OwnedMessage>> {
    let consumer: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", brokers).set("group.id", "e2e-garbage").create()?;
    let metadata = consumer.fetch_metadata(Some(topic), TIMEOUT)?;
    let mut assignment = TopicPartitionList::new();
    let mut left = 0;
    for partition in metadata.topics().first().context("the topic")?.partitions() {
        let (first, end) = consumer.fetch_watermarks(topic, partition.id(), TIMEOUT)?;
        assignment.add_partition_offset(topic, partition.id(), Offset::Offset(first))?;
        left += end - first;
    }
    consumer.assign(&assignment)?;
    let mut read = Vec::new();
    while left > 0 {
        let message = consumer.poll(TIMEOUT).context("the topic stands still")??.detach();
        // Without headers it is no event, but garbage of an earlier time.
        read.extend(message.headers().is_some().then_some(message));
        left -= 1;
    }
    Ok(read)
}
