//! The outermost layer, around every call.
//!
//! It sets the call's trace, checks token, scope and tenant, responds at the caller's deadline while the work goes on (a started operation is finished),
//! gives the framework's own errors the form of ours, and records the result.

use std::{
    convert::Infallible,
    task::{Context, Poll},
    time::Instant,
};

use futures::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Request, Response};
use quittance_kernel::{Actor, Clock, TenantId};
use quittance_proto::{Access, access, is_stream};
use quittance_runtime::{
    Parent, Shutdown, deadline as caller_deadline,
    spans::{self, SpanKind},
    trace,
    written::{self, Written},
};
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};
use tracing::{Instrument as _, field::Empty};

use crate::{
    Claims, Fault, Limits, ON_BEHALF_OF_KEY, TENANT_KEY, TRACE_KEY, Verifier, WRITTEN_KEY,
    auth::{ACT_FOR, record_refusal},
    call_record::CallRecord,
    deadline,
    propagation::Incoming,
    server::{RunningCall, RunningCalls, until_deadline, until_shutdown},
};

/// The name of unknown methods in metrics and spans: a name made up by a caller would create a new series.
const UNKNOWN: &str = "unknown";

/// When a tenant with too many calls may try again.
const RETRY_BUSY: std::time::Duration = std::time::Duration::from_millis(500);

/// The caller and the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The token's subject, and the person it acts for.
    pub actor: Actor,
    /// The tenant of the call.
    pub tenant: TenantId,
}

/// The layer around a service's routes.
#[derive(Debug, Clone)]
pub struct CallLayer {
    verifier: Verifier,
    clock: Clock,
    running: RunningCalls,
    shutdown: Shutdown,
}

