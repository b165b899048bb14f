//! Two times: what was known at an instant stays what it was, whatever is recorded afterwards.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;
use prost::Message as _;
use quittance_db::Db;
use quittance_events::Envelope;
use quittance_grpc::Caller;
use quittance_host::Service as _;
use quittance_kernel::{Actor, Clock, TenantId};
use quittance_proto::{
    LedgerChange, instant,
    invoicing::v1 as inv,
    payments::v1::{self as pay, payments_event},
    reporting::v1::{self as pb, report_service_server::ReportService as _},
};
use quittance_testkit::{TestDb, now};
use rust_decimal::Decimal;
use tonic::{Code, Request};
use uuid::Uuid;

use crate::{
    App,
    inbox::{
        interleaving_tests::History,
        test_events::{apply, apply_interleaved, hash},
    },
};

/// The dates of the reports: in the middle of the history, and after it.
const DATES: [&str; 3] = ["2025-04-15", "2025-09-30", "2025-12-31"];
/// Instants of each history at which its reports are compared.
const INSTANTS: usize = 5;

pub(super) fn request<T>(tenant: TenantId, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(Caller { actor: Actor::parse("tests").unwrap(), tenant });
    request
}

pub(super) async fn aging(
    app: &App,
    tenant: TenantId,
    on: &str,
    known_at: Option<DateTime<Utc>>,
) -> Result<pb::AgingReport, tonic::Status> {
    let message = pb::GetAgingRequest {
        effective_on: on.to_owned(),
        currency_code: "EUR".to_owned(),
        known_at: known_at.map(instant),
    };
    let report = app.get_aging(request(tenant, message)).await?.into_inner();
    assert_eq!(report.known_at, known_at.map(instant));
    Ok(pb::AgingReport { watermarks: vec![], known_at: None, ..report })
}

pub(super) async fn listed(
    app: &App,
    tenant: TenantId,
    on: &str,
    known_at: Option<DateTime<Utc>>,
) -> Vec<pb::CustomerAging> {
    let message = pb::ListCustomerAgingRequest {
        effective_on: on.to_owned(),
        currency_code: "EUR".to_owned(),
        known_at: known_at.map(instant),
        ..pb::ListCustomerAgingRequest::default()
    };
    let response = app.list_customer_aging(request(tenant, message)).await.unwrap().into_inner();
    assert_eq!(response.known_at, known_at.map(instant));
    // Names are those of now.
    let unnamed = |customer| pb::CustomerAging { customer_name: String::new(), ..customer };
    response.customers.into_iter().map(unnamed).collect()
}

pub(super) async fn kpis(app: &App, tenant: TenantId, on: &str, known_at: Option<DateTime<Utc>>) -> pb::KpiReport {
    let message = pb::GetKpisRequest {
        effective_on: on.to_owned(),
        currency_code: "EUR".to_owned(),
        known_at: known_at.map(instant),
    };
    let report = app.get_kpis(request(tenant, message)).await.unwrap().into_inner();
    pb::KpiReport { watermarks: vec![], known_at: None, ..report }
}

/// What a customer owes; nothing where it does not exist yet.
async fn balance(
    app: &App,
    tenant: TenantId,
    customer: &str,
    on: &str,
    known_at: Option<DateTime<Utc>>,
) -> Vec<pb::CustomerAging> {
    let message = pb::GetCustomerBalanceRequest {
        customer_id: customer.to_owned(),
        effective_on: on.to_owned(),
        known_at: known_at.map(instant),
    };
    match app.get_customer_balance(request(tenant, message)).await {
        Ok(found) => {
            let unnamed = |customer| pb::CustomerAging { customer_name: String::new(), ..customer };
            found.into_inner().balances.into_iter().map(unnamed).collect()
        }
        Err(status) => {
            assert_eq!(status.code(), Code::NotFound, "{status:?}");
            vec![]
        }
    }
}

/// All reports of a tenant on a date.
#[derive(Debug, PartialEq)]
struct Figures {
    aging: pb::AgingReport,
    customers: Vec<pb::CustomerAging>,
    balances: Vec<Vec<pb::CustomerAging>>,
    kpis: pb::KpiReport,
}

async fn figures(
    app: &App,
    tenant: TenantId,
    customers: &[Uuid],
    on: &str,
    known_at: Option<DateTime<Utc>>,
) -> Figures {
    let mut balances = Vec::new();
    for customer in customers {
        balances.push(balance(app, tenant, &customer.to_string(), on, known_at).await);
    }
    Figures {
        aging: aging(app, tenant, on, known_at).await.unwrap(),
        customers: listed(app, tenant, on, known_at).await,
        balances,
        kpis: kpis(app, tenant, on, known_at).await,
    }
}

fn known_at(event: &Envelope) -> DateTime<Utc> {
    event.positioned_at.unwrap()
}

/// All events in the order in which they became known.
fn in_time(events: &BTreeMap<&'static str, Vec<Envelope>>) -> Vec<(&'static str, Envelope)> {
    let mut all: Vec<_> =
        events.iter().flat_map(|(area, events)| events.iter().map(|event| (*area, event.clone()))).collect();
    all.sort_by_key(|(_, event)| known_at(event));
    all
}

