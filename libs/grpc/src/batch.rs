//! From request to commands and from results to the response: the three lines of every handler.

use quittance_db::DbError;
use quittance_kernel::TenantId;
use tonic::{Request, Status};
use tonic_types::pb;

use crate::{Violations, db_fault, layer::Caller};

/// Whose book the call is about: checked against the token by the layer around every call.
pub fn tenant<R>(request: &Request<R>) -> Result<TenantId, Status> {
    let caller = request.extensions().get::<Caller>().ok_or_else(|| Status::unauthenticated("no caller"))?;
    Ok(caller.tenant)
}

/// The tenant and the command of a call, or everything that is wrong with it.
pub fn parse<C, R>(request: Request<R>) -> Result<(TenantId, C), Status>
where
    C: TryFrom<R, Error = Violations>,
{
    let tenant = tenant(&request)?;
    Ok((tenant, C::try_from(request.into_inner())?))
}

/// Answers a batch: reads every entry, runs those that can be read as one slice, and puts the results in the entries' order.
pub async fn batch<R, C, A, E, F>(
    entries: Vec<R>,
    max: usize,
    run: impl FnOnce(Vec<C>) -> F,
) -> Result<Vec<Result<A, pb::Status>>, Status>
where
    C: TryFrom<R, Error = Violations>,
    E: Into<Status>,
    F: Future<Output = Result<Vec<Result<A, E>>, DbError>>,
{
    if entries.is_empty() || entries.len() > max {
        let mut bad = Violations::default();
        bad.add("requests", "BATCH_SIZE_OUT_OF_RANGE", format!("has 1 to {max} entries, not {}", entries.len()));
        return Err(bad.into());
    }
    let mut commands = Vec::with_capacity(entries.len());
    let parsed: Vec<Result<(), Violations>> =
        entries.into_iter().map(|entry| C::try_from(entry).map(|command| commands.push(command))).collect();
    let results =
        if commands.is_empty() { Vec::new() } else { run(commands).await.map_err(|error| db_fault(&error))? };
    let mut results = results.into_iter();
    let in_order = parsed.into_iter().map(|entry| match entry {
        Err(violations) => Err(entry_status(&violations.into())),
        Ok(()) => match results.next() {
            Some(result) => result.map_err(|error| entry_status(&error.into())),
            None => Err(entry_status(&Status::internal("an entry has no result"))),
        },
    });
    Ok(in_order.collect())
}

/// A failed call's status in the form that an entry of a batch carries.
pub fn entry_status(status: &Status) -> pb::Status {
    prost::Message::decode(status.details()).ok().filter(|decoded: &pb::Status| decoded.code != 0).unwrap_or_else(
        || pb::Status { code: status.code() as i32, message: status.message().to_owned(), details: vec![] },
    )
}
