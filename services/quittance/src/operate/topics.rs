//! `quittance topics`: creates the topics declared in a file, or checks them.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use anyhow::{Context as _, bail};
use clap::Args;
use quittance_events::kafka::{KafkaConfig, TopicSpec, check_topics, create_topics};
use serde::Deserialize;

use super::stores::{BrokerFlags, print_problems};
use crate::suite::AREAS;

/// The built-in declaration.
const DECLARED: &str = include_str!("../../../../deploy/kafka/topics.yaml");

/// Flags of `quittance topics`.
#[derive(Debug, Args)]
pub(crate) struct TopicsFlags {
    /// A declaration to use instead of the built-in one (`deploy/kafka/topics.yaml`)
    #[arg(long)]
    file: Option<PathBuf>,
    /// The replication factor, instead of the declared one; writes then need all replicas but one
    #[arg(long, value_parser = clap::value_parser!(i32).range(1..=10))]
    replication: Option<i32>,
    /// Only compare, without changes; exit with 1 on differences
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    broker: BrokerFlags,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Declaration {
    replication: i32,
    events: Events,
    dead_letters: DeadLetters,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Events {
    areas: Vec<String>,
    partitions: i32,
    settings: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeadLetters {
    services: Vec<String>,
    partitions: i32,
    settings: BTreeMap<String, String>,
}

impl Declaration {
    fn read(text: &str) -> anyhow::Result<Self> {
        let declared: Self = serde_saphyr::from_str(text)?;
        let unknown = declared.events.areas.iter().chain(&declared.dead_letters.services);
        let unknown: Vec<&str> = unknown.map(String::as_str).filter(|name| !AREAS.contains(name)).collect();
        if !unknown.is_empty() {
            bail!("there is no area {}; there are {}", unknown.join(", "), AREAS.join(", "));
        }
        if declared.events.partitions < 1 || declared.dead_letters.partitions < 1 {
            bail!("partitions: at least 1");
        }
        Ok(declared)
    }

    fn specs(&self, config: &KafkaConfig) -> Vec<TopicSpec> {
        let spec = |name, partitions, settings: &BTreeMap<String, String>| {
            let mut settings = settings.clone();
            if self.replication > 1 {
                // An acknowledged event survives the loss of a broker, and writes go on with one broker down.
                let insync = (self.replication - 1).to_string();
                settings.entry("min.insync.replicas".to_owned()).or_insert(insync);
            }
            TopicSpec { name, partitions, replication: self.replication, settings }
        };
        let (events, dead) = (&self.events, &self.dead_letters);
        let topics = events.areas.iter().map(|area| spec(config.topic(area), events.partitions, &events.settings));
        let graves =
            dead.services.iter().map(|name| spec(config.dead_letter_topic(name), dead.partitions, &dead.settings));
        topics.chain(graves).collect()
    }
}

/// Creates missing topics, then reports differences from the declaration.
pub(crate) async fn run(flags: &TopicsFlags) -> anyhow::Result<ExitCode> {
    let mut declared = match &flags.file {
        None => Declaration::read(DECLARED)?,
        Some(file) => {
            let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            Declaration::read(&text).with_context(|| format!("{} declares no topics", file.display()))?
        }
    };
    if let Some(replication) = flags.replication {
        declared.replication = replication;
    }
    let config = flags.broker.config()?;
    let specs = declared.specs(&config);
    if !flags.check {
        for name in create_topics(&config, &specs).await? {
            println!("made {name}");
        }
    }
    let problems = check_topics(&config, &specs).await?;
    if problems.is_empty() {
        println!("{} topics are as declared", specs.len());
        return Ok(ExitCode::SUCCESS);
    }
    print_problems(problems.into_iter().map(|problem| format!("{}: {}", problem.topic, problem.problem)));
    Ok(ExitCode::FAILURE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_with_the_program_names_every_area() {
        let declared = Declaration::read(DECLARED).unwrap();
        let names: Vec<String> = declared.specs(&KafkaConfig::default()).into_iter().map(|spec| spec.name).collect();
        assert_eq!(names.len(), 9);
        assert!(names.contains(&"quittance.credit-risk.v1".to_owned()), "{names:?}");
        assert!(names.contains(&"quittance.reporting.dead-letters.v1".to_owned()), "{names:?}");
    }

    #[test]
    fn writes_need_all_copies_but_one() {
        let insync = |replication| {
            let declared = Declaration { replication, ..Declaration::read(DECLARED).unwrap() };
            let specs = declared.specs(&KafkaConfig::default());
            specs[0].settings.get("min.insync.replicas").cloned()
        };
        assert_eq!((insync(3).as_deref(), insync(1), insync(-1)), (Some("2"), None, None));
    }

    #[test]
    fn a_wrong_declaration_is_refused() {
        for (from, to) in [
            ("invoicing, payments", "invoices, payments"),
            ("partitions: 12", "partitions: 0"),
            ("replication", "copies"),
        ] {
            assert!(Declaration::read(&DECLARED.replace(from, to)).is_err(), "{to}");
        }
    }
}
