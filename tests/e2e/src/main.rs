//! Faults drawn from a seed, one after the other, until time is over: `make chaos`.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use clap::Parser;
use fastrand::Rng;
use quittance_e2e::{Cluster, Fault, Load, Options, round};

/// Runs the suite under load, lets faults befall it, and compares all books after each.
#[derive(Debug, Parser)]
struct Flags {
    /// What everything is drawn from; drawn itself where it is missing
    #[arg(long)]
    seed: Option<u64>,
    /// For how long
    #[arg(long, default_value_t = 10)]
    minutes: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let flags = Flags::parse();
    let seed = flags.seed.unwrap_or_else(|| fastrand::u64(..));
    println!("seed {seed}");
    match run(seed, Duration::from_mins(flags.minutes)).await {
        Ok(rounds) => {
            println!("{rounds} faults healed, and all books agree");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("seed {seed}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(seed: u64, time: Duration) -> anyhow::Result<usize> {
    let mut rng = Rng::with_seed(seed);
    let mut cluster = Cluster::start(&Options::default()).await?;
    let load = Load::open(&cluster).await?;
    let began = Instant::now();
    let mut rounds = 0;
    while began.elapsed() < time {
        rounds += 1;
        let fault = Fault::draw(&mut rng);
        round(&mut cluster, &load, fault, &mut rng).await.with_context(|| format!("round {rounds}, {fault:?}"))?;
    }
    Ok(rounds)
}
