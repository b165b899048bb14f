//! The process of one service.

use std::{path::PathBuf, pin::pin, process::ExitCode, time::Duration};

use anyhow::Context as _;
use clap::Parser;
use futures::future::join_all;
use quittance_db::{Db, Logins};
use quittance_events::kafka::KafkaSource;
use quittance_grpc::{Peer, routes};
use quittance_kernel::Clock;
use quittance_runtime::{Shutdown, ShutdownTrigger, Tasks, config, telemetry, until_signal};
use quittance_webhooks::WebhookClient;

use crate::{
    Addresses, Area, Frontend, Parts, Peers, ProcessConfig, Reads, ServerConfig, Service, ServiceConfig, Sources,
};

/// The time limit of each step of the shutdown, beside the drain.
const STEP: Duration = Duration::from_secs(5);
/// How long loops may still take connections. A database that is away, or was until just now, makes them wait for one much longer.
const LAST_CONNECTIONS: Duration = Duration::from_secs(1);
/// Exit status for an invalid configuration.
const BAD_CONFIG: u8 = 2;

/// Settings come from a file (TOML) and from environment variables `QUITTANCE_<NAME>`, levels separated by two underscores.
#[derive(Debug, Parser)]
#[command(about, disable_version_flag = true)]
struct Flags {
    /// The configuration file
    #[arg(long)]
    config: Option<PathBuf>,
    /// Check the configuration and exit: 0 if it is valid, 2 if not
    #[arg(long)]
    check: bool,
    /// Print the version and the commit it was built from
    #[arg(long, short = 'V')]
    version: bool,
}

/// Runs a service until shutdown; its `main` calls this. `commit` is the commit the program was built from, if known.
pub fn main<S: Service>(commit: Option<&str>) -> ExitCode {
    let flags = Flags::parse();
    let version = crate::version(commit);
    if flags.version {
        println!("quittance-{} {version}", S::AREA);
        return ExitCode::SUCCESS;
    }
    let loaded: Result<ProcessConfig, _> = config::load(flags.config.as_deref(), &config::NoFlags {});
    let config::Both(server, service) = match loaded {
        Ok(config) => config,
        Err(error) => {
            eprintln!("quittance-{}: {error}", S::AREA);
            return ExitCode::from(BAD_CONFIG);
        }
    };
    if let Err(error) = peers_are_named::<S>(&service) {
        eprintln!("quittance-{}: {error:#}", S::AREA);
        return ExitCode::from(BAD_CONFIG);
    }
    if flags.check {
        println!("the configuration is valid");
        return ExitCode::SUCCESS;
    }
    crate::run_to_end(S::AREA, async move { run::<S>(server, service, &version).await.map(|()| ExitCode::SUCCESS) })
}

fn peers_are_named<S: Service>(config: &ServiceConfig) -> anyhow::Result<()> {
    for called in S::CALLS {
        config.peers.get(*called).with_context(|| format!("peers.{called}: missing, {} calls it", S::AREA))?;
    }
    Ok(())
}

async fn run<S: Service>(server: ServerConfig, service: ServiceConfig, version: &str) -> anyhow::Result<()> {
    let telemetry = telemetry::start(S::AREA, server.log_format, &server.log, &server.telemetry);
    let telemetry = telemetry.map_err(anyhow::Error::msg)?;
    tracing::info!(service = S::AREA, version, "starting");
    let (trigger, shutdown) = ShutdownTrigger::new();
    let signal = until_signal()?;
    tokio::spawn(async move {
        signal.await;
        tracing::info!("stopping");
        trigger.trigger();
        std::future::pending::<()>().await;
    });
    let done = Box::pin(serve_until::<S>(&server, &service, shutdown)).await;
    if let Err(error) = &done {
        tracing::error!(error = format!("{error:#}"), "the shutdown was not clean");
    }
    telemetry.shutdown().await;
    done
}

