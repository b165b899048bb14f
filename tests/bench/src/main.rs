//! `make bench`: invoices issued, items settled and payments matched a second through gRPC, beside raw PostgreSQL and bare tonic in the same run on the same server.
//! Each figure is the median of interleaved rounds; ratios say more than figures, because machines differ. Nothing here passes or fails.
//! `quittance-bench matching` measures matching only, `quittance-bench runs` a run over many customers only, `quittance-bench statements` batches only, with what each statement cost PostgreSQL.

mod api;
mod echo;
mod matching;
mod raw;
mod runs;
mod statements;
mod stream;

use std::time::{Duration, Instant};

use anyhow::Context as _;
use quittance_kernel::{Clock, RequestId};
use quittance_private_postgres::{Durability, Options, ScratchPostgres};

/// Rounds of every measurement.
const ROUNDS: usize = 5;
/// Rounds of the stream and of matching, which are longer.
const LONG_ROUNDS: usize = 3;
/// How long one round of one measurement runs.
const ROUND: Duration = Duration::from_millis(1_500);
/// Lines of every invoice.
pub(crate) const LINES: usize = 5;
/// Calls in flight, or connections, of the concurrent measurements.
pub(crate) const CONCURRENT: usize = 64;
/// Entries of a batch, rows of a multi-row insert.
pub(crate) const BATCH: usize = 1_000;

/// What was measured.
#[derive(Debug)]
struct Measurement {
    name: &'static str,
    per_second: Vec<f64>,
}

impl Measurement {
    fn new(name: &'static str) -> Self {
        Self { name, per_second: Vec::with_capacity(ROUNDS) }
    }

    fn median(&self) -> f64 {
        let mut sorted = self.per_second.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    }
}

/// A second's worth of `count` things that took `took`.
#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn rate(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

/// A request id of now.
pub(crate) fn request_id() -> String {
    RequestId::at(Clock::system().now()).to_string()
}

/// Repeats `work`, which returns how many things it did, until the round is over.
pub(crate) async fn one_round<F: Future<Output = anyhow::Result<usize>>>(
    mut work: impl FnMut() -> F,
) -> anyhow::Result<f64> {
    let started = Instant::now();
    let mut count = 0;
    while started.elapsed() < ROUND {
        count += work().await?;
    }
    Ok(rate(count, started.elapsed()))
}

/// Runs `callers` tasks at once, each repeating its work until the round is over.
pub(crate) async fn concurrently<F>(callers: usize, work: impl Fn(usize) -> F) -> anyhow::Result<f64>
where
    F: Future<Output = anyhow::Result<usize>> + Send + 'static,
{
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for caller in 0..callers {
        tasks.spawn(work(caller));
    }
    let mut count = 0;
    while let Some(done) = tasks.join_next().await {
        count += done??;
    }
    Ok(rate(count, started.elapsed()))
}

/// Whether a task that started then goes on.
pub(crate) fn goes_on(started: Instant) -> bool {
    started.elapsed() < ROUND
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    Box::pin(run()).await
}

#[expect(clippy::large_stack_frames, reason = "it runs once, in a box")]
async fn run() -> anyhow::Result<()> {
    let only = std::env::args().nth(1);
    let extra = if only.as_deref() == Some("statements") { statements::settings() } else { Vec::new() };
    let options = Options { max_connections: 200, extra, ..Options::new(Durability::Full) };
    let postgres = tokio::task::spawn_blocking(move || ScratchPostgres::start(&options)).await??;
    let raw =
        raw::Raw::prepare(&postgres.url("quittance_owner", "postgres")).await.context("preparing the raw tables")?;
    if only.as_deref() == Some("matching") {
        matching::print(&measure_matching(&postgres, &raw).await?);
        matching::print_engine();
        return Ok(());
    }
    if only.as_deref() == Some("runs") {
        return runs::measure(&postgres).await;
    }
    let api = api::Api::start(&postgres).await.context("starting invoicing")?;
    if only.as_deref() == Some("statements") {
        return statements::measure(&postgres, &raw, &api).await;
    }
    let echo = echo::Echo::start().await.context("starting the bare server")?;

    let mut all = [
        "raw: one transaction per invoice, one counter row, 64 connections",
        "raw: multi-row inserts, batches of 1,000, one connection",
        "gRPC: create and issue, 1 in flight",
        "gRPC: create and issue, 64 in flight",
        "gRPC: create and issue, batches of 1,000, one caller",
        "gRPC: settle, 1 in flight",
        "gRPC: settle, 64 in flight",
        "gRPC: settle, batches of 1,000, one caller",
        "bare tonic unary, 1 in flight",
        "bare tonic unary, 64 in flight",
    ]
    .map(Measurement::new);
    for round in 1..=ROUNDS {
        eprintln!("round {round} of {ROUNDS}");
        let figures = [
            raw.singles().await?,
            raw.batches().await?,
            api.issue(1).await?,
            api.issue(CONCURRENT).await?,
            api.issue_batches().await?,
            api.settle(1).await?,
            api.settle(CONCURRENT).await?,
            api.settle_batches().await?,
            echo.call(1).await?,
            echo.call(CONCURRENT).await?,
        ];
        for (measurement, figure) in all.iter_mut().zip(figures) {
            measurement.per_second.push(figure);
        }
    }
    print(&all);
    api.stop();
    let issued = all.get(4).map_or(0.0, Measurement::median);
    print_stream(&measure_stream(&postgres).await?, issued);
    matching::print(&measure_matching(&postgres, &raw).await?);
    matching::print_engine();
    runs::measure(&postgres).await
}

