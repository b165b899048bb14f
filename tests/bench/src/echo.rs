//! What tonic alone does: a unary call to the health service, with no layer around it.

use std::time::Instant;

use tokio::net::TcpListener;
use tonic::transport::{Channel, Endpoint, Server, server::TcpIncoming};

use crate::{concurrently, goes_on};

/// A bare server.
#[derive(Debug)]
pub(crate) struct Echo {
    channel: Channel,
}

impl Echo {
    /// Starts it on a free port.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (_, health) = tonic_health::server::health_reporter();
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        tokio::spawn(async move { Server::builder().add_service(health).serve_with_incoming(incoming).await });
        Ok(Self { channel: Endpoint::from_shared(format!("http://{address}"))?.tcp_nodelay(true).connect_lazy() })
    }

    /// Calls a second with so many in flight.
    pub(crate) async fn call(&self, in_flight: usize) -> anyhow::Result<f64> {
        let started = Instant::now();
        concurrently(in_flight, |_| {
            let mut client = tonic_health::pb::health_client::HealthClient::new(self.channel.clone());
            async move {
                let mut count = 0;
                while goes_on(started) {
                    client.check(tonic_health::pb::HealthCheckRequest::default()).await?;
                    count += 1;
                }
                Ok(count)
            }
        })
        .await
    }
}
