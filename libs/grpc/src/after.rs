//! Reading one's own writes: a call that names what it is to see waits until this service has read it.

use std::{
    collections::HashMap,
    convert::Infallible,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use futures::future::BoxFuture;
use http::{Request, Response};
use quittance_db::Db;
use quittance_events::has_read;
use quittance_kernel::{EventId, TenantId};
use quittance_runtime::{Backoff, deadline, written::Written};
use tonic::{Code, Status, body::Body, server::NamedService};
use tower::Service;

use crate::{AFTER_KEY, Caller, Fault, db_fault};

/// The reason of a call whose writes were not read in time.
pub(crate) const NOT_READ_YET: &str = "WRITE_NOT_READ_YET";
/// How often it is looked, at first and at last.
const FIRST_LOOK: Duration = Duration::from_millis(2);
const LAST_LOOK: Duration = Duration::from_millis(50);
/// The longest wait, whatever the deadline.
const LONGEST: Duration = Duration::from_secs(10);
/// How long before the deadline it is said.
const MARGIN: Duration = Duration::from_millis(20);
/// How many events are known to be read before all are forgotten.
const MOST_KNOWN: usize = 10_000;
/// When the call may be made again.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// The events that a service reads, and where it keeps how far it has come.
#[derive(Clone)]
pub struct Reading {
    db: Db,
    service: &'static str,
    areas: Vec<&'static str>,
    /// The last event of each tenant and area that was found to be read: the next calls name the same one.
    known: Arc<Mutex<HashMap<(TenantId, &'static str), EventId>>>,
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").field("service", &self.service).field("areas", &self.areas).finish_non_exhaustive()
    }
}

impl Reading {
    /// A service that reads the events of these areas.
    pub fn new(db: Db, service: &'static str, areas: impl IntoIterator<Item = &'static str>) -> Self {
        Self { db, service, areas: areas.into_iter().collect(), known: Arc::default() }
    }

    /// A server whose calls wait for what they are to see.
    pub fn before<S>(&self, server: S) -> AfterWrites<S> {
        AfterWrites { inner: server, reading: self.clone() }
    }

    /// Whether an event is known to be read, without asking the database.
    fn is_known(&self, tenant: TenantId, area: &'static str, event: EventId) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&(tenant, area)) == Some(&event)
    }

    fn remember(&self, tenant: TenantId, area: &'static str, event: EventId) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert((tenant, area), event);
    }

    /// Waits until the service has read these events, within the call's deadline. Its own are in its database.
    async fn wait(&self, tenant: TenantId, written: &Written) -> Result<(), Status> {
        let wait = deadline::left().map_or(LONGEST, |left| left.saturating_sub(MARGIN).min(LONGEST));
        let read = async {
            for (area, event) in written.to_read(self.service) {
                let Some(area) = self.areas.iter().copied().find(|read| *read == area) else { continue };
                if self.is_known(tenant, area, event) {
                    continue;
                }
                let mut looks = Backoff::new(FIRST_LOOK, LAST_LOOK);
                while !has_read(&self.db, tenant, area, event).await.map_err(|error| db_fault(&error))? {
                    tokio::time::sleep(looks.lengthen()).await;
                }
                self.remember(tenant, area, event);
            }
            Ok(())
        };
        tokio::time::timeout(wait, read).await.unwrap_or_else(|_| {
            let message = "what the call is to see was not read in time; the same call may be made again";
            Err(Fault::new(Code::Unavailable, NOT_READ_YET, message).retry_after(RETRY_AFTER).into())
        })
    }
}

/// A server whose calls wait for what they are to see (metadata `quittance-after`).
#[derive(Debug, Clone)]
pub struct AfterWrites<S> {
    inner: S,
    reading: Reading,
}

impl<S: NamedService> NamedService for AfterWrites<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for AfterWrites<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let named = request.headers().get(AFTER_KEY).cloned();
        let (Some(named), Some(caller)) = (named, request.extensions().get::<Caller>().cloned()) else {
            return Box::pin(self.inner.call(request));
        };
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let reading = self.reading.clone();
        Box::pin(async move {
            let Some(written) = named.to_str().ok().and_then(Written::parse) else {
                let message = format!("the metadata {AFTER_KEY} is not that of a response");
                return Ok(Status::from(Fault::new(Code::InvalidArgument, "AFTER_MALFORMED", message)).into_http());
            };
            match reading.wait(caller.tenant, &written).await {
                Ok(()) => inner.call(request).await,
                Err(status) => Ok(status.into_http()),
            }
        })
    }
}
