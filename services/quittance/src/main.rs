//! The main program: the suite in one process, calls of any method, replay of a company's history, and a demonstration.

mod api;
mod bank;
mod call;
mod cash;
mod client;
mod data;
mod demo;
#[cfg(test)]
mod documented_commands;
mod documents;
mod exit;
mod inspect;
mod operate;
mod output;
mod progress;
mod replay;
mod runs;
mod suite;
mod up;
mod verify;
mod writes;

use std::{path::PathBuf, process::ExitCode, sync::LazyLock};

use anyhow::Context as _;
use chrono::NaiveDate;
use clap::{Args, CommandFactory as _, Parser, Subcommand};

use crate::{
    api::Api,
    client::ClientFlags,
    replay::{Map, Outcome, Replay},
    up::{PrivateSuite, UpFlags},
};

/// The version, and the commit the program was built from, if known.
static VERSION: LazyLock<String> = LazyLock::new(|| quittance_host::version(option_env!("QUITTANCE_COMMIT")));

/// Accounts receivable: invoicing, credit risk, payments, collections, reporting.
///
/// Exit status: 0 success, 1 failure, 2 invalid arguments or configuration, 3 success with findings.
#[derive(Debug, Parser)]
#[command(name = "quittance", version = VERSION.as_str(), about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the suite in one process until Ctrl-C
    Up(UpFlags),
    /// Call any method
    #[command(after_help = "Example:\n  quittance call InvoiceService/ListInvoices '{\"page_size\": 10}'")]
    Call(CallFlags),
    /// Follow a run, such as a dunning run, until it has ended
    #[command(after_help = "Example:\n  quittance watch-run collections 019cad8f-ac00-7e9d-a86d-351cf9a7642d")]
    WatchRun(runs::WatchRunFlags),
    /// Print a development token of a data folder, for 12 hours
    Token(TokenFlags),
    /// Show the state of a running suite: whether it serves, positions of events, held events
    Status(inspect::InspectFlags),
    /// Check every invariant of a tenant
    Verify(inspect::InspectFlags),
    /// Replay a company's history through the APIs and report on it
    Replay(ReplayFlags),
    /// Bring a service's database up to date
    Migrate(operate::MigrateFlags),
    /// Create Kafka's topics as declared, or check them
    Topics(operate::TopicsFlags),
    /// Events that a service could not apply: list, show, requeue, discard
    #[command(subcommand)]
    DeadLetters(operate::DeadLetters),
    /// An area's events: new or past ones
    #[command(subcommand)]
    Events(operate::EventsCommand),
    /// Rebuild a service's read model from the first event on
    Rebuild(operate::RebuildFlags),
    /// Read bank files
    #[command(subcommand)]
    Bank(bank::BankCommand),
    /// Match payments with open items, without a database
    #[command(subcommand)]
    Match(cash::MatchCommand),
    /// Run a generated year of a seller's receivables and show a summary for a credit manager
    Demo(DemoFlags),
    /// List all settings with their variables, defaults and meanings
    Configuration,
    /// Print completions for a shell
    Completions(documents::CompletionFlags),
    /// Write man pages
    Man(documents::ManFlags),
}

#[derive(Debug, Args)]
struct CallFlags {
    /// SERVICE/METHOD; the service in full or by its last name
    method: String,
    /// The request as JSON, `-` to read it from standard input; a missing `request_id` is filled in
    #[arg(default_value = "{}")]
    request: String,
    /// The person that the caller acts for
    #[arg(long, value_name = "PERSON")]
    on_behalf_of: Option<String>,
    #[command(flatten)]
    client: ClientFlags,
}

#[derive(Debug, Args)]
struct TokenFlags {
    /// The data folder of a `quittance up`
    #[arg(long, default_value = up::DATA)]
    data: PathBuf,
}

#[derive(Debug, Args)]
struct ReplayFlags {
    /// The history as csv, one row per invoice; gzipped if the name ends in .gz
    file: PathBuf,
    /// The map of the columns (TOML)
    #[arg(long)]
    map: PathBuf,
    /// Dates to report on, separated by commas
    #[arg(long, value_delimiter = ',', required = true, value_parser = parse_date)]
    report_on: Vec<NaiveDate>,
    /// The folder of report.json and of the private suite
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
    /// The seed; the same seed generates the same year
    #[arg(long, default_value_t = 20_250_101)]
    seed: u64,
    /// The number of customers
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(10..=2_000))]
    customers: u32,
}

