//! Responses in JSON.

use http::{HeaderMap, HeaderName, HeaderValue, Response, header};
use http_body_util::Full;
use prost::bytes::Bytes;
use quittance_gateway::error_response;
use tonic::{Code, Status, body::Body};

/// Headers of a gRPC response that are not for HTTP: those of its body, and the status, which is in the body.
const GRPC_ONLY: [HeaderName; 7] = [
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    HeaderName::from_static("grpc-status"),
    HeaderName::from_static("grpc-message"),
    HeaderName::from_static("grpc-status-details-bin"),
    HeaderName::from_static("grpc-encoding"),
    HeaderName::from_static("grpc-accept-encoding"),
];

/// A body of JSON.
pub(super) fn json(body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Body::new(Full::new(body.into())));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// An error.
pub(super) fn error(status: &Status) -> Response<Body> {
    let error = error_response(i32::from(status.code()), status.message(), status.details());
    let mut response = json(error.body);
    *response.status_mut() = error.status;
    if let Some(seconds) = error.retry_after_seconds {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if status.code() == Code::Unauthenticated {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// Adds the metadata of a gRPC response.
pub(super) fn add_metadata(response: &mut Response<Body>, metadata: HeaderMap) {
    let metadata = metadata.iter().filter(|(name, _)| !GRPC_ONLY.contains(name));
    for (name, value) in metadata {
        response.headers_mut().append(name.clone(), value.clone());
    }
}
