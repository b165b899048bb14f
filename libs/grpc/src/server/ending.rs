//! Streams that would never end by themselves (health watches, open reflection) end with the process.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use prost::bytes::Bytes;
use quittance_runtime::Shutdown;
use tonic::{Code, Status, body::Body};

/// How long a stream goes on after shutdown: long enough to report `NOT_SERVING`.
const LAST_WORDS: Duration = Duration::from_millis(300);

struct Ending {
    inner: Body,
    end: BoxFuture<'static, ()>,
    is_over: bool,
}

/// The same response, whose body ends, as UNAVAILABLE, soon after shutdown.
pub(crate) fn until_shutdown(response: Response<Body>, mut shutdown: Shutdown) -> Response<Body> {
    let end = Box::pin(async move {
        shutdown.triggered().await;
        tokio::time::sleep(LAST_WORDS).await;
    });
    response.map(|inner| Body::new(Ending { inner, end, is_over: false }))
}

impl HttpBody for Ending {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let next = Pin::new(&mut self.inner).poll_frame(context);
        if next.is_ready() || self.end.as_mut().poll(context).is_pending() {
            return next;
        }
        self.is_over = true;
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", HeaderValue::from(Code::Unavailable as i32));
        trailers.insert("grpc-message", HeaderValue::from_static("the server is shutting down"));
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.is_over || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
