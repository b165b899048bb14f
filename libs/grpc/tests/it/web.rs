//! The listener's other callers: HTTP/1.1 beside HTTP/2, in plain text and over TLS, within the limits of all.

use std::{sync::Arc, time::Duration};

use http::{Request, StatusCode, Version, header};
use http_body_util::{BodyExt as _, Empty};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use prost::bytes::Bytes;
use quittance_grpc::{Limits, ServeOptions, TlsConfig, Tokens, routes};
use quittance_kernel::Clock;
use quittance_testkit::{Authority, wait_until};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use super::{Replica, SECRET};

const REPORTS: &str = "quittance.reporting.v1.ReportService";

async fn start(options: ServeOptions) -> Replica {
    Replica::start_serving("127.0.0.1:0", routes(&[REPORTS]).unwrap(), options).await
}

fn options() -> ServeOptions {
    ServeOptions::new(Tokens::new(SECRET).verifier(), Clock::system())
}

/// A connection over which requests are written as text.
struct Line(TcpStream);

impl Line {
    async fn open(replica: &Replica) -> Self {
        Self(TcpStream::connect(replica.address.trim_start_matches("http://")).await.unwrap())
    }

    /// The first bytes of the response; empty if the connection is closed.
    async fn send(&mut self, request: &str) -> String {
        if self.0.write_all(request.as_bytes()).await.is_err() {
            return String::new();
        }
        let mut bytes = vec![0; 64 * 1024];
        let read = tokio::time::timeout(Duration::from_secs(5), self.0.read(&mut bytes)).await.unwrap();
        String::from_utf8_lossy(&bytes[..read.unwrap_or(0)]).into_owned()
    }
}

const NOTHING: &str = "GET /nothing HTTP/1.1\r\nhost: here\r\n\r\n";

#[tokio::test]
async fn tls_callers_agree_on_a_version_of_http() {
    let authority = Authority::new();
    let (certificate, key) = authority.sign("server");
    let tls = TlsConfig { certificate: Some(certificate), key: Some(key), ..TlsConfig::default() };
    let replica = start(ServeOptions { tls, ..options() }).await;
    let address = replica.address.replace("http://127.0.0.1", "https://localhost");
    let mut trusted = RootCertStore::empty();
    trusted.add(CertificateDer::from_pem_file(authority.ca()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_root_certificates(trusted);
    let config = config.with_no_client_auth();
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let connector = HttpsConnectorBuilder::new().with_tls_config(config.clone()).https_only();
        let connector = if version == Version::HTTP_2 {
            connector.enable_all_versions().build()
        } else {
            connector.enable_http1().build()
        };
        let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
        let response = client.get(format!("{address}/openapi.json").parse().unwrap()).await.unwrap();
        assert_eq!((response.status(), response.version()), (StatusCode::OK, version));
        response.into_body().collect().await.unwrap();
    }
    replica.stop().await;
}

#[tokio::test]
async fn only_what_is_served_here_is_there() {
    let replica = start(options()).await;
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let get = async |path: &str| {
        let request = Request::get(format!("{}{path}", replica.address)).body(Empty::new()).unwrap();
        let response = client.request(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice::<serde_json::Value>(&body).unwrap())
    };
    assert_eq!(get("/reporting/v1/currencies").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(get("/invoicing/v1/customers").await.0, StatusCode::NOT_FOUND);
    let (_, document) = get("/openapi.json").await;
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() > 5 && paths.keys().all(|path| path.starts_with("/reporting/v1/")), "{paths:?}");
    assert_eq!(document["tags"].as_array().unwrap().len(), 1);
    replica.stop().await;
}

#[tokio::test]
async fn a_caller_without_a_token_is_refused_before_its_body_has_come() {
    let replica = start(options()).await;
    let mut line = Line::open(&replica).await;
    let head = "POST /reporting/v1/ledger:verify HTTP/1.1\r\nhost: here\r\ncontent-length: 4000000\r\n\r\n{";
    let response = line.send(head).await;
    assert!(response.starts_with("HTTP/1.1 401 "), "{response}");
    replica.stop().await;
}

#[tokio::test]
async fn connections_of_http_1_count_and_idle_ones_do_not_hold_up_the_end() {
    let limits = Limits { connections: 1, ..Limits::default() };
    let replica = start(ServeOptions { limits, ..options() }).await;
    let mut first = Line::open(&replica).await;
    for _ in 0..2 {
        let response = first.send(NOTHING).await;
        assert!(response.starts_with("HTTP/1.1 404 ") && response.contains("PATH_UNKNOWN"), "kept alive: {response}");
    }
    let mut second = Line::open(&replica).await;
    assert_eq!(second.send(NOTHING).await, "", "closed at once");
    drop(first);
    wait_until("another has a place", || async { !Line::open(&replica).await.send(NOTHING).await.is_empty() }).await;
    let mut idle = loop {
        let mut line = Line::open(&replica).await;
        if !line.send(NOTHING).await.is_empty() {
            break line;
        }
    };
    tokio::time::timeout(Duration::from_secs(3), replica.stop()).await.expect("it ends at once");
    assert_eq!(idle.send(NOTHING).await, "");
}

#[tokio::test]
async fn what_is_not_http_ends_the_connection() {
    let replica = start(options()).await;
    let response = Line::open(&replica).await.send("HELLO, is anybody there? Somebody?\r\n\r\n").await;
    assert!(response.is_empty() || response.starts_with("HTTP/1.1 400 "), "{response}");
    let headers = format!("GET /nothing HTTP/1.1\r\nhost: here\r\n{}\r\n", "x: y\r\n".repeat(2_000));
    let response = Line::open(&replica).await.send(&headers).await;
    assert!(response.starts_with("HTTP/1.1 431 "), "{response}");
    let request =
        Request::get(&replica.address).header(header::CONTENT_TYPE, "application/grpc").body(Empty::new()).unwrap();
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(request).await.unwrap();
    assert_eq!(response.headers()["grpc-status"], "12", "gRPC's own error to who says that it speaks gRPC");
    replica.stop().await;
}
