//! The outermost layer: around every call, before anything is looked up.
//!
//! It gives the call its trace, checks token, scope and tenant, ends it at the caller's deadline while the work goes on (what was begun is finished),
//! gives the framework's own refusals the form of ours, and measures what came of it.

use std::{
    convert::Infallible,
    task::{Context, Poll},
    time::Instant,
};

use futures::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Request, Response};
use quittance_kernel::{Clock, TenantId};
use quittance_proto::{Access, access};
use quittance_runtime::{
    metrics,
    spans::{self, SpanKind},
    trace,
};
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};
use tracing::{Instrument as _, Span, field::Empty};

use crate::{Fault, TENANT_KEY, Verifier, deadline};

/// What a method that we do not have is called by metrics and spans: a name that a caller made up would be one more of them for ever.
const UNKNOWN: &str = "unknown";

/// Who calls, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// As the token names them.
    pub subject: String,
    /// Whose book the call is about.
    pub tenant: TenantId,
}

/// Wraps a service's routes.
#[derive(Debug, Clone)]
pub struct CallLayer {
    verifier: Verifier,
    clock: Clock,
}

impl CallLayer {
    /// A layer that accepts the verifier's tokens.
    pub fn new(verifier: Verifier, clock: Clock) -> Self {
        Self { verifier, clock }
    }

    fn admit(&self, path: &str, headers: &HeaderMap) -> Result<Option<Caller>, Status> {
        let scope = match access(path) {
            None => {
                return Err(
                    Fault::new(Code::Unimplemented, "METHOD_UNKNOWN", format!("there is no method {path}")).into()
                );
            }
            Some(Access::Open) => return Ok(None),
            Some(Access::Scope(scope)) => scope,
        };
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let unauthenticated = |reason, message: &str| Status::from(Fault::new(Code::Unauthenticated, reason, message));
        let token = header("authorization")
            .and_then(|value| value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("bearer ")))
            .ok_or_else(|| {
                unauthenticated("TOKEN_MISSING", "the call has no metadata `authorization: Bearer <token>`")
            })?;
        let claims = self.verifier.verify(token.trim(), self.clock.now()).ok_or_else(|| {
            unauthenticated("TOKEN_INVALID", "the token is not signed by a known key, or its time is over")
        })?;
        if !claims.allows(scope) {
            let message = format!("the token lacks the scope {scope}");
            return Err(Fault::new(Code::PermissionDenied, "SCOPE_MISSING", message).with("scope", scope).into());
        }
        let tenant = header(TENANT_KEY).unwrap_or_default();
        let tenant = TenantId::parse(tenant).map_err(|error| {
            let message = format!("the metadata {TENANT_KEY} names the tenant: {error}");
            Fault::new(Code::InvalidArgument, "TENANT_MISSING", message)
        })?;
        if !claims.covers(tenant) {
            return Err(Fault::new(
                Code::PermissionDenied,
                "TENANT_FORBIDDEN",
                "the token may not act for this tenant",
            )
            .into());
        }
        Ok(Some(Caller { subject: claims.sub.clone(), tenant }))
    }
}

impl<S> Layer<S> for CallLayer {
    type Service = CallService<S>;

    fn layer(&self, inner: S) -> CallService<S> {
        CallService { inner, layer: self.clone() }
    }
}

/// A service inside the layer.
#[derive(Debug, Clone)]
pub struct CallService<S> {
    inner: S,
    layer: CallLayer,
}

