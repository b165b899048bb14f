//! Clients against real servers: calls are spread over replicas, and made again while a server is away; TLS, keys that change, and callers that do harm.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cancelled;
mod keys;
mod limits;
mod tls;
mod web;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use quittance_grpc::{
    Client, Peer, ServeOptions, ServedRoutes, TlsConfig, Tokens, connect, connect_over, routes, serve,
};
use quittance_kernel::{Clock, TenantId};
use quittance_runtime::written::Writes;
use quittance_runtime::{ShutdownTrigger, Tasks};
use quittance_testkit::now;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tonic::{Code, Request, Status, transport::Endpoint};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_types::StatusExt as _;

const SECRET: &str = "a secret for tests, thirty-two bytes";

/// A server with the health service; ends when it is dropped.
struct Replica {
    address: String,
    trigger: ShutdownTrigger,
    tasks: Tasks,
}

impl Replica {
    async fn start(address: &str) -> Self {
        Self::start_with(address, ServeOptions::new(Tokens::new(SECRET).verifier(), Clock::system())).await
    }

    async fn start_with(address: &str, options: ServeOptions) -> Self {
        Self::start_serving(address, routes(&[]).unwrap(), options).await
    }

    async fn start_serving(address: &str, routes: ServedRoutes, options: ServeOptions) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let (trigger, shutdown) = ShutdownTrigger::new();
        let served = serve(listener, routes, options, &shutdown).unwrap();
        Self { address: format!("http://{}", served.address), trigger, tasks: served.tasks }
    }

    async fn stop(self) {
        self.trigger.trigger();
        self.tasks.finish(Duration::from_secs(10)).await.unwrap();
    }
}

async fn check(client: &Client) -> Result<(), Status> {
    let request = Request::new(HealthCheckRequest { service: String::new() });
    HealthClient::new(client.clone()).check(request).await.map(|_| ())
}

fn peer(addresses: &[String]) -> Client {
    let peer = Peer::new(addresses, "test", Tokens::new(SECRET), Clock::system(), &TlsConfig::default()).unwrap();
    peer.for_tenant(TenantId::at(now()), Duration::from_secs(5)).unwrap()
}

#[tokio::test]
async fn a_replica_that_is_gone_is_not_noticed() {
    let (first, second) = (Replica::start("127.0.0.1:0").await, Replica::start("127.0.0.1:0").await);
    let client = peer(&[first.address.clone(), second.address.clone()]);
    for _ in 0..20 {
        check(&client).await.unwrap();
    }
    first.stop().await;
    for _ in 0..20 {
        check(&client).await.unwrap();
    }
    second.stop().await;
    let status = check(&client).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    assert!(status.get_details_retry_info().is_some(), "it says when to try again");
}

#[tokio::test]
async fn a_server_that_comes_back_is_waited_for() {
    let replica = Replica::start("127.0.0.1:0").await;
    let address = replica.address.clone();
    let client = connect(&[&address], "no token", None, Duration::from_secs(20)).unwrap();
    check(&client).await.unwrap();
    replica.stop().await;
    let asked = tokio::spawn(async move { check(&client).await });
    let address = address.trim_start_matches("http://");
    // Somebody else listens there and closes every connection: the client comes back nevertheless.
    let closing = TcpListener::bind(address).await.unwrap();
    for _ in 0..3 {
        drop(closing.accept().await.unwrap());
    }
    assert!(!asked.is_finished());
    drop(closing);
    let again = Replica::start(address).await;
    asked.await.unwrap().unwrap();
    again.stop().await;
}

/// A server that is stopping refuses new connections while it finishes the running calls, so that callers turn to another replica.
#[tokio::test]
async fn a_server_that_ends_refuses_new_connections_while_it_finishes() {
    let replica = Replica::start("127.0.0.1:0").await;
    let channel = Endpoint::from_shared(replica.address.clone()).unwrap().connect().await.unwrap();
    let request = Request::new(HealthCheckRequest { service: String::new() });
    let mut watched = HealthClient::new(channel).watch(request).await.unwrap().into_inner();
    watched.message().await.unwrap();
    let address = replica.address.trim_start_matches("http://").to_owned();
    replica.trigger.trigger();
    let refused = async {
        while TcpStream::connect(&address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let over = async { while let Ok(Some(_)) = watched.message().await {} };
    tokio::select! {
        biased;
        () = refused => {}
        () = over => panic!("it took connections until its last call was over"),
    }
    replica.tasks.finish(Duration::from_secs(10)).await.unwrap();
}

/// A connection that is closed before the request has left is no deadline that has passed, at whatever moment of the call it is closed.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_closes_connections_at_once_is_away() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let accepted = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&accepted);
    let closing = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            // The settings that open a connection, and nothing more.
            let _gone = stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await;
            let _gone = stream.read(&mut [0; 24]).await;
        }
    });
    let tls = TlsConfig::default();
    for _ in 0..50 {
        let client =
            connect_over(&[&address], &tls, "no token", None, Duration::from_secs(30), 2, Writes::default()).unwrap();
        let status = check(&client).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{status}");
    }
    assert!(accepted.load(Ordering::SeqCst) >= 100, "each call is made again");
    closing.abort();
}

#[tokio::test]
async fn waiting_ends_with_the_deadline() {
    let client = connect(&["http://127.0.0.1:9"], "no token", None, Duration::from_millis(300)).unwrap();
    let started = Instant::now();
    let status = check(&client).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(3));
    assert!(matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded), "{status}");
}
