//! A receiver of webhooks on loopback.

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::{HeaderMap, Request, Response, header::LOCATION};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// What a receiver got.
#[derive(Debug, Clone)]
pub struct Received {
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Received {
    /// The value of a header, empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

#[derive(Debug, Default)]
struct State {
    received: Vec<Received>,
    statuses: VecDeque<u16>,
}

/// A receiver of webhooks that answers 200, or other statuses in turn.
#[derive(Debug, Clone)]
pub struct Receiver {
    /// Its address, for example `http://127.0.0.1:40001/events`.
    pub url: String,
    state: Arc<Mutex<State>>,
}

impl Receiver {
    /// Starts it, until the runtime of the test ends.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}/events", listener.local_addr().expect("an address"));
        let receiver = Self { url, state: Arc::default() };
        let answers = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let answers = answers.clone();
                let service = service_fn(move |request| answers.clone().answer(request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        receiver
    }

    async fn answer(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
        let mut state = self.state();
        state.received.push(Received { headers: head.headers, body });
        let status = state.statuses.pop_front().unwrap_or(200);
        let mut response = Response::new(Full::new(Bytes::from_static(b"ok")));
        *response.status_mut() = status.try_into().expect("a status");
        if (300..400).contains(&status) {
            response.headers_mut().insert(LOCATION, self.url.parse().expect("a value"));
        }
        Ok(response)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers the next requests with these statuses.
    pub fn answer_with(&self, statuses: &[u16]) {
        self.state().statuses.extend(statuses);
    }

    /// What came so far.
    pub fn received(&self) -> Vec<Received> {
        self.state().received.clone()
    }
}
