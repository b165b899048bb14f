//! What must hold once a fault is over: everything is read, nothing is unfinished, and all books say what was answered.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use quittance_db::{Db, Logins};
use quittance_events::History;
use quittance_host::{Histories, Service as _};
use quittance_kernel::Clock;
use quittance_private_postgres::OWNER;
use quittance_proto::{
    common::v1::{Money, StreamStatus},
    payments::v1 as payments,
    reporting::v1::{GetAgingRequest, report_service_client::ReportServiceClient},
};
use quittance_testkit::logins_on;
use rust_decimal::Decimal;

use crate::{Api, Area, Cluster, Load, books};

/// How long healing may take.
const HEALING: Duration = Duration::from_secs(90);
const LOOK: Duration = Duration::from_millis(50);

/// The services that run, with their streams.
async fn statuses(api: &Api) -> anyhow::Result<BTreeMap<Area, StreamStatus>> {
    let mut all = BTreeMap::new();
    for area in Area::ALL {
        if api.has(area) {
            all.insert(area, api.status(area).await?);
        }
    }
    Ok(all)
}

/// What still waits, in words.
fn waiting(all: &BTreeMap<Area, StreamStatus>) -> Vec<String> {
    let mut waiting = Vec::new();
    for (area, status) in all {
        let name = area.name();
        if status.unpositioned > 0 {
            waiting.push(format!("{} events of {name} wait for a position", status.unpositioned));
        }
        if status.unfinished > 0 {
            waiting.push(format!("{} pieces of work of {name} are unfinished", status.unfinished));
        }
        for read in area.reads() {
            // A service that has read nothing yet does not name what it reads.
            let position = status.subscriptions.iter().find(|s| s.area == read.name()).map_or(0, |s| s.position);
            let head = all.get(read).map_or(0, |status| status.head_position);
            if position < head {
                waiting.push(format!("{name} has read {} up to {position} of {head}", read.name()));
            }
        }
    }
    waiting
}

