//! Retries of calls: every method may be retried, because one that changes something carries a request id.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use futures::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Request, Response, request::Parts};
use http_body_util::{BodyExt as _, Full};
use quittance_proto::is_stream;
use quittance_runtime::{
    Parent,
    spans::{self, SpanKind},
    telemetry::error_chain,
    written::{self, Writes, Written},
};
use tonic::{Code, Status, TimeoutExpired, body::Body, transport::Channel};
use tonic_types::StatusExt as _;
use tower::{Service, ServiceExt as _};
use tracing::{Instrument as _, Span, field::Empty};

use crate::{AFTER_KEY, Fault, WRITTEN_KEY, after::NOT_READ_YET, deadline, error_info, replicas::Replicas};

const FIRST_WAIT: Duration = Duration::from_millis(25);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// The retry delay reported when the server cannot be reached at all.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Calls one of a server's replicas; retries at once at another, and with growing waits if none responds, until the call's deadline has passed.
#[derive(Debug, Clone)]
pub struct Retry {
    replicas: Arc<Replicas>,
    attempts: u32,
    writes: Writes,
    /// The service that calls while it serves a call.
    service: Option<&'static str>,
}

impl Retry {
    /// The most attempts in all. A call sees what the calls before it have written.
    pub(crate) fn new(replicas: Arc<Replicas>, attempts: u32, writes: Writes) -> Self {
        Self { replicas, attempts, writes, service: None }
    }

    /// The same for a service: what it writes in another one is part of the call that it serves.
    pub(crate) fn of_service(self, service: &'static str) -> Self {
        Self { service: Some(service), ..self }
    }
}

impl Service<Request<Body>> for Retry {
    type Response = Response<Body>;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Response<Body>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        // Each attempt waits for the channel by itself.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let span = span_of(&mut request);
        let (replicas, attempts, writes) = (Arc::clone(&self.replicas), self.attempts, self.writes.clone());
        let service = self.service;
        let call = async move {
            after(request.headers_mut(), &writes.get());
            let response = call(replicas, attempts, request).await;
            remember(&response, &writes, service);
            response
        };
        Box::pin(call.instrument(span))
    }
}

/// Names what the call is to see, unless the caller does.
fn after(headers: &mut HeaderMap, written: &Written) {
    if !written.is_empty()
        && !headers.contains_key(AFTER_KEY)
        && let Ok(value) = HeaderValue::from_str(&written.to_string())
    {
        headers.insert(AFTER_KEY, value);
    }
}

/// Remembers what the call has written, here and where it is part of a call.
fn remember(response: &Result<Response<Body>, Status>, writes: &Writes, service: Option<&str>) {
    let Ok(response) = response else { return };
    let written = response.headers().get(WRITTEN_KEY).and_then(|value| value.to_str().ok()).and_then(Written::parse);
    if let Some(written) = written {
        writes.extend(&written);
        if let Some(service) = service {
            written::record(&written.by(service));
        }
    }
    let status = Status::from_header_map(response.headers());
    if status.is_some_and(|status| error_info(&status).is_some_and(|info| info.reason == NOT_READ_YET)) {
        // It was waited for to the end, and will not come: later calls go on without it.
        writes.forget();
    }
}

/// The call's own span, of which the called service's becomes a child. Logs need none.
fn span_of(request: &mut Request<Body>) -> Span {
    if !spans::are_exported() {
        return Span::none();
    }
    let rpc = request.uri().path().trim_start_matches('/').to_owned();
    let span = tracing::info_span!("call", rpc, trace_id = Empty, span_id = Empty, otel.kind = Empty);
    let trace = spans::begin(&span, SpanKind::Client, &rpc, &Parent::here().unwrap_or_default());
    if let Ok(traceparent) = HeaderValue::from_str(&trace.to_string()) {
        request.headers_mut().insert("traceparent", traceparent);
    }
    span
}

async fn call(replicas: Arc<Replicas>, attempts: u32, request: Request<Body>) -> Result<Response<Body>, Status> {
    let ends_at = Instant::now() + deadline::timeout(request.headers());
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let mut attempt = 1;
    loop {
        let left = ends_at.saturating_duration_since(Instant::now());
        let request = rebuild(&parts, Full::new(body.clone()), left);
        let (answer, requested) = match attempt_once(&replicas, request, left).await {
            Outcome::Responded(answer) => return answer,
            Outcome::Unavailable(answer, requested) => (answer, requested),
        };
        let wait =
            if replicas.any_responds() { Duration::ZERO } else { requested.unwrap_or_default().max(wait(attempt)) };
        if attempt >= attempts || Instant::now() + wait >= ends_at {
            return answer;
        }
        tokio::time::sleep(wait).await;
        attempt += 1;
    }
}

