//! A dunning run over 100,000 items of 10,000 customers: its preview, how soon it is started, and how fast it is worked off, by a process that is killed halfway and by another one that
//! goes on.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use quittance_collections::{AREA, App};
use quittance_db::{Db, Logins, run_analysis};
use quittance_events::{Relay, run_relay};
use quittance_grpc::{Client, ServeOptions, Tokens, connect, routes, serve};
use quittance_host::Service as _;
use quittance_kernel::{Clock, TenantId};
use quittance_private_postgres::ScratchPostgres;
use quittance_proto::{
    collections::v1::{
        CreateStrategyRequest, PreviewDunningRequest, StartDunningRequest, Step, Strategy,
        collections_run_service_client::CollectionsRunServiceClient, dunning_service_client::DunningServiceClient,
        strategy_service_client::StrategyServiceClient,
    },
    common::v1::{Run, RunState, VerifyLedgerRequest, WatchRunRequest},
};
use quittance_runtime::ShutdownTrigger;
use tokio::{net::TcpListener, runtime::Runtime};

use crate::request_id;

/// Customers of the run, and items of each.
const CUSTOMERS: i32 = 10_000;
const ITEMS: i32 = 10;

/// Measures and prints.
pub(crate) async fn measure(postgres: &ScratchPostgres) -> anyhow::Result<()> {
    let login = |role: &str| -> anyhow::Result<sqlx::postgres::PgConnectOptions> {
        Ok(postgres.url(role, "bench_collections").parse()?)
    };
    let logins = Logins {
        owner: login("quittance_owner")?,
        app: login("quittance_app")?,
        system: login("quittance_system")?,
        role_password: None,
    };
    quittance_db::prepare(&logins, &App::migrator()).await?;
    let db = Db::connect(&logins, 8, App::WORKLOAD).await?;
    let (relay, clock) = (Relay::default(), Clock::system());
    let (trigger, shutdown) = ShutdownTrigger::new();
    let tenant = TenantId::at(clock.now());
    fill(&db, tenant).await.context("filling the book")?;
    let app = App::new(db.clone(), relay.clone(), clock.clone());
    let tokens = Tokens::new("a secret for benchmarks, 32 bytes.");
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let all = routes(App::GRPC)?.with(|all| app.add_routes(all));
    let served = serve(listener, all, ServeOptions::new(tokens.verifier(), clock.clone()), &shutdown)?;
    tokio::spawn(run_analysis(db.clone(), AREA, shutdown.clone()));
    tokio::spawn(run_relay(db, relay, clock.clone(), shutdown));
    let token = tokens.sign("bench", &["*"], "*", clock.now(), chrono::Duration::hours(1))?;
    let address = format!("http://{}", served.address);
    let client = connect(&[&address], &token, Some(tenant), Duration::from_mins(2))?;
    Box::pin(run(client, &logins, &clock)).await?;
    trigger.trigger();
    Ok(())
}

/// The tenant with its customers and items, as collections keeps them of invoicing's events.
async fn fill(db: &Db, tenant: TenantId) -> anyhow::Result<()> {
    let mut tx = db.begin(tenant).await?;
    sqlx::query("insert into tenant (tenant_id, name, enquiries, time_zone) values ($1, 'Seller', '', 'UTC')")
        .bind(tenant.uuid())
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "insert into customer (tenant_id, id, number, name, contact_name)
         select $1, gen_random_uuid(), 'C-' || k, 'Customer ' || k, '' from generate_series(1, $2) k",
    )
    .bind(tenant.uuid())
    .bind(CUSTOMERS)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "insert into item (tenant_id, id, customer_id, number, currency, issued_on, due_on, total, open)
         select $1, gen_random_uuid(), c.id, c.number || '-' || k, 'EUR', date '2026-01-01', date '2026-02-01', 119, 119
         from customer c cross join generate_series(1, $2) k",
    )
    .bind(tenant.uuid())
    .bind(ITEMS)
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// A process that works off runs. It is killed by dropping its runtime.
fn worker(logins: &Logins, clock: &Clock) -> anyhow::Result<(Runtime, ShutdownTrigger)> {
    let (trigger, shutdown) = ShutdownTrigger::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (logins, clock) = (logins.clone(), clock.clone());
    runtime.spawn(async move {
        if let Ok(db) = Db::connect(&logins, 4, App::WORKLOAD).await {
            // Its tasks end with their runtime.
            drop(App::new(db, Relay::default(), clock).spawn_jobs(&shutdown));
        }
    });
    Ok((runtime, trigger))
}

