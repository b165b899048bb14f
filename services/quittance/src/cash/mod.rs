//! `quittance match`: the matching engine alone, without a database, over a book from files or a generated one.

mod bench;
mod kinds;
mod mangle;
mod noisy;
mod run;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use quittance_matching::Policy;
use rust_decimal::Decimal;

#[derive(Debug, Subcommand)]
pub(crate) enum MatchCommand {
    /// Match the lines of a file with the items of another
    Run(RunFlags),
    /// Generate a noisy book with known truth, match it, and report match rate, precision and speed
    Bench(BenchFlags),
}

#[derive(Debug, Args)]
pub(crate) struct RunFlags {
    /// `customer_id,name,accounts`
    #[arg(long)]
    customers: PathBuf,
    /// `item_id,customer_id,number,issued_on,due_on,currency,open_amount,discount_percent,discount_until`
    #[arg(long)]
    items: PathBuf,
    /// `line_id,value_date,currency,amount,payer_name,payer_account,text`
    #[arg(long)]
    lines: PathBuf,
    /// The output file of the proposals, one JSON object a line
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    policy: PolicyFlags,
}

#[derive(Debug, Args)]
pub(crate) struct BenchFlags {
    /// The seed; the same seed generates the same book
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Open items
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(100..=5_000_000))]
    items: u32,
    /// Payments
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    lines: u32,
    /// Write the book to this folder in the format of `match run`, with `truth.jsonl`
    #[arg(long)]
    out: Option<PathBuf>,
    /// Show every decidable line that was not applied, and why
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    policy: PolicyFlags,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyFlags {
    /// The tolerance on a document, in percent
    #[arg(long, default_value = "0.5", value_parser = parse_percent)]
    tolerance_percent: Decimal,
    /// The largest tolerance on a document, in minor units
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(i64).range(0..))]
    tolerance_cap: i64,
}

impl PolicyFlags {
    fn policy(&self) -> Policy {
        Policy {
            tolerance: self.tolerance_percent / Decimal::ONE_HUNDRED,
            tolerance_cap: self.tolerance_cap,
            ..Policy::default()
        }
    }
}

fn parse_percent(text: &str) -> Result<Decimal, String> {
    let percent: Decimal = text.parse().map_err(|_| "a percentage is a decimal number".to_owned())?;
    if (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&percent) { Ok(percent) } else { Err("0 to 100".to_owned()) }
}

pub(crate) fn run(command: &MatchCommand) -> anyhow::Result<ExitCode> {
    match command {
        MatchCommand::Run(flags) => run::run(flags),
        MatchCommand::Bench(flags) => bench::run(flags),
    }
}
