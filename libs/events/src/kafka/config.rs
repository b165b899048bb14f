//! How to reach the broker.

use std::{collections::BTreeMap, str::FromStr};

use rdkafka::{
    ClientConfig,
    config::RDKafkaLogLevel,
    error::{KafkaError as ClientError, RDKafkaErrorCode},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Properties this program relies on; they cannot be configured.
const OURS: [&str; 12] = [
    "bootstrap.servers",
    "acks",
    "enable.idempotence",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "auto.offset.reset",
    "group.id",
    "partitioner",
    "message.timeout.ms",
    "delivery.timeout.ms",
    "transactional.id",
    "enable.gapless.guarantee",
];

/// The areas that publish events, each to its topic.
pub const AREAS: [&str; 4] = ["invoicing", "payments", "credit-risk", "collections"];

/// The form of the values of messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EventFormat {
    /// Protobuf's binary form, `application/protobuf`.
    #[default]
    Protobuf,
    /// The standard JSON of protobuf messages, `application/json`.
    Json,
}

impl FromStr for EventFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "protobuf" => Ok(Self::Protobuf),
            "json" => Ok(Self::Json),
            _ => Err("protobuf or json".to_owned()),
        }
    }
}

/// How to reach the broker, and what topics and groups are called.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct KafkaConfig {
    /// Addresses such as `broker-1:9092,broker-2:9092`
    pub brokers: String,
    /// What the names of topics and consumer groups begin with
    pub prefix: String,
    /// What the sources of events begin with (`ce_source`, a URI reference): different for each installation that publishes to one broker
    pub source: String,
    /// The form of the events on an area's topic, `protobuf` (the default) or `json`, for example `kafka.formats.invoicing = "json"`. An underscore may stand for
    /// a hyphen, as environment variables need it. Both forms may be on a topic
    pub formats: BTreeMap<String, EventFormat>,
    /// Settings of librdkafka, for TLS and SASL for example `security.protocol`, `ssl.ca.location`, `sasl.mechanism`, `sasl.username`, `sasl.password`. An
    /// underscore may stand for a point, as environment variables need it
    pub properties: BTreeMap<String, String>,
}

impl Default for KafkaConfig {
    fn default() -> Self {
        Self {
            brokers: String::new(),
            prefix: "quittance".to_owned(),
            source: "/quittance".to_owned(),
            formats: BTreeMap::new(),
            properties: BTreeMap::new(),
        }
    }
}

