//! What is said of each call when it is over: a line in the log, a measurement, the end of its span. A caller that goes away before is counted too.

use std::time::Instant;

use http::Response;
use quittance_runtime::{metrics, spans};
use tonic::{Code, Status, body::Body};
use tracing::Span;

/// A call that is being answered.
#[derive(Debug)]
pub(crate) struct CallRecord {
    rpc: String,
    span: Span,
    started: Instant,
    /// Anybody may call it: health and reflection, which are called all the time and logged only for who looks for it.
    pub(crate) is_open: bool,
    is_finished: bool,
}

impl CallRecord {
    /// Begins now, in the current span.
    pub(crate) fn begin(rpc: String) -> Self {
        Self { rpc, span: Span::current(), started: Instant::now(), is_open: false, is_finished: false }
    }

    /// The call is answered.
    pub(crate) fn finish(&mut self, response: &Response<Body>) {
        self.is_finished = true;
        self.record(Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code()));
    }

    fn record(&self, code: Code) {
        let elapsed = self.started.elapsed();
        let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        let name = name_of(code);
        spans::set_attribute(&self.span, "rpc.system.name", "grpc");
        spans::set_attribute(&self.span, "rpc.method", self.rpc.clone());
        spans::set_attribute(&self.span, "rpc.response.status_code", name);
        match code {
            Code::Internal | Code::Unknown | Code::DataLoss => {
                spans::set_failed(&self.span, name);
                tracing::error!(parent: &self.span, code = name, micros, "call failed");
            }
            _ if self.is_open => tracing::debug!(parent: &self.span, code = name, micros, "call"),
            _ => tracing::info!(parent: &self.span, code = name, micros, "call"),
        }
        metrics::record_call(&self.rpc, name, elapsed);
    }
}

impl Drop for CallRecord {
    fn drop(&mut self) {
        if !self.is_finished {
            // Its caller has gone away; what was begun goes on.
            self.record(Code::Cancelled);
        }
    }
}

/// A code as gRPC's documents write it.
fn name_of(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
