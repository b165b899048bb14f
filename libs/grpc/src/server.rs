//! The server: routes of any number of services behind the one layer, with health and reflection.

use std::net::SocketAddr;

use quittance_kernel::Clock;
use quittance_proto::FILE_DESCRIPTOR_SET;
use quittance_runtime::Shutdown;
use tokio::{net::TcpListener, task::JoinHandle};
use tonic::{
    service::Routes,
    transport::{Server, server::TcpIncoming},
};

use crate::{CallLayer, Verifier};

/// Routes with health and reflection in them; services are added.
pub fn routes(service_names: &[&str]) -> Result<Routes, tonic_reflection::server::Error> {
    let reporter = tonic_health::server::HealthReporter::new();
    let health = tonic_health::pb::health_server::HealthServer::new(
        tonic_health::server::HealthService::from_health_reporter(reporter.clone()),
    );
    let names: Vec<String> = service_names.iter().map(|name| (*name).to_owned()).collect();
    tokio::spawn(async move {
        for name in names {
            reporter.set_service_status(name, tonic_health::ServingStatus::Serving).await;
        }
    });
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    Ok(Routes::new(health).add_service(reflection().build_v1()?).add_service(reflection().build_v1alpha()?))
}

/// A running server.
#[derive(Debug)]
pub struct Served {
    /// Where it listens.
    pub address: SocketAddr,
    /// Ends when the last call is answered after shutdown.
    pub finished: JoinHandle<Result<(), tonic::transport::Error>>,
}

/// Serves routes on a listener until shutdown; calls that run then are finished.
pub fn serve(
    listener: TcpListener,
    routes: Routes,
    verifier: Verifier,
    clock: Clock,
    mut shutdown: Shutdown,
) -> std::io::Result<Served> {
    let address = listener.local_addr()?;
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let server = Server::builder().layer(CallLayer::new(verifier, clock)).add_routes(routes.prepare());
    let finished = tokio::spawn(async move {
        server.serve_with_incoming_shutdown(incoming, async move { shutdown.triggered().await }).await
    });
    Ok(Served { address, finished })
}