/// Serves calls and reads events until shutdown; running calls are finished.
async fn serve_until<S: Service>(
    server: &ServerConfig,
    config: &ServiceConfig,
    mut shutdown: Shutdown,
) -> anyhow::Result<()> {
    let clock = Clock::system();
    let database = format!("{}: database", S::AREA);
    let mut frontend = Frontend::start(server, [database.as_str()]).await?;
    let logins = logins(config)?;
    if config.database.owner.is_some() {
        quittance_db::prepare(&logins, &S::migrator()).await?;
    }
    let migrator = S::migrator();
    let connections = config.database.connections;
    let area = tokio::select! {
        area = Area::open(S::AREA, &logins, connections, S::WORKLOAD, &migrator, &frontend.readiness) => area?,
        () = shutdown.triggered() => return Ok(()),
    };
    let tokens = config.service_tokens().context("reading service_key")?;
    let mut peers = Peers::none();
    for called in S::CALLS {
        let Addresses(addresses) = config.peers.get(*called).with_context(|| format!("peers.{called}: missing"))?;
        peers = peers.with(called, Peer::new(addresses, S::AREA, tokens.clone(), clock.clone(), &server.tls)?);
    }
    let mut sources = Sources::none();
    for Reads { area, .. } in S::READS {
        sources = sources.with(KafkaSource::new(&config.kafka, S::AREA, area)?);
    }
    let parts = Parts { db: area.db.clone(), relay: area.relay.clone(), clock: clock.clone(), peers };
    let service = S::new(parts)?;
    let first_build = area.follow_first_build::<S>(&sources, &clock, &frontend.readiness, &shutdown)?;

    let listener = Frontend::listen(server).await?;
    let routes = routes(S::GRPC).context("reflection")?.with(|routes| service.add_routes(routes));
    let verifier = frontend.verifier(server, Some(&tokens), None, &shutdown).await?;
    let mut tasks = frontend.take_tasks();
    tasks.extend(area.spawn(Some(&config.kafka), server.answers_kept_days, &clock, &frontend.readiness, &shutdown));
    let client = WebhookClient::new(server.webhooks, &server.tls.trust())?;
    tasks.extend(area.spawn_webhooks::<S>(&client, &config.kafka.source, &clock, &shutdown));
    tasks.extend(service.spawn(&sources, &shutdown)?);
    tasks.extend(first_build);
    tasks.extend(area.observe(&service, &sources, Some(&config.kafka), &server.telemetry, &clock, &shutdown));
    let calls = frontend.serve(server, listener, routes, verifier, clock, &shutdown)?;
    tracing::info!(service = S::AREA, address = %calls.address, tls = server.tls.certificate.is_some(), "serving");

    shutdown.triggered().await;
    frontend.stopping();
    stop(calls.tasks, tasks, [area.db], server.drain()).await
}

/// Shuts down in order: calls, loops, databases, each step within its time limit.
pub async fn stop(
    calls: Tasks,
    loops: Tasks,
    databases: impl IntoIterator<Item = Db>,
    drain: Duration,
) -> anyhow::Result<()> {
    let calls = calls.finish(drain + STEP).await;
    let close = async {
        let closed = join_all(databases.into_iter().map(|db| async move { db.close().await }));
        if tokio::time::timeout(STEP, closed).await.is_err() {
            tracing::warn!("database connections were not released in time");
        }
    };
    let mut loops = pin!(loops.finish(STEP));
    let loops = tokio::select! {
        loops = &mut loops => {
            close.await;
            loops
        }
        // As soon as a pool closes, waiting for a connection fails; connections in use are still released.
        () = tokio::time::sleep(LAST_CONNECTIONS) => tokio::join!(loops, close).0,
    };
    let unfinished: Vec<String> =
        [calls, loops].into_iter().filter_map(Result::err).map(|error| error.to_string()).collect();
    anyhow::ensure!(unfinished.is_empty(), "stopping: {}", unfinished.join("; "));
    Ok(())
}

fn logins(config: &ServiceConfig) -> anyhow::Result<Logins> {
    let app = config.database.app.parse().context("database.app")?;
    let owner = match &config.database.owner {
        Some(owner) => owner.parse().context("database.owner")?,
        None => config.database.app.parse().context("database.app")?,
    };
    Ok(Logins { owner, app, system: config.database.system.parse().context("database.system")?, role_password: None })
}

#[cfg(test)]
mod tests {
    use quittance_testkit::TestDb;

    use super::*;

    #[tokio::test]
    async fn a_loop_that_waits_for_a_connection_does_not_hold_up_the_shutdown() {
        let TestDb { db, .. } = TestDb::new("host", &quittance_db::MIGRATOR).await;
        let mut taken = Vec::new();
        for _ in 0..db.system().options().get_max_connections() {
            taken.push(db.system().acquire().await.unwrap());
        }
        let waiting = db.clone();
        let mut loops = Tasks::default();
        loops.spawn("waiting", async move {
            assert!(waiting.ping().await.is_err());
            drop(taken);
        });
        stop(Tasks::default(), loops, [db], Duration::ZERO).await.unwrap();
    }
}
