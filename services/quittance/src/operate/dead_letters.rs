//! `quittance dead-letters`: events that a service could not apply, and requeueing them.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use quittance_db::Db;
use quittance_events::{Discard, HeldEvent, Relay, list_held, list_unreadable};
use quittance_grpc::{Peer, TlsConfig, Tokens};
use quittance_host::{Parts, Peers, Service};
use quittance_kernel::Clock;
use quittance_runtime::error_chain;
use serde_json::json;

use super::{decode::decode, reader::Reader, stores::StoreFlags};

/// Commands of `quittance dead-letters`.
#[derive(Debug, Subcommand)]
pub(crate) enum DeadLetters {
    /// List dead, parked and waiting events, one line each
    List(ListFlags),
    /// Show one of them, decoded, as JSON
    Show(OneFlags),
    /// Apply one of them now, or all
    Requeue(RequeueFlags),
    /// Discard a dead letter, with a reason: it is kept, but not counted any more nor required by a rebuild
    Discard(DiscardFlags),
}

/// Flags of `list`.
#[derive(Debug, Args)]
pub(crate) struct ListFlags {
    /// The service that could not apply them
    service: Reader,
    #[command(flatten)]
    stores: StoreFlags,
}

/// Flags of `show`.
#[derive(Debug, Args)]
pub(crate) struct OneFlags {
    /// The service that could not apply it
    service: Reader,
    /// The event's id, as `list` shows it
    event: String,
    #[command(flatten)]
    stores: StoreFlags,
}

/// Flags of `requeue`.
#[derive(Debug, Args)]
pub(crate) struct RequeueFlags {
    /// The service that could not apply it
    service: Reader,
    /// The event's id, as `list` shows it
    #[arg(required_unless_present = "all")]
    event: Option<String>,
    /// All dead letters, in the order of their positions
    #[arg(long, conflicts_with = "event")]
    all: bool,
    #[command(flatten)]
    stores: StoreFlags,
}

/// Flags of `discard`.
#[derive(Debug, Args)]
pub(crate) struct DiscardFlags {
    /// The service that could not apply it
    service: Reader,
    /// The event's id, or topic/partition/offset of a message that is not an event, as `list` shows it
    event: String,
    /// The reason
    #[arg(long)]
    reason: String,
    /// Who discards it; default: the user who runs the command
    #[arg(long)]
    by: Option<String>,
    #[command(flatten)]
    stores: StoreFlags,
}

/// Runs a command.
pub(crate) async fn run(command: &DeadLetters) -> anyhow::Result<ExitCode> {
    let (DeadLetters::List(ListFlags { stores, service })
    | DeadLetters::Show(OneFlags { stores, service, .. })
    | DeadLetters::Requeue(RequeueFlags { stores, service, .. })
    | DeadLetters::Discard(DiscardFlags { stores, service, .. })) = command;
    let done = stores.with(async |stores| in_store(command, *service, &stores.db(service.area()).await?).await);
    done.await?.context("interrupted")
}

async fn in_store(command: &DeadLetters, service: Reader, db: &Db) -> anyhow::Result<ExitCode> {
    match command {
        DeadLetters::List(_) => list(db, service).await,
        DeadLetters::Show(flags) => show(db, service, &flags.event).await,
        DeadLetters::Discard(flags) => discard(db, service, flags).await,
        DeadLetters::Requeue(flags) => {
            let held = held(db, service).await?;
            let chosen: Vec<HeldEvent> = match &flags.event {
                None => held.into_iter().filter(|held| held.state == "dead").collect(),
                Some(id) => vec![find(held, id)?],
            };
            requeue_all(db, service, chosen).await
        }
    }
}

/// All events held by a service, by area and position.
async fn held(db: &Db, service: Reader) -> anyhow::Result<Vec<HeldEvent>> {
    let mut all = Vec::new();
    for area in service.reads() {
        for state in ["dead", "parked", "waiting", "discarded"] {
            let mut after = 0;
            loop {
                let page = list_held(db, area, state, after).await?;
                let Some(last) = page.last() else { break };
                after = last.envelope.position;
                all.extend(page);
            }
        }
    }
    Ok(all)
}

fn find(held: Vec<HeldEvent>, id: &str) -> anyhow::Result<HeldEvent> {
    let found = held.into_iter().find(|held| held.envelope.event_id.to_string() == id);
    found.with_context(|| format!("no event {id} is held; messages that are not events cannot be requeued"))
}

