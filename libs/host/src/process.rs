//! The process of one service.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::Parser;
use quittance_db::Logins;
use quittance_events::kafka::KafkaSource;
use quittance_grpc::{Peer, Tokens, Verifier, routes, serve};
use quittance_kernel::Clock;
use quittance_runtime::{Shutdown, ShutdownTrigger, config, telemetry, until_signal};
use tokio::net::TcpListener;

use crate::{Area, Parts, Peers, Service, ServiceConfig, Sources};

/// Settings come from a file (TOML) and from environment variables `QUITTANCE_<NAME>`, levels separated by two underscores.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Flags {
    /// The configuration file
    #[arg(long)]
    config: Option<PathBuf>,
}

/// Runs a service until it is told to end: what its `main` calls.
pub fn main<S: Service>() -> ExitCode {
    let flags = Flags::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("quittance-{}: {error}", S::AREA);
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run::<S>(flags)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quittance-{}: {error:#}", S::AREA);
            ExitCode::FAILURE
        }
    }
}

async fn run<S: Service>(flags: Flags) -> anyhow::Result<()> {
    let config: ServiceConfig = config::load(&ServiceConfig::default(), flags.config.as_deref(), &config::NoFlags {})?;
    let telemetry = telemetry::start(S::AREA, config.log_format, &config.log, &config.telemetry);
    let telemetry = telemetry.map_err(anyhow::Error::msg)?;
    let (trigger, shutdown) = ShutdownTrigger::new();
    tokio::spawn(async move {
        // Without signals there is nothing to wait for but the end of the process.
        if until_signal().await.is_ok() {
            trigger.trigger();
        }
        std::future::pending::<()>().await;
    });
    let served = serve_until::<S>(config, shutdown).await;
    telemetry.shutdown().await;
    served
}

/// Serves calls and reads events until shutdown; calls that run then are finished.
async fn serve_until<S: Service>(config: ServiceConfig, shutdown: Shutdown) -> anyhow::Result<()> {
    let clock = Clock::system();
    let logins = logins(&config)?;
    if config.database.owner.is_some() {
        quittance_db::prepare(&logins, &S::migrator()).await?;
    }
    let area = Area::open(S::AREA, &logins, config.database.connections, S::WORKLOAD).await?;
    let tokens = Tokens::new(std::fs::read(&config.service_key).context("reading service_key")?);
    let mut peers = Peers::none();
    for called in S::CALLS {
        let addresses =
            config.peers.get(*called).with_context(|| format!("peers.{called}: missing, {} calls it", S::AREA))?;
        peers = peers.with(called, Peer::new(addresses, S::AREA, tokens.clone(), clock.clone())?);
    }
    let mut sources = Sources::none();
    for read in S::READS {
        sources = sources.with(KafkaSource::new(&config.kafka, S::AREA, read)?);
    }
    let parts = Parts { db: area.db.clone(), relay: area.relay.clone(), clock: clock.clone(), peers };
    let service = S::new(parts)?;

    let listen = &config.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("listening on {listen}"))?;
    let routes = service.add_routes(routes(S::GRPC).context("reflection")?);
    let verifier = match &config.keys {
        Some(keys) => Verifier::from_file(keys)?.and(&tokens),
        None => tokens.verifier(),
    };
    let served = serve(listener, routes, verifier, clock.clone(), shutdown.clone())?;
    let mut tasks = area.spawn(Some(&config.kafka), &clock, &shutdown);
    tasks.extend(service.spawn(&sources, &shutdown)?);
    tasks.extend(area.observe(&service, &sources, Some(&config.kafka), &config.telemetry, &clock, &shutdown));
    tracing::info!(area = S::AREA, address = %served.address, "serving");

    served.finished.await??;
    for task in tasks {
        task.await?;
    }
    area.db.close().await;
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