/// Waits until all services have read everything and nothing is unfinished.
pub async fn wait_until_read(api: &Api) -> anyhow::Result<()> {
    let began = Instant::now();
    let mut last = None;
    loop {
        let all = statuses(api).await?;
        let waiting = waiting(&all);
        // What was read may have caused new events: only what did not move counts.
        if waiting.is_empty() && last.as_ref() == Some(&all) {
            return Ok(());
        }
        if began.elapsed() > HEALING {
            bail!("not healed after {} seconds: {waiting:#?}", HEALING.as_secs());
        }
        last = Some(all);
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until the suite has healed, then compares all books with what was answered and with each other. Returns how
/// long the healing took.
pub async fn check(cluster: &mut Cluster, load: &Load) -> anyhow::Result<Duration> {
    let began = Instant::now();
    wait_until_read(&load.api).await?;
    let healing = began.elapsed();
    cluster.still_run()?;
    let settled = Box::pin(check_payments(load)).await?;
    let open = Box::pin(check_invoices(load, &settled)).await?;
    check_reports(load, open).await?;
    Box::pin(check_reminders(load)).await?;
    for area in Area::ALL {
        for invariant in load.api.verify(area).await?.invariants {
            ensure!(invariant.violations == 0, "{}: {invariant:?}", area.name());
        }
    }
    check_held(cluster, load).await?;
    Box::pin(check_rebuild(cluster)).await?;
    Ok(healing)
}

/// Money as a decimal; nothing counts as zero.
fn amount(money: &Option<Money>) -> anyhow::Result<Decimal> {
    money.as_ref().map_or(Ok(Decimal::ZERO), |money| Ok(money.amount.parse()?))
}

/// Every payment is there once and says where its money is. Returns what is applied to each item.
async fn check_payments(load: &Load) -> anyhow::Result<BTreeMap<String, Decimal>> {
    let found = books::payments(&load.api).await?;
    let model = load.model();
    let ids: BTreeSet<&String> = found.iter().map(|payment| &payment.payment_id).collect();
    ensure!(ids.len() == found.len() && ids == model.payments.keys().collect(), "payments were lost or doubled");
    let mut settled: BTreeMap<String, Decimal> = BTreeMap::new();
    for payment in &found {
        let known = &model.payments[&payment.payment_id];
        let parts = [amount(&payment.applied)?, amount(&payment.pending)?, amount(&payment.unapplied)?];
        let expected = [known.applied(), Decimal::ZERO, known.amount - known.applied()];
        ensure!(
            amount(&payment.amount)? == known.amount && parts == expected,
            "a payment is applied, pending, unapplied by {parts:?}, not {expected:?}: {payment:?} {known:?}"
        );
        for allocation in payment.allocations.iter().filter(|a| a.state() == payments::AllocationState::Applied) {
            *settled.entry(allocation.item_id.clone()).or_default() += amount(&allocation.amount)?;
        }
    }
    Ok(settled)
}

/// Every invoice is there once, without a gap in the numbers, and is settled by what payments say. Returns what is open.
async fn check_invoices(load: &Load, settled: &BTreeMap<String, Decimal>) -> anyhow::Result<Decimal> {
    let found = books::invoices(&load.api).await?;
    let model = load.model();
    let ids: BTreeSet<&String> = found.iter().map(|invoice| &invoice.invoice_id).collect();
    ensure!(ids.len() == found.len() && ids == model.invoices.keys().collect(), "invoices were lost or doubled");
    let mut open = Decimal::ZERO;
    let mut numbers = BTreeSet::new();
    for invoice in &found {
        let known = &model.invoices[&invoice.invoice_id];
        ensure!(
            amount(&invoice.total)? == known.total && invoice.number == known.number,
            "{invoice:?} is not {known:?}"
        );
        let left = amount(&invoice.open_amount)?;
        let by_payments = settled.get(&invoice.invoice_id).copied().unwrap_or_default();
        let by_model = model.settled(&invoice.invoice_id);
        ensure!(
            known.total - left == by_payments && by_payments == by_model,
            "{} is settled by {by_payments} as payments say, by {by_model} as was answered, and {left} are open of {}",
            invoice.number,
            known.total
        );
        open += left;
        let digits = invoice.number.rsplit(|c: char| !c.is_ascii_digit()).next().context("a number")?;
        numbers.insert(digits.parse::<usize>()?);
    }
    let expected: BTreeSet<usize> = numbers.first().map_or(0..0, |first| *first..*first + found.len()).collect();
    ensure!(numbers == expected, "numbers have gaps: {numbers:?}");
    ensure!(open == model.open_total(), "{open} are open, not {}", model.open_total());
    Ok(open)
}

/// Reporting says what invoicing and payments say.
async fn check_reports(load: &Load, open: Decimal) -> anyhow::Result<()> {
    let request =
        GetAgingRequest { effective_on: load.today().to_string(), currency_code: "EUR".to_owned(), known_at: None };
    let call = |client| {
        let request = request.clone();
        async move { ReportServiceClient::new(client).get_aging(request).await }
    };
    let report = load.api.answered(Area::Reporting, "GetAging", call).await?;
    let model = load.model();
    let unapplied: Decimal = model.payments.values().map(|payment| payment.amount - payment.applied()).sum();
    let said = (amount(&report.open_total)?, amount(&report.unapplied)?);
    ensure!(said == (open, unapplied), "reporting says {said:?} are open and unapplied, not {:?}", (open, unapplied));
    Ok(())
}

/// Nobody is reminded twice of the same item at the same step, and every run that was answered is there.
async fn check_reminders(load: &Load) -> anyhow::Result<()> {
    let mut seen = BTreeSet::new();
    for reminder in books::reminders(&load.api).await? {
        ensure!(load.model().runs.contains(&reminder.run_id), "a run that nobody asked for: {reminder:?}");
        for item in reminder.items {
            ensure!(seen.insert((item.item_id.clone(), item.offset_days)), "reminded twice: {item:?}");
        }
    }
    Ok(())
}

/// Nothing is held but what a fault put there.
async fn check_held(cluster: &Cluster, load: &Load) -> anyhow::Result<()> {
    let garbage = i64::try_from(load.model().garbage)?;
    for area in Area::ALL {
        let mut connection = cluster.postgres.owner(area).await?;
        let held: i64 = sqlx::query_scalar("select count(*) from held_event").fetch_one(&mut connection).await?;
        let unreadable: i64 =
            sqlx::query_scalar("select count(*) from unreadable_message").fetch_one(&mut connection).await?;
        let expected = if area.reads().contains(&Area::Invoicing) { garbage } else { 0 };
        ensure!(
            held == 0 && unreadable == expected,
            "{} holds {held} events and {unreadable} unreadable messages, not 0 and {expected}",
            area.name()
        );
    }
    Ok(())
}

/// Reporting's read model is what a new one made from all events would be.
async fn check_rebuild(cluster: &Cluster) -> anyhow::Result<()> {
    let open = |area: Area| {
        let logins: Logins = logins_on(&cluster.postgres.url(OWNER, area));
        async move { Db::connect(&logins, 2, quittance_reporting::App::WORKLOAD).await }
    };
    let mut opened = vec![open(Area::Reporting).await?];
    let mut histories = Histories::default();
    for area in [Area::Invoicing, Area::Payments, Area::Collections] {
        let db = open(area).await?;
        histories = histories.with(area.name(), History::Outbox(db.clone()));
        opened.push(db);
    }
    let app = quittance_reporting::App::new(opened[0].clone(), Clock::system());
    let rebuilt = app.rebuild(&histories, &mut |_| {}).await?;
    for db in opened {
        db.close().await;
    }
    ensure!(rebuilt.before == rebuilt.after, "a new read model differs: {rebuilt:?}");
    Ok(())
}