async fn list(db: &Db, service: Reader) -> anyhow::Result<ExitCode> {
    let (held, unreadable) = (held(db, service).await?, list_unreadable(db).await?);
    for HeldEvent { state, area, error, envelope, discarded, .. } in &held {
        let kind = envelope.kind.rsplit('.').next().unwrap_or_default();
        let error = discarded.as_ref().map(discarded_text).or_else(|| error.clone()).unwrap_or_default();
        println!("{}  {state:<9} {area:<12} {:>9}  {kind}  {error}", envelope.event_id, envelope.position);
    }
    for message in &unreadable {
        let what = message.discarded.as_ref().map_or_else(|| message.error.clone(), discarded_text);
        println!("{}  not an event  {what}", message.place);
    }
    if held.is_empty() && unreadable.is_empty() {
        println!("nothing is held");
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(db: &Db, service: Reader, id: &str) -> anyhow::Result<ExitCode> {
    let message = list_unreadable(db).await?.into_iter().find(|message| message.place.to_string() == id);
    let text = if let Some(message) = message {
        let headers: serde_json::Value = serde_json::from_str(&message.headers).unwrap_or_default();
        let payload = message.payload.as_deref().map(String::from_utf8_lossy);
        json!({"place": message.place.to_string(), "error": message.error, "held_at": message.held_at.to_rfc3339(), "headers": headers, "payload": payload, "discarded": message.discarded.as_ref().map(discarded_text)})
    } else {
        let held = find(held(db, service).await?, id)?;
        let place = held.envelope.place.as_ref().map(ToString::to_string);
        json!({"state": held.state, "place": place, "error": held.error, "held_at": held.held_at.to_rfc3339(), "discarded": held.discarded.as_ref().map(discarded_text), "event": decode(&held.envelope)})
    };
    println!("{}", serde_json::to_string_pretty(&text)?);
    Ok(ExitCode::SUCCESS)
}

fn discarded_text(discard: &Discard) -> String {
    format!("discarded by {} at {}: {}", discard.by, discard.at.to_rfc3339(), discard.reason)
}

async fn discard(db: &Db, service: Reader, flags: &DiscardFlags) -> anyhow::Result<ExitCode> {
    if flags.reason.trim().is_empty() {
        bail!("discarding a dead letter requires a reason")
    }
    let by = flags.by.clone().or_else(user).context("name who discards it with --by")?;
    let why = Discard { at: Clock::system().now(), by, reason: flags.reason.trim().to_owned() };
    let unreadable = list_unreadable(db).await?.into_iter().find(|message| message.place.to_string() == flags.event);
    let is_done = match unreadable {
        Some(message) => quittance_events::discard_unreadable(db, &message.place, &why).await?,
        None => quittance_events::discard(db, &find(held(db, service).await?, &flags.event)?.envelope, &why).await?,
    };
    if !is_done {
        bail!("{} is not dead", flags.event)
    }
    println!("{} is discarded", flags.event);
    Ok(ExitCode::SUCCESS)
}

/// The user who runs the command.
fn user() -> Option<String> {
    nix::unistd::User::from_uid(nix::unistd::Uid::effective()).ok().flatten().map(|user| user.name)
}

async fn requeue_all(db: &Db, service: Reader, held: Vec<HeldEvent>) -> anyhow::Result<ExitCode> {
    let mut failed = 0;
    for held in held {
        let id = held.envelope.event_id;
        match requeue(db, service, &held).await? {
            Ok(true) => println!("{id} was applied"),
            Ok(false) => println!("{id} remains held: its kind or its parent is not known"),
            Err(error) => {
                println!("{id} still fails: {error}");
                failed += 1;
            }
        }
    }
    if failed > 0 {
        bail!("{failed} events are still dead")
    }
    Ok(ExitCode::SUCCESS)
}

async fn requeue(db: &Db, service: Reader, held: &HeldEvent) -> anyhow::Result<Result<bool, String>> {
    let done = match service {
        Reader::Invoicing => app::<quittance_invoicing::App>(db)?.requeue(held).await,
        Reader::Payments => app::<quittance_payments::App>(db)?.requeue(held).await,
        Reader::CreditRisk => app::<quittance_credit_risk::App>(db)?.requeue(held).await,
        Reader::Collections => app::<quittance_collections::App>(db)?.requeue(held).await,
        Reader::Reporting => app::<quittance_reporting::App>(db)?.requeue(held).await,
    };
    Ok(done.map_err(|error| error_chain(&error)))
}

/// The service over its database, to apply events. It neither serves nor makes calls: applying an event does not need them.
pub(crate) fn app<S: Service>(db: &Db) -> anyhow::Result<S> {
    let clock = Clock::system();
    let mut peers = Peers::none();
    for called in S::CALLS {
        let nowhere =
            Peer::new(&["http://127.0.0.1:9"], S::AREA, Tokens::new(Vec::new()), clock.clone(), &TlsConfig::default())?;
        peers = peers.with(called, nowhere);
    }
    S::new(Parts { db: db.clone(), relay: Relay::default(), clock, peers })
}