/// Rounds of matching, each with fresh payments for a book of its own.
async fn measure_matching(postgres: &ScratchPostgres, raw: &raw::Raw) -> anyhow::Result<Vec<matching::Figures>> {
    let matching = matching::Matching::start(postgres).await.context("starting invoicing and payments")?;
    let mut rounds = Vec::new();
    for round in 1..=LONG_ROUNDS {
        eprintln!("matching, round {round} of {LONG_ROUNDS}");
        rounds.push(matching.round(raw, u64::try_from(round)?).await?);
    }
    Ok(rounds)
}

/// Rounds of the stream through a broker of its own.
async fn measure_stream(postgres: &ScratchPostgres) -> anyhow::Result<Vec<stream::Figures>> {
    let kafka = tokio::task::spawn_blocking(quittance_testkit::TestKafka::start).await?;
    let mut rounds = Vec::new();
    for round in 1..=LONG_ROUNDS {
        eprintln!("stream, round {round} of {LONG_ROUNDS}");
        rounds.push(stream::measure(postgres, kafka.brokers(), round).await?);
    }
    Ok(rounds)
}

fn print_stream(rounds: &[stream::Figures], issued: f64) {
    let median = |of: fn(&stream::Figures) -> f64| {
        let mut sorted: Vec<f64> = rounds.iter().map(of).collect();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    };
    let (through, bare) = (median(|f| f.through), median(|f| f.bare));
    let published = median(|f| f.published);
    println!("\nevents through Kafka, a second, median of {}", rounds.len());
    println!("  from commit to consumed read model               {through:>8.0}");
    println!("  a bare producer and consumer, the same bytes     {bare:>8.0}");
    println!("  committed, relayed and published                 {published:>8.0}");
    println!(
        "  lag at half load, ms: median {:.1}, 99th percentile {:.1}",
        median(|f| f.lag_ms.0),
        median(|f| f.lag_ms.1)
    );
    println!("ratios");
    println!("  through : bare                                   {:>8.2}", through / bare);
    println!("  published : fastest batch issuing                {:>8.2} (aim 1.0)", published / issued);
}

fn print(all: &[Measurement]) {
    println!(
        "\nRows of one raw invoice: 1 invoice, {LINES} lines, 1 outbox row (about 600 bytes); the single form also updates 1 counter row."
    );
    println!(
        "Rows of one issued invoice: 1 invoice, {LINES} lines, 1 open item, 1 entry, 1 outbox row, 1 queue row and 1 position (relay), 1 kept answer; \
         1 counter row and row-level security on all."
    );
    println!(
        "Rows of one settlement: 1 settlement, 1 entry, 1 outbox row with queue and position, 1 item updated; 1 kept answer per call.\n"
    );
    println!("{:<70} {:>10}  rounds", format!("a second, median of {ROUNDS}"), "");
    for measurement in all {
        let rounds: Vec<String> = measurement.per_second.iter().map(|figure| format!("{figure:.0}")).collect();
        println!("{:<70} {:>10.0}  {}", measurement.name, measurement.median(), rounds.join(" "));
    }
    let median = |i: usize| all.get(i).map_or(0.0, Measurement::median);
    println!("\nratios");
    println!("  issue, 64 in flight : raw single transactions    {:.2} (aim 1.0)", median(3) / median(0));
    println!("  issue, batches      : raw multi-row inserts      {:.2} (aim 0.5)", median(4) / median(1));
    println!("  settle, 64 in flight: raw single transactions    {:.2}", median(6) / median(0));
    println!("  settle, batches     : raw multi-row inserts      {:.2}", median(7) / median(1));
    println!("  issue, 1 in flight  : bare tonic, 1 in flight    {:.2}", median(2) / median(8));
}