/// The broker failed, or the connection to it.
#[derive(Debug, thiserror::Error)]
pub enum KafkaError {
    /// An error of librdkafka.
    #[error("Kafka")]
    Client(#[from] ClientError),
    /// No broker responds.
    #[error("no broker responds at {brokers}: {why}")]
    Unavailable {
        /// The addresses tried.
        brokers: String,
        /// The reason.
        why: String,
    },
    /// A topic could not be created.
    #[error("topic {topic}: {why}")]
    Topic {
        /// Its name.
        topic: String,
        /// The reason.
        why: String,
    },
}

impl KafkaError {
    /// Whether the broker rejects this one message for good: a retry would be rejected again.
    pub(crate) fn is_of_the_message(&self) -> bool {
        let Self::Client(error) = self else { return false };
        let code = error.rdkafka_error_code();
        matches!(
            code,
            Some(
                RDKafkaErrorCode::MessageSizeTooLarge
                    | RDKafkaErrorCode::InvalidMessageSize
                    | RDKafkaErrorCode::InvalidRecord
            )
        )
    }
}

impl KafkaConfig {
    /// Everything that is wrong with it, each with the name of the setting.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.brokers.trim().is_empty() {
            problems.push("kafka.brokers: at least one address such as broker:9092".to_owned());
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if self.prefix.is_empty() || self.prefix.len() > 100 || !self.prefix.chars().all(is_name) {
            problems.push("kafka.prefix: 1 to 100 letters, digits, points, underscores or hyphens".to_owned());
        }
        let is_in_uri = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c);
        if self.source.is_empty() || self.source.len() > 200 || !self.source.chars().all(is_in_uri) {
            problems.push("kafka.source: a URI reference of 1 to 200 characters, such as /quittance/berlin".to_owned());
        }
        let unknown = self.formats.keys().filter(|area| !AREAS.contains(&area.replace('_', "-").as_str()));
        problems.extend(unknown.map(|area| format!("kafka.formats: {area} is not one of {}", AREAS.join(", "))));
        let fixed = self.settings().filter(|(key, _)| OURS.contains(&key.as_str()));
        problems.extend(fixed.map(|(key, _)| format!("kafka.properties: {key} cannot be changed")));
        if problems.is_empty()
            && let Err(error) = self.client().create_native_config()
        {
            problems.push(format!("kafka.properties: {error}"));
        }
        problems
    }

    fn settings(&self) -> impl Iterator<Item = (String, &String)> {
        self.properties.iter().map(|(key, value)| (key.replace('_', "."), value))
    }

    /// Properties of every client.
    pub(crate) fn client(&self) -> ClientConfig {
        self.client_with(&[])
    }

    /// Properties of a client, with defaults of its kind, which settings override.
    pub(crate) fn client_with(&self, defaults: &[(&str, &str)]) -> ClientConfig {
        let mut client = ClientConfig::new();
        // A broker that comes back is found soon, and one that is down is not polled in a tight loop.
        client.set("reconnect.backoff.ms", "100").set("reconnect.backoff.max.ms", "2000");
        client.set("client.id", "quittance").set_log_level(RDKafkaLogLevel::Warning);
        // The message size that the declared topics take.
        client.set("message.max.bytes", "4194304");
        client.extend(defaults.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        client.extend(self.settings().map(|(key, value)| (key, value.clone())));
        client.set("bootstrap.servers", &self.brokers);
        client
    }

    /// The topic of an area's events.
    pub fn topic(&self, area: &str) -> String {
        format!("{}.{area}.v1", self.prefix)
    }

    /// The form of an area's events.
    pub(crate) fn format(&self, area: &str) -> EventFormat {
        let set = self.formats.iter().find(|(name, _)| name.replace('_', "-") == area);
        set.map(|(_, format)| *format).unwrap_or_default()
    }

    /// The dead-letter topic of a service.
    pub fn dead_letter_topic(&self, service: &str) -> String {
        format!("{}.{service}.dead-letters.v1", self.prefix)
    }

    /// The consumer group of a service.
    pub fn group(&self, service: &str) -> String {
        format!("{}.{service}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_is_said_at_once() {
        let properties = [("acks".to_owned(), "0".to_owned()), ("enable_idempotence".to_owned(), "false".to_owned())];
        let formats = [("reporting".to_owned(), EventFormat::Json)].into();
        let config =
            KafkaConfig { prefix: "a b".to_owned(), properties: properties.into(), formats, ..KafkaConfig::default() };
        let problems = config.problems();
        assert_eq!(problems.len(), 5, "{problems:?}");
    }

    #[test]
    fn each_topic_has_its_form() {
        let formats = [("credit_risk".to_owned(), EventFormat::Json), ("payments".to_owned(), EventFormat::Protobuf)];
        let config =
            KafkaConfig { brokers: "broker:9092".to_owned(), formats: formats.into(), ..KafkaConfig::default() };
        assert_eq!(config.problems(), Vec::<String>::new());
        let is = AREAS.map(|area| config.format(area));
        assert_eq!(is, [EventFormat::Protobuf, EventFormat::Protobuf, EventFormat::Json, EventFormat::Protobuf]);
        assert_eq!(["json", "protobuf"].map(str::parse), [Ok(EventFormat::Json), Ok(EventFormat::Protobuf)]);
        assert!("JSON".parse::<EventFormat>().is_err());
    }

    #[test]
    fn tls_and_sasl_are_settings() {
        let settings = [
            ("security_protocol", "sasl_ssl"),
            ("sasl.mechanism", "SCRAM-SHA-512"),
            ("sasl_username", "quittance"),
            ("sasl_password", "secret"),
        ];
        let properties = settings.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let config = KafkaConfig { brokers: "broker:9093".to_owned(), properties, ..KafkaConfig::default() };
        assert_eq!(config.problems(), Vec::<String>::new());
    }

    #[test]
    fn an_unknown_setting_is_named() {
        let properties = [("security.protocl".to_owned(), "ssl".to_owned())].into();
        let config = KafkaConfig { brokers: "broker:9093".to_owned(), properties, ..KafkaConfig::default() };
        assert!(config.problems().concat().contains("security.protocl"), "{:?}", config.problems());
    }

    /// Topics hold all events and groups have their offsets: under other names a consumer would begin anew, or find nothing.
    #[test]
    fn names_of_topics_and_groups_are_what_they_always_were() {
        let config = KafkaConfig { brokers: "broker:9092".to_owned(), ..KafkaConfig::default() };
        assert_eq!(config.topic("credit-risk"), "quittance.credit-risk.v1");
        assert_eq!(config.dead_letter_topic("payments"), "quittance.payments.dead-letters.v1");
        assert_eq!(config.group("payments"), "quittance.payments");
    }
}
