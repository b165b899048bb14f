//! Sends one event. Addresses are looked at after their name is resolved, at the moment of connecting: a name that is resolved again can lead nowhere else.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
    vec,
};

use http::{HeaderMap, Method, Request, header::CONTENT_TYPE};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{HttpConnector, dns::Name},
    },
    rt::TokioExecutor,
};
use prost::bytes::Bytes;
use quittance_grpc::{TlsError, Trust};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tower::Service;

use crate::address::{check_url, is_public, literal};

/// How long an attempt may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How much of a response is read, in bytes: the connection is used again only after all of it.
const MAX_RESPONSE: usize = 64 * 1024;
/// The longest error that is kept, in characters.
const MAX_ERROR: usize = 300;

/// Where webhooks may send events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct WebhookRules {
    /// Whether events may be sent to this machine, also with http: for development. `quittance up` with its own key does
    pub allow_loopback: bool,
}

impl WebhookRules {
    fn allow(self, address: SocketAddr) -> bool {
        let ip = address.ip().to_canonical();
        is_public(ip) || (self.allow_loopback && ip.is_loopback())
    }
}

/// Resolves names, and refuses those that lead to special addresses.
#[derive(Debug, Clone)]
struct Resolver(WebhookRules);

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let rules = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| rules.allow(*address)).collect();
            if allowed.is_empty() { Err(io::Error::other(NOT_PUBLIC)) } else { Ok(allowed.into_iter()) }
        })
    }
}

/// Said of an address that is never connected to.
const NOT_PUBLIC: &str = "the address is not public";

/// The client that sends all webhooks of a process.
#[derive(Debug, Clone)]
pub struct WebhookClient {
    client: Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>,
    rules: WebhookRules,
}

/// The response to an event: the status, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// 0 if there is none.
    pub(crate) status: u16,
    /// Empty after a success.
    pub(crate) error: String,
}

impl Answer {
    pub(crate) const fn is_success(&self) -> bool {
        self.error.is_empty()
    }

    fn none(error: &str) -> Self {
        Self { status: 0, error: error.chars().take(MAX_ERROR).collect() }
    }
}

impl WebhookClient {
    /// A client that trusts these authorities.
    ///
    /// # Errors
    /// A certificate of an authority cannot be read.
    pub fn new(rules: WebhookRules, trust: &Trust) -> Result<Self, TlsError> {
        let mut http = HttpConnector::new_with_resolver(Resolver(rules));
        http.enforce_http(false);
        http.set_connect_timeout(Some(TIMEOUT));
        let https = HttpsConnectorBuilder::new().with_tls_config(trust.client_config()?).https_or_http().enable_http1();
        let client = Client::builder(TokioExecutor::new()).build(https.wrap_connector(http));
        Ok(Self { client, rules })
    }

    /// Posts JSON. Redirects are not followed.
    pub(crate) async fn post(&self, url: &str, headers: HeaderMap, body: Vec<u8>) -> Answer {
        match tokio::time::timeout(TIMEOUT, self.send(url, headers, body)).await {
            Ok(answer) => answer.unwrap_or_else(|error| Answer::none(&error)),
            Err(_) => Answer::none("no response in time"),
        }
    }

    async fn send(&self, url: &str, headers: HeaderMap, body: Vec<u8>) -> Result<Answer, String> {
        let uri = check_url(url).map_err(|bad| bad.to_string())?;
        // The resolver sees names only.
        let address = uri.host().and_then(literal).map(|ip| SocketAddr::new(ip, 0));
        if address.is_some_and(|address| !self.rules.allow(address)) {
            return Err(NOT_PUBLIC.to_owned());
        }
        if uri.scheme_str() == Some("http") && !self.rules.allow_loopback {
            return Err("http is for development".to_owned());
        }
        let mut request = Request::builder().method(Method::POST).uri(uri).header(CONTENT_TYPE, "application/json");
        if let Some(all) = request.headers_mut() {
            all.extend(headers);
        }
        let request = request.body(Full::new(Bytes::from(body))).map_err(|error| error.to_string())?;
        let response = self.client.request(request).await.map_err(|error| quittance_runtime::error_chain(&error))?;
        let status = response.status();
        // What it says is of no interest; a body that is too long costs its connection.
        let _read = Limited::new(response.into_body(), MAX_RESPONSE).collect().await;
        let error = if status.is_success() { String::new() } else { format!("status {status}") };
        Ok(Answer { status: status.as_u16(), error })
    }
}
