//! JSON over HTTP and gRPC-Web, as curl and browsers call: real clients of HTTP/1.1 and HTTP/2, all five services behind.

mod bindings;
mod browsers;
mod calls;
mod errors;

use http::{HeaderMap, Method, Request, StatusCode, Version, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use prost::bytes::Bytes;
use quittance_kernel::{Clock, RequestId};
use serde_json::{Value, json};

use crate::program::{Folder, Up, tenant, token};

/// A running suite, and a client of it.
struct Http {
    up: Up,
    client: Client<HttpConnector, Full<Bytes>>,
    version: Version,
    token: String,
    tenant: String,
    /// Lives as long as the suite.
    _folder: Folder,
}

/// A response.
#[derive(Debug)]
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Reply {
    /// The body of a success.
    fn ok(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{:?}", self.body);
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/json");
        self.body
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The reason of an error.
    fn reason(&self) -> &str {
        let details = self.body["error"]["details"].as_array().map_or(&[][..], Vec::as_slice);
        details.iter().find_map(|detail| detail["reason"].as_str()).unwrap_or_default()
    }

    /// Path and reason of every wrong field.
    fn violations(&self) -> Vec<(&str, &str)> {
        let details = self.body["error"]["details"].as_array().map_or(&[][..], Vec::as_slice);
        let fields = details.iter().filter_map(|detail| detail["fieldViolations"].as_array()).flatten();
        fields.map(|field| (field["field"].as_str().unwrap(), field["reason"].as_str().unwrap())).collect()
    }
}

impl Http {
    /// Starts a suite with variables in its environment, and creates its tenant.
    async fn start(version: Version, environment: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let up = Up::start_with(&folder.0, environment);
        let token = token(&folder.0);
        let tenant_id = std::fs::read_to_string(folder.0.join("development-tenant")).unwrap();
        let client = Client::builder(TokioExecutor::new()).http2_only(version == Version::HTTP_2).build_http();
        let http = Self { up, client, version, token, tenant: tenant_id.trim().to_owned(), _folder: folder };
        let seller = &tenant("Northwind")["tenant"];
        http.post("/invoicing/v1/tenant?request_id=7d4f0a53-2a0e-4c39-9d0b-0f0f9b6a5c00", seller).await.ok();
        http
    }

    /// Stops the suite. The client goes on meanwhile: it says that it has understood (HTTP/2).
    async fn stop(self) {
        let Self { up, _folder, .. } = self;
        tokio::task::spawn_blocking(|| up.stop()).await.unwrap();
    }

    /// A request with token and tenant.
    fn request(&self, method: Method, path: &str) -> http::request::Builder {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.up.address));
        let request = request.header("authorization", format!("Bearer {}", self.token));
        request.header("quittance-tenant", &self.tenant)
    }

    async fn send(&self, request: http::request::Builder, body: impl Into<Bytes>) -> Reply {
        let response = self.client.request(request.body(Full::new(body.into())).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        assert_eq!(parts.version, self.version);
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Reply { status: parts.status, headers: parts.headers, body }
    }

    async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path), Bytes::new()).await
    }

    async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::POST, path), body.to_string()).await
    }

    async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::PATCH, path), body.to_string()).await
    }

    /// A customer created under an id of the request's own.
    async fn customer(&self, name: &str) -> Value {
        let request = self.request(Method::POST, "/invoicing/v1/customers").header("idempotency-key", request_id());
        self.send(request, json!({"name": name}).to_string()).await.ok()
    }
}

/// A new id of a request.
fn request_id() -> String {
    RequestId::at(Clock::system().now()).to_string()
}

/// Calls again until the response is as it should be: for what is known only when an event has been read.
async fn wait<F: Future<Output = Reply>>(
    first: Reply,
    again: impl Fn() -> F,
    is_right: impl Fn(&Value) -> bool,
) -> Value {
    let mut reply = first;
    for _ in 0..200 {
        if reply.status == StatusCode::OK && is_right(&reply.body) {
            return reply.body;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        reply = again().await;
    }
    panic!("{reply:?}")
}
