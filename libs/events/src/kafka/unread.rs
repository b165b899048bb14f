//! How many messages of a topic a consumer group has not committed.

use std::{collections::BTreeMap, time::Duration};

use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::{KafkaError as ClientError, RDKafkaErrorCode},
};

use super::KafkaError;

/// Timeout of each request to the broker.
const PATIENCE: Duration = Duration::from_secs(5);

/// The first offset of each partition, and the one after the last, at the time of the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extent(BTreeMap<i32, (i64, i64)>);

impl Extent {
    /// Queries the broker, with a client that joins no group.
    pub(super) fn query(settings: &ClientConfig, topic: &str) -> Result<Self, KafkaError> {
        let client: BaseConsumer = settings.create()?;
        let metadata = client.fetch_metadata(Some(topic), PATIENCE)?;
        let mut extent = BTreeMap::new();
        for described in metadata.topics() {
            if let Some(error) = described.error() {
                return Err(ClientError::MetadataFetch(RDKafkaErrorCode::from(error)).into());
            }
            for partition in described.partitions() {
                extent.insert(partition.id(), client.fetch_watermarks(topic, partition.id(), PATIENCE)?);
            }
        }
        Ok(Self(extent))
    }

    /// How many of its messages the group of the settings has not committed.
    pub(super) fn unread(&self, settings: &ClientConfig, topic: &str) -> Result<u64, KafkaError> {
        let client: BaseConsumer = settings.create()?;
        let mut partitions = TopicPartitionList::new();
        for partition in self.0.keys() {
            partitions.add_partition(topic, *partition);
        }
        let committed = client.committed_offsets(partitions, PATIENCE)?;
        let elements = committed.elements();
        let next = elements.iter().filter_map(|partition| match partition.offset() {
            Offset::Offset(next) => Some((partition.partition(), next)),
            _ => None,
        });
        Ok(self.after(&next.collect()))
    }

    /// Messages from the next offset of each partition on; from the first where there is none.
    fn after(&self, next: &BTreeMap<i32, i64>) -> u64 {
        let unread = |(partition, (first, end)): (&i32, &(i64, i64))| {
            let next = next.get(partition).map_or(*first, |next| *next.max(first));
            u64::try_from(end - next).unwrap_or_default()
        };
        self.0.iter().map(unread).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_or_came_later_is_not_counted() {
        let extent = Extent([(0, (0, 10)), (1, (5, 8)), (2, (0, 0))].into());
        assert_eq!(extent.after(&BTreeMap::new()), 13);
        assert_eq!(extent.after(&[(0, 7), (1, 2)].into()), 6, "the first of what was deleted cannot be read");
        assert_eq!(extent.after(&[(0, 10), (1, 20), (2, 4)].into()), 0);
    }
}
