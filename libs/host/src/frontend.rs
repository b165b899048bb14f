//! The interface of a process to callers and operators: its listener, accepted keys, and readiness.

use std::{io, time::Duration};

use anyhow::Context as _;
use quittance_grpc::{ServeOptions, Served, ServedRoutes, Tokens, Verifier, refresh_keys, serve};
use quittance_kernel::Clock;
use quittance_runtime::{HttpEndpoint, Readiness, Shutdown, Tasks};
use tokio::net::TcpListener;

use crate::ServerConfig;

/// The part of readiness that is set when calls are accepted.
const SERVER: &str = "server";

/// The interface of a process to callers and operators.
#[derive(Debug)]
pub struct Frontend {
    /// The readiness of the process.
    pub readiness: Readiness,
    /// The health listener, which runs until the process ends.
    _health: Option<HttpEndpoint>,
    tasks: Tasks,
}

impl Frontend {
    /// Starts the health listener. The process is ready once it serves and all parts of readiness are set.
    pub async fn start<'a>(config: &ServerConfig, parts: impl IntoIterator<Item = &'a str>) -> anyhow::Result<Self> {
        let readiness = Readiness::waiting_for(parts.into_iter().chain([SERVER]));
        let health = match config.health_address() {
            Some(address) => {
                let endpoint = HttpEndpoint::health(&address, readiness.clone()).await;
                let endpoint = endpoint.with_context(|| format!("health_listen: listening on {address}"))?;
                tracing::info!(address = %endpoint.address(), "serving /healthz and /readyz");
                Some(endpoint)
            }
            None => None,
        };
        Ok(Self { readiness, _health: health, tasks: Tasks::default() })
    }

    /// The verifier of tokens: those that `service` signs, and those of the configured keys, which are refreshed from now on. `development` signs callers'
    /// tokens if no keys are configured.
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

    /// Binds the configured address.
    pub async fn listen(config: &ServerConfig) -> anyhow::Result<TcpListener> {
        let bound: io::Result<TcpListener> = TcpListener::bind(&config.listen).await;
        bound.with_context(|| format!("listening on {}", config.listen))
    }

    /// Starts to accept calls.
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
                "calls and tokens go over the network in plain text: configure tls.certificate, or terminate TLS in front"
            );
        }
        let options = ServeOptions {
            verifier,
            clock,
            tls: config.tls.clone(),
            limits: config.limits.clone(),
            cors: config.cors.clone(),
            readiness: self.readiness.clone(),
            drain: config.drain(),
        };
        let served = serve(listener, routes, options, shutdown)?;
        self.readiness.set(SERVER, Ok(()));
        Ok(served)
    }

    /// Marks the process as not ready: it is shutting down.
    pub fn stopping(&self) {
        self.readiness.set(SERVER, Err("stopping".to_owned()));
    }

    /// Its running tasks, to wait for.
    pub fn take_tasks(&mut self) -> Tasks {
        std::mem::take(&mut self.tasks)
    }
}
