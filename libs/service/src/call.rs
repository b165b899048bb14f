//! An incoming call: its tenant and its command.

use quittance_grpc::{Caller, Violations, check_batch, entry_status, request_id};
use quittance_kernel::{Actor, Bug, RequestId, TenantId};
use quittance_proto::{Mutating, RequestMessage};
use quittance_runtime::trace::{self, Trace};
use tonic::{Request, Status};
use tonic_types::pb;

use crate::{Batch, CommonError};

/// The most bytes of all errors in the response of a batch.
const MAX_ERROR_BYTES: usize = 768 * 1024;

/// What accompanies a command without being part of it.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// The request id, which makes the call idempotent.
    pub request: RequestId,
    /// The caller, with the person it acts for.
    pub actor: Actor,
    /// The trace that the call belongs to.
    pub trace: Option<Trace>,
}

/// A mutating call.
#[derive(Debug, Clone)]
pub struct Call<C> {
    /// The tenant of the call.
    pub tenant: TenantId,
    /// Request id, caller and trace.
    pub envelope: Envelope,
    /// The command.
    pub command: C,
}

/// The calls of a batch, or the violations of each that cannot be read.
#[derive(Debug)]
pub struct BatchCall<C> {
    /// The tenant of all calls.
    pub tenant: TenantId,
    /// In the order of the request.
    pub entries: Vec<Result<Call<C>, Violations>>,
}

impl<C> Call<C> {
    /// The same call with a converted command.
    pub fn try_map<D, E>(self, make: impl FnOnce(C) -> Result<D, E>) -> Result<Call<D>, E> {
        Ok(Call { tenant: self.tenant, envelope: self.envelope, command: make(self.command)? })
    }
}

impl<C> BatchCall<C> {
    /// The results of `run` for the calls that could be read, and the violations of the others, in the order of the request.
    pub async fn respond<O, E, F>(
        self,
        run: impl FnOnce(Vec<Call<C>>) -> F,
    ) -> Result<Vec<Result<O, pb::Status>>, Status>
    where
        E: Into<Status>,
        F: Future<Output = Batch<O, E>>,
    {
        let mut calls = Vec::with_capacity(self.entries.len());
        let read: Vec<Result<(), Violations>> =
            self.entries.into_iter().map(|entry| entry.map(|call| calls.push(call))).collect();
        let results = if calls.is_empty() { Vec::new() } else { run(calls).await.map_err(Into::into)? };
        let mut results = results.into_iter();
        let in_order = read.into_iter().map(|entry| match entry {
            Err(violations) => Err(Status::from(violations)),
            Ok(()) => match results.next() {
                Some(result) => result.map_err(Into::into),
                None => Err(CommonError::from(Bug("an entry has no result")).into()),
            },
        });
        Ok(entries(in_order.collect()))
    }
}

/// The results of a batch, with the errors in the form that entries carry: together they stay below what clients take.
pub fn entries<O, E: Into<Status>>(results: Vec<Result<O, E>>) -> Vec<Result<O, pb::Status>> {
    let bytes = MAX_ERROR_BYTES / results.len().max(1);
    results.into_iter().map(|result| result.map_err(|error| entry_status(&error.into(), bytes))).collect()
}

fn caller<R>(request: &Request<R>) -> Result<&Caller, Status> {
    request.extensions().get::<Caller>().ok_or_else(|| Status::unauthenticated("no caller"))
}

/// The tenant of a call, which the layer around every call has checked against the token.
pub(crate) fn tenant<R>(request: &Request<R>) -> Result<TenantId, Status> {
    Ok(caller(request)?.tenant)
}

/// The envelope that all commands of a call share.
struct From {
    tenant: TenantId,
    actor: Actor,
    trace: Option<Trace>,
}

impl From {
    fn of<R>(request: &Request<R>) -> Result<Self, Status> {
        let caller = caller(request)?;
        Ok(Self { tenant: caller.tenant, actor: caller.actor.clone(), trace: trace::current() })
    }

    /// The call, or all its violations.
    fn call<C, R>(&self, mut message: R) -> Result<Call<C>, Violations>
    where
        R: Mutating,
        C: TryFrom<R, Error = Violations>,
    {
        let mut bad = Violations::default();
        bad.check_enums(&message);
        let request = bad.check("request_id", request_id(&message.take_request_id()));
        let command = bad.within("", C::try_from(message));
        let call = request.zip(command).map(|(request, command)| Call {
            tenant: self.tenant,
            envelope: Envelope { request, actor: self.actor.clone(), trace: self.trace.clone() },
            command,
        });
        bad.into_result(call)
    }
}

/// The call in a request, or all its violations.
pub fn parse<C, R>(request: Request<R>) -> Result<Call<C>, Status>
where
    R: Mutating,
    C: TryFrom<R, Error = Violations>,
{
    let from = From::of(&request)?;
    Ok(from.call(request.into_inner())?)
}

/// The calls in a batch request.
pub fn parse_batch<C, B, R>(request: Request<B>, entries: impl FnOnce(B) -> Vec<R>) -> Result<BatchCall<C>, Status>
where
    B: RequestMessage,
    R: Mutating,
    C: TryFrom<R, Error = Violations>,
{
    let from = From::of(&request)?;
    let mut bad = Violations::default();
    let unknown = request.get_ref().unknown_enums();
    // What is wrong with an entry is the entry's own error.
    bad.add_unknown(unknown.into_iter().filter(|unknown| !unknown.field.contains('[')));
    let entries = entries(request.into_inner());
    check_batch(&mut bad, "requests", entries.len());
    bad.into_result(Some(()))?;
    Ok(BatchCall { tenant: from.tenant, entries: entries.into_iter().map(|entry| from.call(entry)).collect() })
}