impl CallLayer {
    /// A layer that accepts the verifier's tokens.
    pub fn new(verifier: Verifier, clock: Clock, limits: &Limits, shutdown: Shutdown) -> Self {
        Self { verifier, clock, running: RunningCalls::new(limits), shutdown }
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
        let claims = self.verifier.verify(token.trim(), self.clock.now()).map_err(|refused| {
            record_refusal(refused);
            unauthenticated(
                "TOKEN_INVALID",
                "the token is not signed by a known key, is not meant for this service, or has expired",
            )
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
        Ok(Some(Caller { actor: acting(&claims, header(ON_BEHALF_OF_KEY))?, tenant }))
    }
}

/// The token's subject, acting for the person that the call names. Only callers that are trusted to say so may: the wildcard is not enough.
fn acting(claims: &Claims, person: Option<&str>) -> Result<Actor, Status> {
    let Some(person) = person else { return Ok(claims.actor.clone()) };
    if !claims.allows(ACT_FOR) {
        let message = format!("the token lacks the scope {ACT_FOR}, which the metadata {ON_BEHALF_OF_KEY} requires");
        return Err(Fault::new(Code::PermissionDenied, "SCOPE_MISSING", message).with("scope", ACT_FOR).into());
    }
    claims.actor.clone().acting_for(person).map_err(|error| {
        let message = format!("the metadata {ON_BEHALF_OF_KEY} names the person that the caller acts for: {error}");
        Fault::new(Code::InvalidArgument, "ON_BEHALF_OF_MALFORMED", message).into()
    })
}

impl CallLayer {
    /// Counts the call as its tenant's, or refuses it when too many run.
    fn let_in(&self, caller: Option<Caller>) -> Result<Option<(Caller, RunningCall)>, Status> {
        let Some(caller) = caller else { return Ok(None) };
        let Some(running) = self.running.begin(caller.tenant) else {
            let message = "too many calls of this tenant run at once; the same request_id may be sent again";
            let fault = Fault::new(Code::ResourceExhausted, "TENANT_BUSY", message);
            return Err(fault.retry_after(RETRY_BUSY).into());
        };
        Ok(Some((caller, running)))
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
        // A failure of the inner service is returned by the call.
        self.inner.poll_ready(context).map(|_| Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // From here, not from where the work begins: tonic, further out, would respond first, in a form of its own.
        let deadline = Instant::now() + deadline::timeout(request.headers());
        let path = request.uri().path().to_owned();
        let rpc = if access(&path).is_some() { path.trim_start_matches('/').to_owned() } else { UNKNOWN.to_owned() };
        let span = tracing::info_span!(
            "rpc",
            rpc = path.trim_start_matches('/'),
            trace_id = Empty,
            span_id = Empty,
            otel.kind = Empty,
            tenant = Empty,
            subject = Empty
        );
        let parent = Parent::extract(&Incoming(request.headers()));
        let trace = spans::begin(&span, SpanKind::Server, &rpc, &parent);
        let trace_id = trace.trace_id();
        let admitted = self.layer.admit(&path, request.headers()).and_then(|caller| self.layer.let_in(caller));
        let shutdown = self.layer.shutdown.clone();
        let is_stream = is_stream(&path);
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let work = {
            let span = span.clone();
            async move {
                let mut record = CallRecord::begin(rpc);
                let response = match admitted {
                    Err(status) => status.into_http(),
                    Ok(admitted) => {
                        let running = admitted.map(|(caller, running)| {
                            span.record("tenant", tracing::field::display(caller.tenant));
                            span.record("subject", caller.actor.name());
                            request.extensions_mut().insert(caller);
                            running
                        });
                        record.is_open = running.is_none();
                        let call = inner.call(request);
                        let end = shutdown.clone();
                        let work = caller_deadline::scope(deadline, async move {
                            let (done, written) = written::collect(call).await;
                            let done = done.map(|response| with_written(response, &written));
                            let done = done.map_err(|error| error.to_string());
                            if is_stream {
                                return done.map(|response| until_deadline(response, deadline, end, running));
                            }
                            // The work counts as the tenant's for as long as it runs, even if its caller is gone.
                            drop(running);
                            done
                        });
                        let work = trace::scope_within(trace, parent, work).instrument(span);
                        answer(tokio::spawn(Box::pin(work)), deadline).await
                    }
                };
                let mut response = in_our_form(response);
                if let Ok(trace_id) = HeaderValue::from_str(&trace_id) {
                    response.headers_mut().insert(TRACE_KEY, trace_id);
                }
                record.finish(&response);
                Ok(if record.is_open { until_shutdown(response, shutdown) } else { response })
            }
        };
        Box::pin(work.instrument(span))
    }
}

/// A response with what its call has written, for calls that are to see it.
fn with_written(mut response: Response<Body>, written: &Written) -> Response<Body> {
    if !written.is_empty()
        && let Ok(value) = HeaderValue::from_str(&written.to_string())
    {
        response.headers_mut().insert(WRITTEN_KEY, value);
    }
    response
}

/// The response of the running work, or `DEADLINE_EXCEEDED`. The work is never cancelled. A response that is ready
/// after the deadline is late too, even if both were seen in the same moment.
async fn answer(running: tokio::task::JoinHandle<Result<Response<Body>, String>>, deadline: Instant) -> Response<Body> {
    let in_time = |_: &_| Instant::now() < deadline;
    // A deadline that has passed is not waited for: timers are as coarse as a millisecond, and tonic's own may be first.
    let joined = if Instant::now() < deadline {
        tokio::time::timeout_at(deadline.into(), running).await.ok().filter(in_time)
    } else {
        None
    };
    match joined {
        Some(Ok(Ok(response))) => response,
        Some(Ok(Err(error))) => {
            tracing::error!(error, "a handler was cancelled");
            internal_fault().into_http()
        }
        Some(Err(panic)) => {
            tracing::error!(%panic, "a handler panicked");
            internal_fault().into_http()
        }
        None => {
            let message = "the deadline passed before the response was ready; the operation is finished, and the same request_id returns its response";
            Status::from(Fault::new(Code::DeadlineExceeded, "DEADLINE_EXCEEDED", message)).into_http()
        }
    }
}

fn internal_fault() -> Status {
    Fault::new(
        Code::Internal,
        "INTERNAL",
        "the call failed with an internal error; the logs have it under the trace id",
    )
    .into()
}

/// Adds a reason to an error without details (the framework's own).
fn in_our_form(response: Response<Body>) -> Response<Body> {
    let Some(status) = Status::from_header_map(response.headers()) else { return response };
    if status.code() == Code::Ok || !status.details().is_empty() {
        return response;
    }
    let (code, reason) = match status.code() {
        // tonic reports a message over the limit as `OUT_OF_RANGE`; gRPC specifies `RESOURCE_EXHAUSTED`.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_framework_get_a_reason() {
        for (status, reason) in [
            (Status::unimplemented("compression"), "NOT_SUPPORTED"),
            (Status::cancelled("reset"), "CANCELLED"),
            (Status::unknown("?"), "REFUSED"),
        ] {
            let response = in_our_form(status.into_http());
            let status = Status::from_header_map(response.headers()).unwrap();
            assert_eq!(crate::error_info(&status).unwrap().reason, reason);
        }
    }
}