/// One attempt at the next replica, which is skipped for a while if it does not respond.
async fn attempt_once(replicas: &Replicas, request: Request<Body>, left: Duration) -> Outcome {
    let Ok(replica) = tokio::time::timeout(left, replicas.next()).await else { return Outcome::too_late() };
    let Some(replica) = replica else { return Outcome::unreachable("the name of the server cannot be resolved") };
    let outcome = judge(send(replica.channel(), request, left).await);
    match &outcome {
        Outcome::Responded(Ok(_)) => replica.record_response(),
        Outcome::Responded(Err(_)) | Outcome::Unavailable(..) => replica.record_failure(),
    }
    outcome
}

/// One attempt, up to the end of the response: a server may be killed in the middle of it. A stream is read by the caller, who calls again when it breaks off.
async fn send(mut channel: Channel, request: Request<Body>, left: Duration) -> Result<Response<Body>, Status> {
    let is_stream = is_stream(request.uri().path());
    let attempt = async {
        let sent = channel.ready().await.map_err(from_transport)?.call(request).await;
        let (mut parts, body) = sent.map_err(from_transport)?.into_parts();
        if is_stream {
            return Ok(Response::from_parts(parts, body));
        }
        let body = body.collect().await.map_err(|broken| Status::unavailable(broken.message()))?;
        // A status after the message is handled like one that comes first.
        if let Some(trailers) = body.trailers().filter(|_| !parts.headers.contains_key(GRPC_STATUS))
            && trailers.get(GRPC_STATUS).is_some_and(|code| code != "0")
        {
            parts.headers.extend(trailers.clone());
        }
        Ok(Response::from_parts(parts, Body::new(body)))
    };
    tokio::time::timeout(left, attempt).await.unwrap_or_else(|_| Err(Status::deadline_exceeded("")))
}

const GRPC_STATUS: &str = "grpc-status";

/// tonic's own statuses do not tell a deadline that has passed from a connection that was closed before the request was sent: both are cancelled.
fn from_transport(error: tonic::transport::Error) -> Status {
    let first: &(dyn std::error::Error + 'static) = &error;
    let mut chain = std::iter::successors(Some(first), |error| error.source());
    let is_late = chain.any(<dyn std::error::Error + 'static>::is::<TimeoutExpired>);
    if is_late { Status::deadline_exceeded("") } else { Status::unavailable(error_chain(&error)) }
}

enum Outcome {
    /// A response, good or bad, that another attempt would not change.
    Responded(Result<Response<Body>, Status>),
    /// The server is unavailable, with the retry delay that it reports.
    Unavailable(Result<Response<Body>, Status>, Option<Duration>),
}

impl Outcome {
    fn unreachable(message: &'static str) -> Self {
        let fault = Fault::new(Code::Unavailable, "UNAVAILABLE", message).retry_after(RETRY_AFTER);
        Self::Unavailable(Err(fault.into()), None)
    }

    fn too_late() -> Self {
        let message = "the deadline passed without a response";
        Self::Responded(Err(Fault::new(Code::DeadlineExceeded, "DEADLINE_EXCEEDED", message).into()))
    }
}

/// The result of an attempt.
fn judge(answer: Result<Response<Body>, Status>) -> Outcome {
    match answer {
        Ok(response) => match Status::from_header_map(response.headers()) {
            Some(status) if status.code() == Code::Unavailable => {
                let requested = status.get_details_retry_info().and_then(|info| info.retry_delay);
                Outcome::Unavailable(Ok(response), requested)
            }
            _ => Outcome::Responded(Ok(response)),
        },
        Err(status) if status.code() == Code::DeadlineExceeded => Outcome::too_late(),
        Err(_) => Outcome::unreachable("the server cannot be reached; the same request_id may be sent again"),
    }
}

/// The request of one attempt, with the remaining time as its timeout.
fn rebuild(parts: &Parts, body: Full<prost::bytes::Bytes>, left: Duration) -> Request<Body> {
    let mut request = Request::new(Body::new(body));
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = parts.uri.clone();
    *request.version_mut() = parts.version;
    *request.extensions_mut() = parts.extensions.clone();
    *request.headers_mut() = parts.headers.clone();
    set_timeout(request.headers_mut(), left);
    request
}

fn set_timeout(headers: &mut HeaderMap, left: Duration) {
    // The header may have at most eight digits.
    let micros = left.as_micros().min(99_999_999);
    let text =
        if micros < 99_999_999 { format!("{micros}u") } else { format!("{}m", left.as_millis().min(99_999_999)) };
    if let Ok(value) = HeaderValue::from_str(&text) {
        headers.insert("grpc-timeout", value);
    }
}

/// Doubles with each attempt; half of it is random, so that callers do not retry all at once.
fn wait(attempt: u32) -> Duration {
    let whole = FIRST_WAIT.saturating_mul(1 << attempt.min(10)).min(LONGEST_WAIT);
    whole / 2 + whole.mul_f64(fastrand::f64() / 2.0)
}
