//! Matching through gRPC with the database: payments recorded in batches, matched, and settled with invoicing behind one server.

mod book;

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use quittance_db::{Workload, run_analysis};
use quittance_events::{InProcessSource, Relay, run_relay};
use quittance_grpc::Client;
use quittance_host::{Service as _, Sources};
use quittance_kernel::{Clock, TenantId};
use quittance_private_postgres::ScratchPostgres;
use quittance_proto::{
    common::v1::{self as common, Money},
    invoicing::v1::open_item_service_client::OpenItemServiceClient,
    payments::v1::{self as pb, payment_result, payment_service_client::PaymentServiceClient},
};
use quittance_testkit::{TestServer, peer};
use tonic::Response;

use crate::{BATCH, CONCURRENT, raw::Raw, request_id};
use book::{Kind, MIX, OpenBook};

/// Payments of a round, once for one caller and once for [`CALLERS`].
const PAYMENTS: usize = 8_000;
/// Batches in flight of the second measurement.
const CALLERS: usize = 4;
/// Single calls of a round: by one caller, and with [`CONCURRENT`] in flight.
const ALONE: usize = 150;
const IN_FLIGHT: usize = 3_000;
/// How often it is looked whether payments has read all events.
const LOOK: Duration = Duration::from_millis(5);

/// Of each kind: how many were sent, and how many were applied in full.
type Kinds = [(usize, usize); MIX.len()];

/// What one round found.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// Payments recorded, matched and settled a second, in batches, by one caller.
    pub(crate) matched: f64,
    /// The same by [`CALLERS`].
    pub(crate) matched_at_once: f64,
    /// Payments recorded, matched and settled a second, one in each call, by one caller.
    pub(crate) alone: f64,
    /// The same with [`CONCURRENT`] calls in flight.
    pub(crate) in_flight: f64,
    /// Multi-row inserts of the rows that a matched payment is, a second.
    pub(crate) raw: f64,
    /// Of each kind: how many were sent, and how many were applied in full.
    pub(crate) kinds: Kinds,
    /// How many items were open before, and how long it took to issue them.
    pub(crate) items: (usize, Duration),
}

