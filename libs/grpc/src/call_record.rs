//! The record of each finished call: a log line, a measurement, the end of its span. A caller that goes away before is counted too.

use std::time::Instant;

use http::Response;
use quittance_runtime::{metrics, spans};
use tonic::{Code, Status, body::Body};
use tracing::Span;

/// A call in progress.
#[derive(Debug)]
pub(crate) struct CallRecord {
    rpc: String,
    span: Span,
    started: Instant,
    /// A method without authentication: health and reflection, which are called all the time and logged at debug level.
    pub(crate) is_open: bool,
    is_finished: bool,
}

impl CallRecord {
    /// Starts now, in the current span.
    pub(crate) fn begin(rpc: String) -> Self {
        Self { rpc, span: Span::current(), started: Instant::now(), is_open: false, is_finished: false }
    }

    /// Records the end of the call.
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
        spans::set_attribute(&self.span, "rpc.response.status_code", name.clone());
        match code {
            Code::Internal | Code::Unknown | Code::DataLoss => {
                spans::set_failed(&self.span, name.clone());
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
            // The caller has gone away; the work continues.
            self.record(Code::Cancelled);
        }
    }
}

/// A code as gRPC's documents write it: `INVALID_ARGUMENT`.
fn name_of(code: Code) -> String {
    let camel = format!("{code:?}");
    let mut name = String::with_capacity(camel.len() + 2);
    for (place, letter) in camel.char_indices() {
        if place > 0 && letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_the_names_of_the_documents() {
        let named = [(Code::Ok, "OK"), (Code::InvalidArgument, "INVALID_ARGUMENT"), (Code::DataLoss, "DATA_LOSS")];
        for (code, name) in named {
            assert_eq!(name_of(code), name);
        }
    }
}
