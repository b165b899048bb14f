//! Where Prometheus scrapes: `GET /metrics`; and `GET /healthz`, which answers as long as the process does.

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

/// Scrapers that are served at once; others wait.
const CONNECTIONS: usize = 16;
/// How long a connection may take for one request and its answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Serves what a registry gathers. Ends when the handle is aborted.
pub(super) fn serve(address: &str, registry: Registry) -> io::Result<(SocketAddr, JoinHandle<()>)> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let address = listener.local_addr()?;
    Ok((address, tokio::spawn(accept(listener, registry))))
}

async fn accept(listener: TcpListener, registry: Registry) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let registry = registry.clone();
                tokio::spawn(async move {
                    answer(stream, &registry).await;
                    drop(place);
                });
            }
            Err(error) => {
                // Most likely there are no file descriptors left: some will be soon.
                tracing::warn!(%error, "a connection to the metrics was not accepted");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// Answers one request and closes the connection: scrapes are seconds apart.
async fn answer(stream: TcpStream, registry: &Registry) {
    let service = service_fn(|request| async move { Ok::<_, Infallible>(respond(&request, registry)) });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // A scraper that goes away, or takes too long, comes again.
    let _gone = tokio::time::timeout(TIMEOUT, connection).await;
}

fn respond(request: &Request<Incoming>, registry: &Registry) -> Response<Full<Bytes>> {
    if request.method() != Method::GET {
        return plain(StatusCode::NOT_FOUND, "not found\n");
    }
    match request.uri().path() {
        "/healthz" => plain(StatusCode::OK, "ok\n"),
        "/metrics" => match TextEncoder::new().encode_to_string(&registry.gather()) {
            Ok(text) => plain(StatusCode::OK, text),
            Err(error) => {
                tracing::warn!(%error, "metrics could not be written");
                plain(StatusCode::INTERNAL_SERVER_ERROR, "metrics could not be written\n")
            }
        },
        _ => plain(StatusCode::NOT_FOUND, "not found\n"),
    }
}

fn plain(status: StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    let content_type = hyper::header::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
