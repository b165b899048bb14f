//! A service behind its real gRPC server, and its published events.

use std::time::Duration;

use chrono::{DateTime, Utc};
use prost::Message;
use quittance_db::Db;
use quittance_events::{Envelope, InProcessSource, Relay, run_relay};
use quittance_grpc::{Client, Peer, ServeOptions, TlsConfig, Tokens, connect, routes, serve};
use quittance_kernel::{Clock, RequestId, TenantId};
use quittance_runtime::{Shutdown, ShutdownTrigger};
use tokio::net::TcpListener;
use tonic::service::Routes;

use crate::{drained, wait_until};

const SECRET: &str = "a secret for tests, thirty-two bytes";

/// The time tests start at, unless they set another.
pub fn now() -> DateTime<Utc> {
    "2026-03-02T09:00:00Z".parse().expect("an instant")
}

/// A new request id.
pub fn request_id() -> String {
    RequestId::at(now()).to_string()
}

/// A client for another service at an address, with tokens that every test server accepts.
pub fn peer(address: &str, subject: &'static str, clock: &Clock) -> Peer {
    Peer::new(&[address], subject, Tokens::new(SECRET), clock.clone(), &TlsConfig::default()).expect("an address")
}

/// A running server; ends when it is dropped.
#[derive(Debug)]
pub struct TestServer {
    /// Its address, for example `http://127.0.0.1:40123`.
    pub address: String,
    /// The tenant its clients act for.
    pub tenant: TenantId,
    /// The clock of the service.
    pub clock: Clock,
    /// Ends with the server.
    pub shutdown: Shutdown,
    trigger: ShutdownTrigger,
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.trigger.trigger();
    }
}

impl TestServer {
    /// Serves the services that `add` adds. It is called with the listener's address, which services that call each other need.
    pub async fn start(clock: Clock, services: &[&str], add: impl FnOnce(&str, Routes) -> Routes) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let (trigger, shutdown) = ShutdownTrigger::new();
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let routes = routes(services).expect("reflection").with(|all| add(&address, all));
        let options = ServeOptions::new(Tokens::new(SECRET).verifier(), clock.clone());
        serve(listener, routes, options, &shutdown).expect("the server starts");
        Self { address, tenant: TenantId::at(now()), clock, shutdown, trigger }
    }

    /// A client with every scope, `internal` too, for the server's tenant.
    pub fn client(&self) -> Client {
        self.client_for(Some(self.tenant), &["*"], "* internal")
    }

    /// A client with the given token.
    pub fn client_for(&self, tenant: Option<TenantId>, tenants: &[&str], scope: &str) -> Client {
        connect(&[&self.address], &self.token(tenants, scope), tenant, Duration::from_mins(1)).expect("a client")
    }

    /// A token signed with the server's key.
    pub fn token(&self, tenants: &[&str], scope: &str) -> String {
        Tokens::new(SECRET)
            .sign("test", tenants, scope, self.clock.now(), chrono::Duration::days(4_000))
            .expect("a token")
    }
}

/// The published events of a service, as a consumer reads them.
#[derive(Debug, Clone)]
pub struct Events {
    db: Db,
    source: InProcessSource,
}

impl Events {
    /// Runs the service's relay until shutdown.
    pub fn relay(area: &'static str, db: &Db, relay: &Relay, clock: &Clock, shutdown: &Shutdown) -> Self {
        tokio::spawn(run_relay(db.clone(), relay.clone(), clock.clone(), shutdown.clone()));
        Self { db: db.clone(), source: InProcessSource::new(area, db.clone(), relay) }
    }

    /// The source for another service.
    pub fn source(&self) -> InProcessSource {
        self.source.clone()
    }

    /// All events, once `count` have come and the outbox is empty; fails where fewer come.
    pub async fn all<E: Message + Default>(&self, count: usize) -> Vec<E> {
        let decode = |e: &Envelope| E::decode(e.payload.as_slice()).expect("an event of the area");
        self.envelopes(count).await.iter().map(decode).collect()
    }

    /// The short names of all events, for example `InvoiceIssued`, once `count` have come and the outbox is empty: what is not
    /// among them was not published.
    pub async fn kinds(&self, count: usize) -> Vec<String> {
        let short = |e: &Envelope| e.kind.rsplit('.').next().unwrap_or_default().to_owned();
        self.envelopes(count).await.iter().map(short).collect()
    }

    async fn envelopes(&self, count: usize) -> Vec<Envelope> {
        wait_until(&format!("{count} events come"), || async { self.fetch().await.len() >= count }).await;
        drained(&self.db).await;
        self.fetch().await
    }

    async fn fetch(&self) -> Vec<Envelope> {
        self.source.fetch(0, 10_000).await.expect("events are read")
    }
}
