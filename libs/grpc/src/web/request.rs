//! A JSON request to a gRPC request. The message is read where the service reads it, after token, scope and tenant were checked, within the call's
//! deadline: who may not call sends no body that is kept, and everything wrong with the body is the call's own error.

use futures::stream;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version, header};
use http_body::Frame;
use http_body_util::{BodyExt as _, LengthLimitError, Limited, StreamBody};
use prost::bytes::{BufMut as _, Bytes, BytesMut};
use quittance_gateway::{Binding, Call, Problem};
use tonic::{Code, Status, body::Body};

use crate::{AFTER_KEY, Fault, MAX_JSON_BYTES, MAX_MESSAGE_BYTES, ON_BEHALF_OF_KEY, TENANT_KEY, Violations};

/// The headers of a call. Others are HTTP's, or a browser's.
const HEADERS: [HeaderName; 8] = [
    header::AUTHORIZATION,
    HeaderName::from_static(TENANT_KEY),
    HeaderName::from_static(ON_BEHALF_OF_KEY),
    HeaderName::from_static(AFTER_KEY),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    HeaderName::from_static("baggage"),
    HeaderName::from_static("grpc-timeout"),
];
/// The header with the id of a request that changes something.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The bytes before a message: whether it is compressed, and its length.
pub(super) const PREFIX_BYTES: usize = 5;

/// The gRPC request for a method, with the values of its path's variables.
pub(super) fn to_grpc(binding: &'static Binding, variables: Vec<String>, request: Request<Body>) -> Request<Body> {
    let (parts, body) = request.into_parts();
    let call = Call {
        variables,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        idempotency_key: text(&parts.headers, IDEMPOTENCY_KEY),
    };
    let is_encoded = parts.headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity");
    let read = async move {
        if is_encoded {
            let message = "a body with Content-Encoding is not read: send it as it is";
            return Err(Fault::new(Code::InvalidArgument, "CONTENT_ENCODING_UNSUPPORTED", message).into());
        }
        let json = collect(body).await?;
        let message = binding.read(&call, &json).map_err(violations)?;
        framed(&message).map(Frame::data)
    };
    let mut grpc = Request::new(Body::new(StreamBody::new(stream::once(Box::pin(read)))));
    *grpc.method_mut() = Method::POST;
    *grpc.version_mut() = Version::HTTP_2;
    *grpc.uri_mut() = Uri::from_static(binding.grpc_path());
    *grpc.headers_mut() = headers(&parts.headers);
    // The connection's addresses.
    *grpc.extensions_mut() = parts.extensions;
    grpc
}

fn headers(from: &HeaderMap) -> HeaderMap {
    let mut to = HeaderMap::new();
    for name in HEADERS {
        for value in from.get_all(&name) {
            to.append(name.clone(), value.clone());
        }
    }
    to.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    to.insert(header::TE, HeaderValue::from_static("trailers"));
    to
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The whole body, up to its limit.
async fn collect(body: Body) -> Result<Bytes, Status> {
    match Limited::new(body, MAX_JSON_BYTES).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(MAX_JSON_BYTES)),
        Err(error) => {
            let message = format!("the body did not come to its end: {error}");
            Err(Fault::new(Code::InvalidArgument, "MESSAGE_MALFORMED", message).into())
        }
    }
}

fn too_large(limit: usize) -> Status {
    let message = format!("the request is too large: the limit is {limit} bytes");
    Fault::new(Code::ResourceExhausted, "MESSAGE_TOO_LARGE", message).into()
}

fn violations(problems: Vec<Problem>) -> Status {
    let mut violations = Violations::default();
    for problem in problems {
        violations.add(problem.field, problem.reason, problem.description);
    }
    violations.into()
}

/// A message as gRPC sends it.
fn framed(message: &[u8]) -> Result<Bytes, Status> {
    let length = u32::try_from(message.len()).ok().filter(|_| message.len() <= MAX_MESSAGE_BYTES);
    let mut bytes = BytesMut::with_capacity(PREFIX_BYTES + message.len());
    bytes.put_u8(0);
    bytes.put_u32(length.ok_or_else(|| too_large(MAX_MESSAGE_BYTES))?);
    bytes.extend_from_slice(message);
    Ok(bytes.freeze())
}