async fn run(client: Client, logins: &Logins, clock: &Clock) -> anyhow::Result<()> {
    let step = Step {
        offset_days: 1,
        name: "reminder".to_owned(),
        subject_template: "{{ total }} {{ currency }} past due".to_owned(),
        body_template:
            "Dear {{ customer.name }},\n{% for item in items %}{{ item.number }}: {{ item.open }}\n{% endfor %}"
                .to_owned(),
    };
    let strategy = Strategy { name: "standard".to_owned(), steps: vec![step], ..Strategy::default() };
    let request = CreateStrategyRequest { request_id: request_id(), strategy: Some(strategy) };
    StrategyServiceClient::new(client.clone()).create_strategy(request).await?;
    let mut dunning = DunningServiceClient::new(client.clone());
    let as_of = clock.now().date_naive().to_string();
    let started = Instant::now();
    let request = PreviewDunningRequest { as_of: as_of.clone(), ..PreviewDunningRequest::default() };
    dunning.preview_dunning(request).await?;
    let previewed = started.elapsed();
    let started = Instant::now();
    let request = StartDunningRequest { request_id: request_id(), as_of, strategy_id: String::new() };
    let run = dunning.start_dunning(request).await?.into_inner();
    let answered = started.elapsed();
    ensure!(run.total_count == CUSTOMERS, "{run:?}");
    let killed = work_off(&client, &run, Some(CUSTOMERS / 2), logins, clock).await?;
    let ended = work_off(&client, &killed.0, None, logins, clock).await?;
    ensure!(ended.0.state() == RunState::Finished && ended.0.done_count == CUSTOMERS, "{:?}", ended.0);
    let found = dunning.verify_ledger(VerifyLedgerRequest {}).await?.into_inner();
    ensure!(found.invariants.iter().all(|invariant| invariant.violations == 0), "{found:?}");
    let worked = killed.1 + ended.1;
    println!("\na dunning run over {} items of {CUSTOMERS} customers", CUSTOMERS * ITEMS);
    println!("  first page of its preview, ms                    {:>8}", previewed.as_millis());
    println!("  until it is started, ms                          {:>8}", answered.as_millis());
    println!("  killed at customer {:>6}, and finished, s          {:>8.1}", killed.0.done_count, worked.as_secs_f64());
    println!("  customers reminded a second                      {:>8.0}", f64::from(CUSTOMERS) / worked.as_secs_f64());
    Ok(())
}

/// Has a process work off the run until this many of its items are done, or until it has ended, and kills it. The run as it is then, and how long it took.
async fn work_off(
    client: &Client,
    run: &Run,
    until: Option<i32>,
    logins: &Logins,
    clock: &Clock,
) -> anyhow::Result<(Run, Duration)> {
    let (runtime, _trigger) = worker(logins, clock)?;
    let started = Instant::now();
    let request = WatchRunRequest { run_id: run.run_id.clone() };
    let mut watched = CollectionsRunServiceClient::new(client.clone()).watch_run(request).await?.into_inner();
    let mut last = run.clone();
    while let Some(run) = watched.message().await? {
        last = run;
        if until.is_some_and(|until| last.done_count >= until) {
            break;
        }
    }
    runtime.shutdown_background();
    Ok((last, started.elapsed()))
}
