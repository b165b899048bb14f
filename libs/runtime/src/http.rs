//! Plain HTTP pages of a process: `GET /healthz` for liveness, `GET /readyz` for readiness with what is
//! missing, `GET /metrics` for Prometheus.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::CONTENT_TYPE,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus::{Registry, TextEncoder};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinHandle,
};

use crate::Readiness;

/// Connections that are served at once; others wait.
const CONNECTIONS: usize = 16;
/// Timeout of a connection, for one request and its response.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The pages served.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pages {
    /// The content of `/metrics`; `None`: not served.
    pub(crate) metrics: Option<Registry>,
    /// The content of `/readyz`; `None`: not served.
    pub(crate) readiness: Option<Readiness>,
}

/// A listener that serves until it is dropped.
#[derive(Debug)]
pub struct HttpEndpoint {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl HttpEndpoint {
    /// Serves `/healthz` and `/readyz` at an address such as `0.0.0.0:7401`.
    pub async fn health(address: &str, readiness: Readiness) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        Self::serve(listener, Pages { metrics: None, readiness: Some(readiness) })
    }

    pub(crate) fn bind(address: &str, pages: Pages) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Self::serve(TcpListener::from_std(listener)?, pages)
    }

    fn serve(listener: TcpListener, pages: Pages) -> io::Result<Self> {
        Ok(Self { address: listener.local_addr()?, task: tokio::spawn(accept(listener, pages)) })
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for HttpEndpoint {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, pages: Pages) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let pages = pages.clone();
                tokio::spawn(async move {
                    answer(stream, &pages).await;
                    drop(place);
                });
            }
            Err(error) => {
                // Most likely there are no file descriptors left: some will be soon.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// Serves one request and closes the connection: requests are seconds apart.
async fn answer(stream: TcpStream, pages: &Pages) {
    let service = service_fn(|request| async move { Ok::<_, Infallible>(respond(&request, pages)) });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // A client that goes away or takes too long will retry.
    let _gone = tokio::time::timeout(TIMEOUT, connection).await;
}

fn respond(request: &Request<Incoming>, pages: &Pages) -> Response<Full<Bytes>> {
    let not_found = || plain(StatusCode::NOT_FOUND, "not found\n");
    if request.method() != Method::GET {
        return not_found();
    }
    match (request.uri().path(), pages) {
        ("/healthz", _) => plain(StatusCode::OK, "ok\n"),
        ("/readyz", Pages { readiness: Some(readiness), .. }) => {
            let missing = readiness.missing();
            if missing.is_empty() {
                plain(StatusCode::OK, "ready\n")
            } else {
                plain(StatusCode::SERVICE_UNAVAILABLE, missing.join("\n") + "\n")
            }
        }
        ("/metrics", Pages { metrics: Some(registry), .. }) => {
            match TextEncoder::new().encode_to_string(&registry.gather()) {
                Ok(text) => plain(StatusCode::OK, text),
                Err(error) => {
                    tracing::warn!(%error, "metrics could not be written");
                    plain(StatusCode::INTERNAL_SERVER_ERROR, "metrics could not be written\n")
                }
            }
        }
        _ => not_found(),
    }
}

fn plain(status: StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    let content_type = hyper::header::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
