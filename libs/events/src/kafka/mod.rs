//! Apache Kafka as the transport: the same outbox, inbox and handlers as in one process.

mod admin;
mod client;
mod config;
mod consumer;
mod headers;
mod producer;
mod publisher;
mod unread;
mod value;

pub use admin::{TopicProblem, TopicSpec, check_topics, create_topics, ping};
pub use config::{AREAS, EventFormat, KafkaConfig, KafkaError};
pub use consumer::KafkaSource;
pub(crate) use consumer::{KafkaBatch, Unreadable};
pub use headers::read as read_message;
pub use producer::EventProducer;
pub use publisher::run_publisher;
pub use unread::Extent;