fn amount(money: Option<&quittance_proto::common::v1::Money>) -> Decimal {
    money.unwrap().amount.parse().unwrap()
}

/// What is open, and what is unapplied, from the events alone.
fn published(events: &BTreeMap<&'static str, Vec<Envelope>>, on: &str, known: DateTime<Utc>) -> (Decimal, Decimal) {
    let (mut open, mut unapplied) = (Decimal::ZERO, Decimal::ZERO);
    for event in events["invoicing"].iter().filter(|event| known_at(event) <= known) {
        let mut payload = inv::InvoicingEvent::decode(&*event.payload).unwrap().payload.unwrap();
        let entries = LedgerChange::take(&mut payload).entries;
        open += entries.iter().filter(|e| &*e.effective_on <= on).map(|e| amount(e.amount.as_ref())).sum::<Decimal>();
    }
    for event in events.get("payments").into_iter().flatten().filter(|event| known_at(event) <= known) {
        let payload = pay::PaymentsEvent::decode(&*event.payload).unwrap().payload.unwrap();
        let (effective_on, moved) = match payload {
            payments_event::Payload::PaymentReceived(published) => {
                (published.received_on, amount(published.amount.as_ref()))
            }
            payments_event::Payload::PaymentApplied(published) => {
                let allocation = published.allocation.unwrap();
                (allocation.effective_on.clone(), -amount(allocation.amount.as_ref()))
            }
            payments_event::Payload::PaymentUnapplied(published) => {
                (published.effective_on, amount(published.allocation.unwrap().amount.as_ref()))
            }
            _ => continue,
        };
        if &*effective_on <= on {
            unapplied += moved;
        }
    }
    (open, unapplied)
}

async fn customers(db: &Db, tenant: TenantId) -> Vec<Uuid> {
    let mut tx = db.begin(tenant).await.unwrap();
    sqlx::query_scalar("select id from customer order by id").fetch_all(&mut *tx).await.unwrap()
}

/// Applies events in the order in which they became known, and at some instants in between makes the reports without `known_at`.
async fn followed(
    app: &App,
    tenant: TenantId,
    events: &[(&'static str, Envelope)],
    all_customers: &[Uuid],
    draws: &mut fastrand::Rng,
) -> Vec<(DateTime<Utc>, &'static str, Figures)> {
    let mut times: Vec<DateTime<Utc>> = events.iter().map(|(_, event)| known_at(event)).collect();
    times.dedup();
    // Without a tenant there are no reports: the first instant is not drawn.
    let mut chosen = draws.choose_multiple(times.iter().skip(1).copied(), INSTANTS);
    chosen.sort_unstable();
    let mut made = Vec::new();
    let mut rest = events;
    for known in chosen {
        let count = rest.partition_point(|(_, event)| known_at(event) <= known);
        for (area, event) in &rest[..count] {
            apply(app.db(), area, std::slice::from_ref(event)).await;
        }
        rest = &rest[count..];
        for on in DATES {
            made.push((known, on, figures(app, tenant, all_customers, on, None).await));
        }
    }
    for (area, event) in rest {
        apply(app.db(), area, std::slice::from_ref(event)).await;
    }
    made
}

#[test]
fn reports_as_known_at_an_instant_are_those_that_were_made_then() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let db = runtime.block_on(TestDb::new("reporting", &App::migrator())).db;
    let app = App::new(db.clone(), Clock::fixed(now() + Duration::days(30)));
    let (count, changed) = (AtomicU64::new(0), AtomicU64::new(0));
    proptest!(ProptestConfig::with_cases(16), |(seed: u64, order: u64)| {
        let salt = u128::from(count.fetch_add(1, Ordering::Relaxed)) + 1;
        let history = History::draw(seed, salt);
        let mut draws = fastrand::Rng::with_seed(order);
        let (then, mixed) = (TenantId::new(Uuid::from_u128(salt << 1)), TenantId::new(Uuid::from_u128((salt << 1) + 1)));
        runtime.block_on(async {
            apply_interleaved(&db, &history.of_tenant(mixed), &mut draws).await;
            let customers = customers(&db, mixed).await;
            let events = history.of_tenant(then);
            let made = followed(&app, then, &in_time(&events), &customers, &mut draws).await;
            prop_assert_eq!(hash(&db, then).await, hash(&db, mixed).await);
            for (known, on, expected) in made {
                let (open, unapplied) = published(&events, on, known);
                prop_assert_eq!(amount(expected.aging.open_total.as_ref()), open, "{} {}", known, on);
                prop_assert_eq!(amount(expected.aging.unapplied.as_ref()), unapplied, "{} {}", known, on);
                for tenant in [then, mixed] {
                    let found = figures(&app, tenant, &customers, on, Some(known)).await;
                    prop_assert_eq!(&found, &expected, "{} {}", known, on);
                }
                if figures(&app, then, &customers, on, None).await != expected {
                    changed.fetch_add(1, Ordering::Relaxed);
                }
            }
            for tenant in [then, mixed] {
                let invariants = crate::grpc::invariants(&app, tenant).await.unwrap();
                prop_assert_eq!(invariants.last().unwrap().found.violations, 0);
            }
            Ok(())
        })?;
    });
    let changed = changed.into_inner();
    assert!(changed > 20, "what was recorded afterwards changes the reports of now: {changed}");
}
