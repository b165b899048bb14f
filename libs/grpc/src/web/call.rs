//! A gRPC response to a JSON response.

use std::convert::Infallible;

use http::{HeaderMap, Response};
use http_body_util::BodyExt as _;
use prost::bytes::Bytes;
use quittance_gateway::{BadResponse, Binding};
use quittance_kernel::Bug;
use tonic::{Code, Status, body::Body};

use super::{Answer, request::PREFIX_BYTES, response};

/// The response of a call.
pub(super) async fn answer(binding: &'static Binding, call: Answer) -> Result<Response<Body>, Infallible> {
    let (parts, body) = call.await.map_or_else(|never| match never {}, Response::into_parts);
    let mut metadata = parts.headers;
    // An error without a message is in the headers, any other in the trailers.
    let done = match Status::from_header_map(&metadata) {
        Some(status) if status.code() != Code::Ok => Err(status),
        _ => read(body, &mut metadata).await,
    };
    let done = done.and_then(|message| to_json(binding, &message));
    let mut response = done.map_or_else(|status| response::error(&status), response::json);
    response::add_metadata(&mut response, metadata);
    Ok(response)
}

/// The message of a response. Its trailers are added to its metadata.
async fn read(body: Body, metadata: &mut HeaderMap) -> Result<Bytes, Status> {
    let collected = body.collect().await?;
    let trailers = collected.trailers().cloned().unwrap_or_default();
    let status = Status::from_header_map(&trailers);
    metadata.extend(trailers);
    match status {
        Some(status) if status.code() != Code::Ok => Err(status),
        _ => Ok(collected.to_bytes()),
    }
}

fn to_json(binding: &Binding, frame: &[u8]) -> Result<Vec<u8>, Status> {
    // It begins with 0, not compressed: the call did not accept that.
    let Some(([0, ..], message)) = frame.split_at_checked(PREFIX_BYTES) else {
        return Err(crate::internal(&Bug("a response is not one message")));
    };
    binding.write(message).map_err(|error: BadResponse| crate::internal(&error))
}
