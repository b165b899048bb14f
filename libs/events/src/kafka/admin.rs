//! Topics: created from one declaration file, and checked against it.

use std::{collections::BTreeMap, time::Duration};

use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication},
    client::DefaultClientContext,
    error::RDKafkaErrorCode,
};

use super::{KafkaConfig, KafkaError};

const TIMEOUT: Duration = Duration::from_secs(30);
/// Timeout of the connection check.
const PING: Duration = Duration::from_secs(10);

/// A declared topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its full name.
    pub name: String,
    /// How many partitions. It can grow, at the price of the order of keys that move; it cannot shrink.
    pub partitions: i32,
    /// The replication factor; `-1` for the broker's default.
    pub replication: i32,
    /// Settings such as `retention.ms`.
    pub settings: BTreeMap<String, String>,
}

/// How a topic differs from its declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicProblem {
    /// Its name.
    pub topic: String,
    /// The problem.
    pub problem: String,
}

fn client(config: &KafkaConfig) -> Result<AdminClient<DefaultClientContext>, KafkaError> {
    Ok(config.client().create()?)
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(TIMEOUT)).operation_timeout(Some(TIMEOUT))
}

/// Checks within seconds that a broker responds, before a client would retry silently.
///
/// # Errors
/// No broker responds; with the addresses tried.
pub async fn ping(config: &KafkaConfig) -> Result<(), KafkaError> {
    let client = client(config)?;
    let requested = tokio::task::spawn_blocking(move || client.inner().fetch_metadata(None, PING).map(drop));
    match requested.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(KafkaError::Unavailable { brokers: config.brokers.clone(), why: error.to_string() }),
        Err(error) => Err(KafkaError::Unavailable { brokers: config.brokers.clone(), why: error.to_string() }),
    }
}

/// Creates the missing topics. Returns their names; existing ones are not changed.
pub async fn create_topics(config: &KafkaConfig, topics: &[TopicSpec]) -> Result<Vec<String>, KafkaError> {
    let new: Vec<NewTopic<'_>> = topics
        .iter()
        .map(|topic| {
            let new = NewTopic::new(&topic.name, topic.partitions, TopicReplication::Fixed(topic.replication));
            topic.settings.iter().fold(new, |new, (key, value)| new.set(key, value))
        })
        .collect();
    let mut created = Vec::new();
    for result in client(config)?.create_topics(&new, &options()).await? {
        match result {
            Ok(name) => created.push(name),
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => return Err(KafkaError::Topic { topic, why: code.to_string() }),
        }
    }
    Ok(created)
}

/// Compares the topics with their declarations.
pub async fn check_topics(config: &KafkaConfig, topics: &[TopicSpec]) -> Result<Vec<TopicProblem>, KafkaError> {
    let admin = client(config)?;
    let found = partitions(&admin)?;
    let mut problems = Vec::new();
    let mut existing = Vec::new();
    for topic in topics {
        match found.get(&topic.name) {
            None => problems.push(problem(topic, "does not exist".to_owned())),
            Some(count) => {
                existing.push(topic);
                if *count != topic.partitions {
                    problems.push(problem(topic, format!("has {count} partitions, not {}", topic.partitions)));
                }
            }
        }
    }
    let requested: Vec<ResourceSpecifier<'_>> = existing.iter().map(|t| ResourceSpecifier::Topic(&t.name)).collect();
    if requested.is_empty() {
        return Ok(problems);
    }
    for (topic, answer) in existing.into_iter().zip(admin.describe_configs(&requested, &options()).await?) {
        let answer = answer.map_err(|code| KafkaError::Topic { topic: topic.name.clone(), why: code.to_string() })?;
        let entries = answer.entry_map();
        for (key, wanted) in &topic.settings {
            let is = entries.get(key.as_str()).and_then(|entry| entry.value.as_deref()).unwrap_or("not set");
            if is != wanted {
                problems.push(problem(topic, format!("{key} is {is}, not {wanted}")));
            }
        }
    }
    Ok(problems)
}

fn problem(topic: &TopicSpec, problem: String) -> TopicProblem {
    TopicProblem { topic: topic.name.clone(), problem }
}

fn partitions(admin: &AdminClient<DefaultClientContext>) -> Result<BTreeMap<String, i32>, KafkaError> {
    let metadata = admin.inner().fetch_metadata(None, TIMEOUT)?;
    let count = |topic: &rdkafka::metadata::MetadataTopic| i32::try_from(topic.partitions().len()).unwrap_or(i32::MAX);
    Ok(metadata.topics().iter().map(|topic| (topic.name().to_owned(), count(topic))).collect())
}
