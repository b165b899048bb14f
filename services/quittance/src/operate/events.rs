//! `quittance events`: the stream of an area's events, decoded, new or past ones.

use std::{process::ExitCode, time::Duration};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use quittance_db::Db;
use quittance_events::{
    EventFilter, choose,
    kafka::{EventFormat, EventProducer, KafkaConfig, KafkaSource, ping},
};
use quittance_kernel::TenantId;
use serde_json::json;
use uuid::Uuid;

use crate::output;

use super::{decode::decode, reader::Reader, stores::StoreFlags};

/// Batch size of a read.
const BATCH: i64 = 1_000;
/// Polling interval of an outbox.
const POLL: Duration = Duration::from_millis(100);

/// Commands of `quittance events`.
#[derive(Debug, Subcommand)]
pub(crate) enum EventsCommand {
    /// Show events as they arrive, one JSON object a line
    Tail(TailFlags),
    /// Show or publish events of the past again, from the outbox
    Replay(ReplayEventsFlags),
}

/// Flags of `tail`.
#[derive(Debug, Args)]
pub(crate) struct TailFlags {
    /// The area of the events
    area: Reader,
    /// From the first event on, instead of from now
    #[arg(long)]
    from_start: bool,
    /// Stop after this many
    #[arg(long)]
    count: Option<u64>,
    #[command(flatten)]
    stores: StoreFlags,
}

/// Flags of `replay`.
#[derive(Debug, Args)]
pub(crate) struct ReplayEventsFlags {
    /// The area of the events
    area: Reader,
    /// From this position
    #[arg(long, default_value_t = 1)]
    from_position: i64,
    /// Up to this position
    #[arg(long)]
    until_position: Option<i64>,
    /// Recorded at this time or later, for example 2026-03-02T09:00:00Z
    #[arg(long)]
    since: Option<DateTime<Utc>>,
    /// Recorded before this time
    #[arg(long)]
    before: Option<DateTime<Utc>>,
    /// Only this kind, for example `InvoiceIssued`
    #[arg(long = "type")]
    kind: Option<String>,
    /// Only this customer's (or this payment's, if no customer is known)
    #[arg(long)]
    customer: Option<Uuid>,
    /// Only this tenant's
    #[arg(long, value_parser = crate::client::parse_tenant)]
    tenant: Option<TenantId>,
    /// Publish them to this topic instead of showing them: a new consumer's own, or the area's
    #[arg(long, requires = "kafka")]
    to: Option<String>,
    /// Publish them in this form, `protobuf` or `json`, instead of the one that is configured for the area
    #[arg(long, requires = "to")]
    format: Option<EventFormat>,
    #[command(flatten)]
    stores: StoreFlags,
}

/// Runs a command.
pub(crate) async fn run(command: &EventsCommand) -> anyhow::Result<ExitCode> {
    match command {
        EventsCommand::Tail(flags) => tail(flags).await?,
        EventsCommand::Replay(flags) => replay(flags).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn tail(flags: &TailFlags) -> anyhow::Result<()> {
    let area = flags.area.area();
    if let Some(kafka) = flags.stores.broker.given()? {
        return tail_topic(area, &kafka, flags).await;
    }
    // A signal is its usual end.
    flags.stores.with(async |stores| tail_outbox(&stores.db(area).await?, flags).await).await.map(drop)
}

async fn tail_topic(area: &'static str, kafka: &KafkaConfig, flags: &TailFlags) -> anyhow::Result<()> {
    ping(kafka).await?;
    let group = format!("tail-{}", crate::api::request_id());
    let mut source = KafkaSource::tail(kafka, area, &group, flags.from_start)?;
    let mut left = flags.count.unwrap_or(u64::MAX);
    while left > 0 {
        for event in source.read_any(left.min(1_000)).await? {
            match event {
                Ok(envelope) => output::line(decode(&envelope))?,
                Err(error) => output::line(json!({"invalid_message": error}))?,
            }
            left -= 1;
        }
    }
    Ok(())
}

async fn tail_outbox(db: &Db, flags: &TailFlags) -> anyhow::Result<()> {
    let mut after = if flags.from_start { 0 } else { quittance_events::stream_status(db).await?.head_position };
    let mut left = flags.count.unwrap_or(u64::MAX);
    while left > 0 {
        let limit = i64::try_from(left).unwrap_or(BATCH).min(BATCH);
        let batch = choose(db, &EventFilter::default(), after, limit).await?;
        for envelope in &batch {
            output::line(decode(envelope))?;
            after = envelope.position;
            left -= 1;
        }
        if batch.is_empty() {
            tokio::time::sleep(POLL).await;
        }
    }
    Ok(())
}

async fn replay(flags: &ReplayEventsFlags) -> anyhow::Result<()> {
    let done = flags.stores.with(async |stores| {
        let producer = match (&flags.to, &stores.kafka) {
            (Some(topic), Some(kafka)) => Some((producer(kafka, flags)?, topic.clone())),
            _ => None,
        };
        let area = flags.area.area();
        replay_from(area, &stores.db(area).await?, flags, producer).await
    });
    done.await?.context("interrupted")
}

/// A producer in the form that the flags name, or else the one that is configured.
fn producer(kafka: &KafkaConfig, flags: &ReplayEventsFlags) -> anyhow::Result<EventProducer> {
    let mut kafka = kafka.clone();
    if let Some(format) = flags.format {
        kafka.formats = [(flags.area.area().to_owned(), format)].into();
    }
    Ok(EventProducer::new(&kafka, "operator", "replay")?)
}

async fn replay_from(
    area: &str,
    db: &Db,
    flags: &ReplayEventsFlags,
    producer: Option<(EventProducer, String)>,
) -> anyhow::Result<()> {
    let filter = EventFilter {
        until_position: flags.until_position,
        recorded_from: flags.since,
        recorded_before: flags.before,
        kind: flags.kind.clone(),
        ordering_key: flags.customer,
        tenant: flags.tenant,
    };
    let mut after = flags.from_position - 1;
    let mut count = 0;
    loop {
        let batch = choose(db, &filter, after, BATCH).await?;
        let Some(last) = batch.last() else { break };
        after = last.position;
        count += batch.len();
        match &producer {
            Some((producer, topic)) => {
                for untaken in producer.send(area, topic, &batch).await? {
                    eprintln!("not published: position {}, {}: {}", untaken.position, untaken.kind, untaken.why);
                }
                eprintln!("published up to position {after}");
            }
            None => batch.iter().try_for_each(|envelope| output::line(decode(envelope)))?,
        }
    }
    eprintln!("{count} events");
    Ok(())
}
