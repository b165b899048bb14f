//! The side of a process that callers and operators see: its listener, the keys it accepts, whether it is ready.

use std::{io, time::Duration};

use anyhow::Context as _;
use quittance_grpc::{ServeOptions, Served, ServedRoutes, Tokens, Verifier, refresh_keys, serve};
use quittance_kernel::Clock;
use quittance_runtime::{HttpEndpoint, Readiness, Shutdown, Tasks};
use tokio::net::TcpListener;

use crate::ServerConfig;

/// The part of readiness that is there when calls are taken.
const SERVER: &str = "server";

/// The side of a process that callers and operators see.
#[derive(Debug)]
pub struct Frontend {
    /// What the process waits for before it is ready.
    pub readiness: Readiness,
    /// Answers until the process ends.
    _health: Option<HttpEndpoint>,
    tasks: Tasks,
}

impl Frontend {
    /// Answers whether the process lives and is ready from now on. It is not before it serves, and the parts are there that are waited for.
    pub async fn start<'a>(config: &ServerConfig, parts: impl IntoIterator<Item = &'a str>) -> anyhow::Result<Self> {
        let readiness = Readiness::waiting_for(parts.into_iter().chain([SERVER]));
        let health = match config.health_address() {
            Some(address) => {
                let endpoint = HttpEndpoint::health(&address, readiness.clone()).await;
                let endpoint = endpoint.with_context(|| format!("health_listen: listening on {address}"))?;
                tracing::info!(address = %endpoint.address(), "answering /healthz and /readyz");
                Some(endpoint)
            }
            None => None,
        };
        Ok(Self { readiness, _health: health, tasks: Tasks::default() })
    }

    /// What checks tokens: those that `service` signs, and those of the configured keys, which are followed from now on. `development` signs callers'
    /// tokens where no keys are configured.
    pub async fn verifier(
        &mut self,
        config: &ServerConfig,
        service: Option<&Tokens>,
        development: Option<&Tokens>,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Verifier> {
        let verifier = Verifier::new(config.tokens.clone(), service);
        match config.key_source().map_err(anyhow::Error::msg)? {
            Some(source) => {
                let trust = config.tls.trust();
                verifier.replace_keys(source.load(&trust).await?);
                let every = Duration::from_secs(config.keys_refresh_seconds);
                self.tasks
                    .spawn("refresh_keys", refresh_keys(source, trust, every, verifier.clone(), shutdown.clone()));
            }
            None => {
                if let Some(tokens) = development {
                    verifier.replace_keys(tokens.caller_keys());
                }
            }
        }
        Ok(verifier)
    }

    /// Listens where the configuration says.
    pub async fn listen(config: &ServerConfig) -> anyhow::Result<TcpListener> {
        let bound: io::Result<TcpListener> = TcpListener::bind(&config.listen).await;
        bound.with_context(|| format!("listening on {}", config.listen))
    }

    /// Takes calls from now on.
    pub fn serve(
        &mut self,
        config: &ServerConfig,
        listener: TcpListener,
        routes: ServedRoutes,
        verifier: Verifier,
        clock: Clock,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Served> {
        if config.tls.certificate.is_none() && !config.is_loopback() {
            tracing::warn!(
                listen = config.listen,
                "calls and tokens go over the network in plain text: give a tls.certificate, or see to it that something in front does"
            );
        }
        let options = ServeOptions {
            verifier,
            clock,
            tls: config.tls.clone(),
            limits: config.limits.clone(),
            readiness: self.readiness.clone(),
            drain: config.drain(),
        };
        let served = serve(listener, routes, options, shutdown)?;
        self.readiness.set(SERVER, Ok(()));
        Ok(served)
    }

    /// From now on the process is not ready: it ends.
    pub fn stopping(&self) {
        self.readiness.set(SERVER, Err("stopping".to_owned()));
    }

    /// The tasks that run for it, to be waited for.
    pub fn take_tasks(&mut self) -> Tasks {
        std::mem::take(&mut self.tasks)
    }
}