fn parse_date(text: &str) -> Result<NaiveDate, String> {
    quittance_kernel::parse_date(text).map_err(|error| error.to_string())
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    quittance_host::run_to_end("", async {
        match run(command).await {
            Err(error) if output::is_closed_by_reader(&error) => Ok(exit::DONE),
            done => done,
        }
    })
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Up(flags) => Box::pin(up::up(&flags)).await,
        Command::Call(flags) => Box::pin(call(flags)).await,
        Command::WatchRun(flags) => Box::pin(runs::watch(&flags)).await,
        Command::Token(flags) => {
            println!("{}", up::development_token(&data::existing_tokens(&flags.data)?)?);
            Ok(exit::DONE)
        }
        Command::Status(flags) => Box::pin(inspect::status(&flags)).await,
        Command::Verify(flags) => Box::pin(inspect::verify(&flags)).await,
        Command::Replay(flags) => Box::pin(replay(flags)).await,
        Command::Migrate(flags) => Box::pin(operate::migrate(&flags)).await.map(|()| exit::DONE),
        Command::Topics(flags) => Box::pin(operate::topics(&flags)).await,
        Command::DeadLetters(command) => Box::pin(operate::dead_letters(&command)).await,
        Command::Events(command) => Box::pin(operate::events(&command)).await,
        Command::Rebuild(flags) => Box::pin(operate::rebuild(&flags)).await,
        Command::Bank(command) => bank::run(&command),
        Command::Match(command) => cash::run(&command),
        Command::Demo(flags) => Box::pin(demo::run(flags.seed, flags.customers)).await.map(|()| exit::DONE),
        Command::Configuration => {
            print!("{}", documents::configuration());
            Ok(exit::DONE)
        }
        Command::Completions(flags) => {
            documents::completions(&flags, Cli::command());
            Ok(exit::DONE)
        }
        Command::Man(flags) => documents::man(&flags, Cli::command()).map(|()| exit::DONE),
    }
}

async fn call(flags: CallFlags) -> anyhow::Result<ExitCode> {
    let pool = call::pool()?;
    let method = call::find_method(&pool, &flags.method)?;
    let text = match flags.request.as_str() {
        "-" => std::io::read_to_string(std::io::stdin()).context("reading the request from standard input")?,
        text => text.to_owned(),
    };
    let request = call::read_request(&method, &text)?;
    let (server, tenant) = (&flags.client.server, flags.client.tenant()?);
    let writes = writes::load(server, tenant);
    let done =
        call::call(flags.client.connect_after(writes.clone())?, &method, request, flags.on_behalf_of.as_deref()).await;
    writes::keep(server, tenant, &writes);
    match done? {
        Ok(()) => Ok(exit::DONE),
        Err(status) => {
            eprintln!("{}", call::describe(&status));
            if status.code() == tonic::Code::Unavailable {
                eprintln!("{}", flags.client.tried());
            }
            Ok(exit::FAILED)
        }
    }
}

async fn replay(flags: ReplayFlags) -> anyhow::Result<ExitCode> {
    let map = match Map::read(&flags.map) {
        Ok(map) => map,
        Err(error) => {
            eprintln!("quittance: {error:#}");
            return Ok(exit::usage());
        }
    };
    let replay = Replay { file: flags.file, map, report_on: flags.report_on, out: flags.out };
    let outcome = if let (Some(server), Some(token)) = (flags.server, flags.token) {
        replay::run(&replay, async |tenant| Api::connect(&server, &token, tenant)).await?
    } else {
        std::fs::create_dir_all(&replay.out).with_context(|| format!("making {}", replay.out.display()))?;
        let post = async |suite: &PrivateSuite| {
            replay::run(&replay, async |tenant| Api::connect(suite.address(), &suite.token()?, tenant)).await
        };
        PrivateSuite::run_in(&replay.out, post).await?
    };
    Ok(match outcome {
        Outcome::Clean => exit::DONE,
        Outcome::RowsLeftOut => exit::found(),
    })
}
