//! The server: routes of any number of services behind the one layer, with health and reflection, by HTTP/2 and HTTP/1.1.

mod ending;
mod health;
mod incoming;
mod limits;

use std::{net::SocketAddr, time::Duration};

use quittance_gateway::BadContract;
use quittance_kernel::Clock;
use quittance_proto::FILE_DESCRIPTOR_SET;
use quittance_runtime::{Readiness, Shutdown, Tasks};
use tokio::net::TcpListener;
use tonic::{service::Routes, transport::Server};

pub(crate) use ending::{until_deadline, until_shutdown};
use health::Health;
pub use limits::Limits;
pub(crate) use limits::{RunningCall, RunningCalls};

use crate::{
    CallLayer, CorsConfig, Verifier,
    tls::{Acceptor, TlsConfig, TlsError},
    web::WebLayer,
};

/// The keep-alive interval and timeout of idle connections.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long calls may go on over a connection beyond its maximum age.
const AGE_GRACE: Duration = Duration::from_mins(3);

/// Routes with health and reflection, to which services are added.
#[derive(Debug)]
pub struct ServedRoutes {
    routes: Routes,
    health: Health,
}

impl ServedRoutes {
    /// Adds services.
    #[must_use]
    pub fn with(self, add: impl FnOnce(Routes) -> Routes) -> Self {
        Self { routes: add(self.routes), ..self }
    }
}

/// Routes for services with these full names: health and reflection cover exactly these.
pub fn routes(service_names: &[&str]) -> Result<ServedRoutes, tonic_reflection::server::Error> {
    let reporter = tonic_health::server::HealthReporter::new();
    let health = tonic_health::pb::health_server::HealthServer::new(
        tonic_health::server::HealthService::from_health_reporter(reporter.clone()),
    );
    let reflection = || {
        let builder = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .with_service_name("grpc.health.v1.Health");
        service_names.iter().fold(builder, |builder, name| builder.with_service_name(*name))
    };
    let routes = Routes::new(health).add_service(reflection().build_v1()?).add_service(reflection().build_v1alpha()?);
    // The empty name stands for the process.
    let services = std::iter::once(&"").chain(service_names).map(|name| (*name).to_owned()).collect();
    Ok(ServedRoutes { routes, health: Health { reporter, services } })
}

/// How to serve routes.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Checks callers' tokens.
    pub verifier: Verifier,
    /// The clock that tokens' validity is checked against.
    pub clock: Clock,
    /// The certificate; without one, plain text.
    pub tls: TlsConfig,
    /// The limits for callers.
    pub limits: Limits,
    /// The web pages that may call.
    pub cors: CorsConfig,
    /// The readiness that health reports.
    pub readiness: Readiness,
    /// How long running calls may go on after shutdown.
    pub drain: Duration,
}

impl ServeOptions {
    /// Plain text, the default limits, ready at once.
    pub fn new(verifier: Verifier, clock: Clock) -> Self {
        Self {
            verifier,
            clock,
            tls: TlsConfig::default(),
            limits: Limits::default(),
            cors: CorsConfig::default(),
            readiness: Readiness::default(),
            drain: Duration::from_secs(20),
        }
    }
}

/// Why the server could not serve, or did not shut down cleanly.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The listener failed.
    #[error("listening: {0}")]
    Listen(#[from] std::io::Error),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The contract has no usable bindings to HTTP.
    #[error(transparent)]
    Contract(#[from] &'static BadContract),
}

/// A running server.
#[derive(Debug)]
pub struct Served {
    /// The address it listens on.
    pub address: SocketAddr,
    /// Tasks that end when the last call is finished after shutdown, or the drain time is over.
    pub tasks: Tasks,
}

/// Serves routes on a listener until shutdown. Then no new call is accepted, health reports it, endless streams are ended, and running calls are finished,
/// within the drain time.
pub fn serve(
    listener: TcpListener,
    routes: ServedRoutes,
    options: ServeOptions,
    shutdown: &Shutdown,
) -> Result<Served, ServeError> {
    let address = listener.local_addr()?;
    let ServeOptions { verifier, clock, tls, limits, cors, readiness, drain } = options;
    let incoming = incoming::incoming(listener, Acceptor::new(&tls)?, limits.clone(), shutdown.clone());
    let layer = CallLayer::new(verifier, clock, &limits, shutdown.clone());
    let web = WebLayer::new(&routes.health.services, &cors)?;
    let server = Server::builder()
        .accept_http1(true)
        .http2_keepalive_interval(Some(KEEP_ALIVE))
        .http2_keepalive_timeout(Some(KEEP_ALIVE_TIMEOUT))
        .max_concurrent_streams(limits.calls_per_connection)
        .max_connection_age(Duration::from_secs(limits.connection_age_seconds))
        .max_connection_age_grace(AGE_GRACE)
        .layer(web)
        .layer(layer)
        .add_routes(routes.routes.prepare());
    let mut tasks = Tasks::default();
    tasks.spawn("health", routes.health.follow(readiness, shutdown.clone()));
    let (mut until, mut since) = (shutdown.clone(), shutdown.clone());
    tasks.spawn("server", async move {
        let serving = server.serve_with_incoming_shutdown(incoming, async move { until.triggered().await });
        let drained = async {
            since.triggered().await;
            tokio::time::sleep(drain).await;
        };
        tokio::select! {
            // Errors concern single connections only.
            _ = serving => {}
            () = drained => tracing::warn!(seconds = drain.as_secs(), "calls still running at the end of the drain time are cancelled"),
        }
    });
    Ok(Served { address, tasks })
}
