//! Streams end with the process, whether they would ever end by themselves (health watches, open reflection) or not, and those of the contract with the deadline of their calls.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use futures::future::BoxFuture;
use http::{HeaderMap, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use prost::bytes::Bytes;
use quittance_runtime::Shutdown;
use tonic::{Code, Status, body::Body};

use super::RunningCall;
use crate::Fault;

/// How long a stream goes on after shutdown: long enough to report `NOT_SERVING`.
const LAST_WORDS: Duration = Duration::from_millis(300);

struct Ending {
    inner: Body,
    /// Ends it, with a status.
    end: BoxFuture<'static, Status>,
    is_over: bool,
    /// It counts as its tenant's for as long as it goes on.
    _running: Option<RunningCall>,
}

/// The same response, whose body ends, as UNAVAILABLE, soon after shutdown.
pub(crate) fn until_shutdown(response: Response<Body>, mut shutdown: Shutdown) -> Response<Body> {
    let end = Box::pin(async move { shut_down(&mut shutdown).await });
    response.map(|inner| Body::new(Ending { inner, end, is_over: false, _running: None }))
}

/// The same response, whose body ends also, as `DEADLINE_EXCEEDED`, at the deadline of its call.
pub(crate) fn until_deadline(
    response: Response<Body>,
    deadline: Instant,
    mut shutdown: Shutdown,
    running: Option<RunningCall>,
) -> Response<Body> {
    let end = Box::pin(async move {
        tokio::select! {
            status = shut_down(&mut shutdown) => status,
            () = tokio::time::sleep_until(deadline.into()) => {
                let message = "the deadline of the stream has passed; the same call goes on where it ended";
                Fault::new(Code::DeadlineExceeded, "DEADLINE_EXCEEDED", message).into()
            }
        }
    });
    response.map(|inner| Body::new(Ending { inner, end, is_over: false, _running: running }))
}

async fn shut_down(shutdown: &mut Shutdown) -> Status {
    shutdown.triggered().await;
    tokio::time::sleep(LAST_WORDS).await;
    Fault::new(Code::Unavailable, "UNAVAILABLE", "the server is shutting down").into()
}

impl HttpBody for Ending {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let next = Pin::new(&mut self.inner).poll_frame(context);
        if next.is_ready() {
            return next;
        }
        let Poll::Ready(status) = self.end.as_mut().poll(context) else { return next };
        self.is_over = true;
        let mut trailers = HeaderMap::new();
        status.add_header(&mut trailers)?;
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.is_over || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
