//! Commands for operators: topics, dead letters, the stream of events, rebuilds of read models.

mod dead_letters;
mod decode;
mod events;
mod migrate;
mod reader;
mod rebuild;
mod stores;
mod topics;

pub(crate) use dead_letters::{DeadLetters, run as dead_letters};
pub(crate) use events::{EventsCommand, run as events};
pub(crate) use migrate::{MigrateFlags, run as migrate};
pub(crate) use rebuild::{RebuildFlags, run as rebuild};
pub(crate) use topics::{TopicsFlags, run as topics};