impl Figures {
    /// The part of the payments that was applied in full, of a hundred.
    pub(crate) fn applied_percent(&self) -> f64 {
        let (sent, applied) = self.kinds.iter().fold((0, 0), |(sent, applied), kind| (sent + kind.0, applied + kind.1));
        percent(applied, sent)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a percentage for people")]
fn percent(part: usize, whole: usize) -> f64 {
    part as f64 * 100.0 / whole.max(1) as f64
}

/// Invoicing and payments behind one server, each with its database.
pub(crate) struct Matching {
    server: TestServer,
}

impl Matching {
    /// Starts both.
    pub(crate) async fn start(postgres: &ScratchPostgres) -> anyhow::Result<Self> {
        let clock = Clock::system();
        let ours =
            crate::stream::open(postgres, "matching_payments", &quittance_payments::App::migrator(), Workload::Keys)
                .await?;
        let theirs =
            crate::stream::open(postgres, "matching_invoicing", &quittance_invoicing::App::migrator(), Workload::Keys)
                .await?;
        let invoicing = quittance_invoicing::App::new(theirs.clone(), Relay::default(), clock.clone());
        let names = [quittance_invoicing::App::GRPC, quittance_payments::App::GRPC].concat();
        let mut started = None;
        let server = TestServer::start(clock.clone(), &names, |address, all| {
            let peer = peer(address, quittance_payments::AREA, &clock);
            let payments = quittance_payments::App::new(ours.clone(), Relay::default(), clock.clone(), peer);
            let all = invoicing.add_routes(all);
            let all = payments.add_routes(all);
            started = Some(payments);
            all
        })
        .await;
        let payments = started.context("payments was not started")?;
        for (db, relay) in [(theirs.clone(), invoicing.relay()), (ours, payments.relay())] {
            tokio::spawn(run_relay(db.clone(), relay.clone(), clock.clone(), server.shutdown.clone()));
            tokio::spawn(run_analysis(db, "payments", server.shutdown.clone()));
        }
        let told = InProcessSource::new("invoicing", theirs, invoicing.relay());
        payments.spawn(&Sources::none().with(told), &server.shutdown)?;
        Ok(Self { server })
    }

    /// One round with a book of its own.
    pub(crate) async fn round(&self, raw: &Raw, round: u64) -> anyhow::Result<Figures> {
        let tenant = TenantId::at(self.server.clock.now());
        let client = self.server.client_for(Some(tenant), &["*"], "* internal");
        let started = Instant::now();
        let mut book = OpenBook::open(client.clone(), round).await.context("opening the book")?;
        let items = (book.items(), started.elapsed());
        self.caught_up(tenant).await?;
        let mut figures = Figures { items, ..Figures::default() };
        figures.matched = record(&client, &mut figures.kinds, &book.payments(PAYMENTS), 1).await?;
        self.caught_up(tenant).await?;
        figures.matched_at_once = record(&client, &mut figures.kinds, &book.payments(PAYMENTS), CALLERS).await?;
        self.caught_up(tenant).await?;
        figures.alone = record_singly(&client, &mut figures.kinds, &book.payments(ALONE), 1).await?;
        figures.in_flight = record_singly(&client, &mut figures.kinds, &book.payments(IN_FLIGHT), CONCURRENT).await?;
        self.caught_up(tenant).await?;
        figures.raw = raw.matched_batches().await?;
        Ok(figures)
    }

    /// Waits until payments has applied all that invoicing has told.
    async fn caught_up(&self, tenant: TenantId) -> anyhow::Result<()> {
        let client = self.server.client_for(Some(tenant), &["*"], "* internal");
        let (mut items, mut payments) = (OpenItemServiceClient::new(client.clone()), PaymentServiceClient::new(client));
        loop {
            let told = items.get_stream_status(common::GetStreamStatusRequest {}).await?.into_inner();
            let read = payments.get_stream_status(common::GetStreamStatusRequest {}).await?.into_inner();
            let position = read.subscriptions.iter().find(|s| s.area == "invoicing").map_or(0, |s| s.position);
            if told.unpositioned == 0 && position == told.head_position {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Records payments in batches, so many in flight, counts what became of them, and tells how many a second.
async fn record(
    client: &Client,
    kinds: &mut Kinds,
    payments: &[(Kind, pb::Payment)],
    callers: usize,
) -> anyhow::Result<f64> {
    let started = Instant::now();
    let answers: Vec<pb::BatchPaymentsResponse> = stream::iter(payments.chunks(BATCH))
        .map(|batch| {
            let requests = batch.iter().map(|(_, payment)| pb::RecordPaymentRequest {
                request_id: request_id(),
                payment: Some(payment.clone()),
            });
            let request = pb::BatchRecordPaymentsRequest { requests: requests.collect(), ..Default::default() };
            let mut client = PaymentServiceClient::new(client.clone());
            async move { client.batch_record_payments(request).await.map(Response::into_inner) }
        })
        .buffered(callers)
        .try_collect()
        .await?;
    let rate = crate::rate(payments.len(), started.elapsed());
    for ((kind, _), result) in payments.iter().zip(answers.into_iter().flat_map(|answer| answer.results)) {
        let Some(payment_result::Result::Payment(payment)) = result.result else { bail!("a payment was refused") };
        count(kinds, *kind, &payment);
    }
    Ok(rate)
}

/// Records payments one in each call, so many in flight.
async fn record_singly(
    client: &Client,
    kinds: &mut Kinds,
    payments: &[(Kind, pb::Payment)],
    callers: usize,
) -> anyhow::Result<f64> {
    let started = Instant::now();
    let answers: Vec<(Kind, pb::Payment)> = stream::iter(payments)
        .map(|(kind, payment)| {
            let request = pb::RecordPaymentRequest { request_id: request_id(), payment: Some(payment.clone()) };
            let mut client = PaymentServiceClient::new(client.clone());
            async move { client.record_payment(request).await.map(|answer| (*kind, answer.into_inner())) }
        })
        .buffer_unordered(callers)
        .try_collect()
        .await?;
    let rate = crate::rate(payments.len(), started.elapsed());
    for (kind, payment) in answers {
        count(kinds, kind, &payment);
    }
    Ok(rate)
}

fn count(kinds: &mut Kinds, kind: Kind, payment: &pb::Payment) {
    let is_nothing =
        |part: &Option<Money>| part.as_ref().is_none_or(|part| !part.amount.contains(|c| ('1'..='9').contains(&c)));
    let in_full = is_nothing(&payment.unapplied) && is_nothing(&payment.pending);
    if let Some((sent, applied)) = kinds.get_mut(kind as usize) {
        *sent += 1;
        *applied += usize::from(in_full);
    }
}

/// Prints the medians of the rounds.
pub(crate) fn print(rounds: &[Figures]) {
    let median = |of: fn(&Figures) -> f64| {
        let mut sorted: Vec<f64> = rounds.iter().map(of).collect();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    };
    let (matched, at_once, raw) = (median(|f| f.matched), median(|f| f.matched_at_once), median(|f| f.raw));
    println!("\npayments recorded, matched and settled, median of {}", rounds.len());
    println!("  gRPC: batches of {BATCH}, one caller, a second       {matched:>8.0} (aim 2000)");
    println!("  gRPC: batches of {BATCH}, {CALLERS} callers, a second        {at_once:>8.0}");
    let (alone, in_flight) = (median(|f| f.alone), median(|f| f.in_flight));
    println!("  gRPC: single calls, one caller, a second         {alone:>8.0}");
    println!("  gRPC: single calls, {CONCURRENT} in flight, a second      {in_flight:>8.0} (aim 1000)");
    println!("  raw multi-row inserts of the same rows, a second {raw:>8.0}");
    println!("  applied in full, percent                         {:>8.1}", median(Figures::applied_percent));
    let all: Vec<String> = rounds.iter().map(|f| format!("{:.0}/{:.0}", f.matched, f.matched_at_once)).collect();
    println!("  rounds                                           {}", all.join(" "));
    let Some(last) = rounds.last() else { return };
    println!("  open items {}, issued in {:.1} s", last.items.0, last.items.1.as_secs_f64());
    for ((kind, _), (sent, applied)) in MIX.iter().zip(last.kinds) {
        println!("    {:<16} {sent:>6} sent {:>6.1} % applied", format!("{kind:?}"), percent(applied, sent));
    }
    println!("ratio");
    println!("  one caller : raw multi-row inserts               {:>8.2}", matched / raw);
    println!("  {CALLERS} callers : raw multi-row inserts                {:>8.2}", at_once / raw);
}

/// The engine alone, as `quittance match bench` measures it, where the program was built beside this one.
pub(crate) fn print_engine() {
    let program = std::env::current_exe().ok().and_then(|own| Some(own.parent()?.join("quittance")));
    let Some(program) = program.filter(|program| Path::is_file(program)) else {
        println!("\nthe matching engine alone: build quittance in release mode first, or run `quittance match bench`");
        return;
    };
    match Command::new(program).args(["match", "bench"]).output() {
        Ok(output) => {
            println!("\nthe matching engine alone");
            let text = String::from_utf8_lossy(&output.stdout);
            let told = |line: &&str| {
                ["match rate", "by value", "decidable", "precision", "speed"]
                    .iter()
                    .any(|key| line.trim_start().starts_with(key))
            };
            for line in text.lines().filter(told) {
                println!("  {line}");
            }
        }
        Err(error) => println!("\nthe matching engine alone: {error}"),
    }
}