impl<S> Service<Request<Body>> for CallService<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Error: std::fmt::Display + Send,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // A failure of the inner service shows in its call.
        self.inner.poll_ready(context).map(|_| Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let path = request.uri().path().to_owned();
        let rpc = if access(&path).is_some() { path.trim_start_matches('/').to_owned() } else { UNKNOWN.to_owned() };
        let span = tracing::info_span!(
            "rpc",
            rpc = path.trim_start_matches('/'),
            trace_id = Empty,
            otel.kind = Empty,
            tenant = Empty
        );
        let parent = request.headers().get("traceparent").and_then(|value| value.to_str().ok());
        let trace = spans::begin(&span, SpanKind::Server, &rpc, parent);
        let admitted = self.layer.admit(&path, request.headers());
        let timeout = deadline::timeout(request.headers());
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let work = {
            let span = span.clone();
            async move {
                let started = Instant::now();
                let response = match admitted {
                    Err(status) => status.into_http(),
                    Ok(caller) => {
                        if let Some(caller) = caller {
                            span.record("tenant", tracing::field::display(caller.tenant));
                            request.extensions_mut().insert(caller);
                        }
                        let call = inner.call(request);
                        let running = tokio::spawn(
                            trace::scope(trace, async move { call.await.map_err(|error| error.to_string()) })
                                .instrument(span),
                        );
                        answer(running, timeout).await
                    }
                };
                let response = in_our_form(response);
                finish(&rpc, &response, started);
                Ok(response)
            }
        };
        Box::pin(work.instrument(span))
    }
}

/// The answer of the running work, or of this layer where there is none in time. The work is never cut off.
async fn answer(
    running: tokio::task::JoinHandle<Result<Response<Body>, String>>,
    timeout: std::time::Duration,
) -> Response<Body> {
    match tokio::time::timeout(timeout, running).await {
        Ok(Ok(Ok(response))) => response,
        Ok(Ok(Err(error))) => {
            tracing::error!(error, "a handler broke off");
            internal_fault().into_http()
        }
        Ok(Err(panic)) => {
            tracing::error!(%panic, "a handler panicked");
            internal_fault().into_http()
        }
        Err(_) => {
            let message = "the deadline passed before the answer was ready; what was begun is finished, and the same request_id has its answer";
            Status::from(Fault::new(Code::DeadlineExceeded, "DEADLINE_EXCEEDED", message)).into_http()
        }
    }
}

fn internal_fault() -> Status {
    Fault::new(
        Code::Internal,
        "INTERNAL",
        "the call failed for a reason on our side; it is in the logs under the trace id",
    )
    .into()
}

/// Gives a refusal that has no details (the framework's own) a reason.
fn in_our_form(response: Response<Body>) -> Response<Body> {
    let Some(status) = Status::from_header_map(response.headers()) else { return response };
    if status.code() == Code::Ok || !status.details().is_empty() {
        return response;
    }
    let (code, reason) = match status.code() {
        // tonic calls a message over the limit out of range; gRPC's own word is exhausted.
        Code::OutOfRange if status.message().contains("too large") => (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"),
        Code::Internal if status.message().contains("decode") => (Code::InvalidArgument, "MESSAGE_MALFORMED"),
        Code::Unimplemented => (Code::Unimplemented, "NOT_SUPPORTED"),
        Code::Cancelled => (Code::Cancelled, "CANCELLED"),
        Code::Unavailable => (Code::Unavailable, "UNAVAILABLE"),
        Code::Unauthenticated => (Code::Unauthenticated, "TOKEN_MISSING"),
        code => (code, "REFUSED"),
    };
    let mut response: Response<Body> = Status::from(Fault::new(code, reason, status.message())).into_http();
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    response
}

/// Logs and measures an answer.
fn finish(rpc: &str, response: &Response<Body>, started: Instant) {
    let code = Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code());
    let elapsed = started.elapsed();
    let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
    let span = Span::current();
    spans::set_attribute(&span, "rpc.system", "grpc");
    spans::set_attribute(&span, "rpc.grpc.status_code", i64::from(code as i32));
    match code {
        Code::Internal | Code::Unknown | Code::DataLoss => {
            spans::set_failed(&span, format!("{code:?}"));
            tracing::error!(?code, micros, "call failed");
        }
        _ => tracing::debug!(?code, micros, "call"),
    }
    if metrics::are_taken() {
        metrics::record_call(rpc, &format!("{code:?}"), elapsed);
    }
}
