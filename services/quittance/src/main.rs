//! The one program people run: the suite in one process, calls to any of its methods, the history of a company replayed, and a demonstration.

mod api;
mod bank;
mod call;
mod cash;
mod data;
mod demo;
mod operate;
mod progress;
mod replay;
mod suite;
mod up;
mod verify;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context as _;
use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand};
use quittance_kernel::TenantId;

use crate::{
    api::Api,
    replay::{Map, Outcome, Replay},
    up::{PrivateSuite, UpFlags},
};

/// Accounts receivable: invoicing, credit risk, payments, collections, reporting.
#[derive(Debug, Parser)]
#[command(name = "quittance", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the suite in one process until Ctrl-C
    Up(UpFlags),
    /// Call any method, for example: quittance call InvoiceService/ListInvoices '{"`page_size"`: 10}'
    Call(CallFlags),
    /// Carry a company's history through the APIs and report on it
    Replay(ReplayFlags),
    /// Make Kafka's topics as declared, or check them
    Topics(operate::TopicsFlags),
    /// What a service could not apply: list, show, put back
    #[command(subcommand)]
    DeadLetters(operate::DeadLetters),
    /// An area's events: as they come, or of the past
    #[command(subcommand)]
    Events(operate::EventsCommand),
    /// Make what a service keeps of others' events anew from the first event on
    Rebuild(operate::RebuildFlags),
    /// Read bank files
    #[command(subcommand)]
    Bank(bank::BankCommand),
    /// Match payments with open items, without a database
    #[command(subcommand)]
    Match(cash::MatchCommand),
    /// Run a generated year of a seller's receivables and show what a credit manager wants to see
    Demo(DemoFlags),
}

#[derive(Debug, Args)]
struct CallFlags {
    /// SERVICE/METHOD; the service in full or by its last name
    method: String,
    /// The request as JSON; a `request_id` is filled in where it is missing
    #[arg(default_value = "{}")]
    request: String,
    /// The server
    #[arg(long, default_value = "http://127.0.0.1:7400")]
    server: String,
    /// The data folder of a local `quittance up`, whose key signs the token
    #[arg(long, default_value = up::DATA)]
    data: PathBuf,
    /// A token, instead of one signed with the data folder's key
    #[arg(long)]
    token: Option<String>,
    /// The tenant; else the data folder's development tenant
    #[arg(long, value_parser = parse_tenant)]
    tenant: Option<TenantId>,
    /// How long to wait, in seconds
    #[arg(long, default_value_t = 60)]
    timeout_s: u64,
}

#[derive(Debug, Args)]
struct ReplayFlags {
    /// One row per invoice; gzipped where the name ends in .gz
    file: PathBuf,
    /// Which column holds what
    #[arg(long)]
    map: PathBuf,
    /// Dates to report on, separated by commas
    #[arg(long, value_delimiter = ',', required = true, value_parser = parse_date)]
    report_on: Vec<NaiveDate>,
    /// Where report.json is written, and where the private suite lives
    #[arg(long)]
    out: PathBuf,
    /// A running suite to use instead of a private one
    #[arg(long, requires = "token")]
    server: Option<String>,
    /// A token for that suite: every tenant, every scope
    #[arg(long)]
    token: Option<String>,
}

#[derive(Debug, Args)]
struct DemoFlags {
    /// Draws the year; the same seed makes the same year
    #[arg(long, default_value_t = 20_250_101)]
    seed: u64,
    /// How many customers the seller has
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(10..=2_000))]
    customers: u32,
}

fn parse_tenant(text: &str) -> Result<TenantId, String> {
    TenantId::parse(text).map_err(|error| error.to_string())
}

fn parse_date(text: &str) -> Result<NaiveDate, String> {
    quittance_kernel::parse_date(text).map_err(|error| error.to_string())
}

#[tokio::main]
async fn main() -> ExitCode {
    let command = Cli::parse().command;
    let done = match command {
        Command::Up(flags) => up::up(&flags).await.map(|()| ExitCode::SUCCESS),
        Command::Call(flags) => call(flags).await,
        Command::Replay(flags) => replay(flags).await,
        Command::Topics(flags) => operate::topics(&flags).await,
        Command::DeadLetters(command) => operate::dead_letters(&command).await,
        Command::Events(command) => operate::events(&command).await,
        Command::Rebuild(flags) => operate::rebuild(&flags).await,
        Command::Bank(command) => bank::run(&command),
        Command::Match(command) => cash::run(&command),
        Command::Demo(flags) => demo::run(flags.seed, flags.customers).await.map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| {
        eprintln!("quittance: {error:#}");
        ExitCode::FAILURE
    })
}

async fn call(flags: CallFlags) -> anyhow::Result<ExitCode> {
    let pool = call::pool()?;
    let method = call::find_method(&pool, &flags.method)?;
    let request = call::read_request(&method, &flags.request)?;
    let token = match flags.token {
        Some(token) => token,
        None => up::development_token(&data::existing_tokens(&flags.data)?)?,
    };
    let tenant = match flags.tenant {
        Some(tenant) => tenant,
        None => up::development_tenant(&flags.data)?,
    };
    let client = quittance_grpc::connect(&flags.server, &token, Some(tenant), Duration::from_secs(flags.timeout_s))?;
    match call::call(client, &method, request).await {
        Ok(answer) => {
            println!("{answer}");
            Ok(ExitCode::SUCCESS)
        }
        Err(status) => {
            eprintln!("{}", call::describe(&status));
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn replay(flags: ReplayFlags) -> anyhow::Result<ExitCode> {
    let map = match Map::read(&flags.map) {
        Ok(map) => map,
        Err(error) => {
            eprintln!("quittance: {error:#}");
            return Ok(ExitCode::from(2));
        }
    };
    let replay = Replay { file: flags.file, map, report_on: flags.report_on, out: flags.out };
    let outcome = if let (Some(server), Some(token)) = (flags.server, flags.token) {
        replay::run(&replay, async |tenant| Api::connect(&server, &token, tenant)).await?
    } else {
        std::fs::create_dir_all(&replay.out).with_context(|| format!("making {}", replay.out.display()))?;
        let suite = PrivateSuite::start(&replay.out).await?;
        let done = replay::run(&replay, async |tenant| Api::connect(suite.address(), &suite.token()?, tenant)).await;
        suite.stop().await?;
        done?
    };
    Ok(match outcome {
        Outcome::Clean => ExitCode::SUCCESS,
        Outcome::RowsLeftOut => ExitCode::from(3),
    })
}
