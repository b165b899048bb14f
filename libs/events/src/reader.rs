//! Readers of an area's events, for any message type.

use std::{fmt, pin::Pin, sync::Arc};

use quittance_db::{Db, Tx};
use quittance_kernel::{Clock, EventId};
use quittance_runtime::Shutdown;

use crate::{
    Envelope, Handler, HandlerError, HistoryReader, Message, Rebuild, RebuildError, Source, consume, held::requeue,
};

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A handler of an area's events.
#[derive(Clone)]
pub struct Reader(Arc<dyn AnyHandler>);

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl Reader {
    /// A reader with this handler.
    pub fn new<H: Handler + 'static>(handler: H) -> Self {
        Self(Arc::new(handler))
    }

    /// Applies the area's events until shutdown.
    pub fn consume(self, db: Db, source: Source, clock: Clock, shutdown: Shutdown) -> BoxFuture<'static, ()> {
        self.0.consume(db, source, clock, shutdown)
    }

    /// Applies a held event now; false where it has to remain held. Where it fails it stays as it was, and the error says why.
    pub async fn requeue(&self, db: &Db, held: &Envelope) -> Result<bool, HandlerError> {
        self.0.requeue(db, held).await
    }

    /// Applies the area's events that were applied before again, in a rebuild.
    pub async fn rebuild(
        &self,
        rebuild: Rebuild,
        area: &str,
        history: HistoryReader,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Rebuild, RebuildError> {
        self.0.rebuild(rebuild, area, history, progress).await
    }
}

trait AnyHandler: Send + Sync {
    fn consume(self: Arc<Self>, db: Db, source: Source, clock: Clock, shutdown: Shutdown) -> BoxFuture<'static, ()>;

    fn requeue<'a>(&'a self, db: &'a Db, held: &'a Envelope) -> BoxFuture<'a, Result<bool, HandlerError>>;

    fn rebuild<'a>(
        &'a self,
        rebuild: Rebuild,
        area: &'a str,
        history: HistoryReader,
        progress: &'a mut (dyn FnMut(u64) + Send),
    ) -> BoxFuture<'a, Result<Rebuild, RebuildError>>;
}

impl<H: Handler + 'static> AnyHandler for H {
    fn consume(self: Arc<Self>, db: Db, source: Source, clock: Clock, shutdown: Shutdown) -> BoxFuture<'static, ()> {
        Box::pin(consume(db, source, Shared(self), clock, shutdown))
    }

    fn requeue<'a>(&'a self, db: &'a Db, held: &'a Envelope) -> BoxFuture<'a, Result<bool, HandlerError>> {
        Box::pin(requeue(db, self, held))
    }

    fn rebuild<'a>(
        &'a self,
        rebuild: Rebuild,
        area: &'a str,
        history: HistoryReader,
        progress: &'a mut (dyn FnMut(u64) + Send),
    ) -> BoxFuture<'a, Result<Rebuild, RebuildError>> {
        Box::pin(rebuild.apply(area, self, history, progress))
    }
}

/// A shared handler.
struct Shared<H>(Arc<H>);

impl<H: Handler> Handler for Shared<H> {
    type Event = H::Event;

    fn knows(&self, event: &H::Event) -> bool {
        self.0.knows(event)
    }

    async fn orphans(&self, tx: &mut Tx, run: &[Message<H::Event>]) -> Result<Vec<EventId>, HandlerError> {
        self.0.orphans(tx, run).await
    }

    async fn apply(&self, tx: &mut Tx, run: Vec<Message<H::Event>>) -> Result<(), HandlerError> {
        self.0.apply(tx, run).await
    }
}
