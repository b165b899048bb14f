//! Rebuilds a read model from the events, in one transaction: readers see the old one until the new one is complete.

use std::collections::{BTreeMap, HashSet};

use futures::TryStreamExt as _;
use quittance_db::{Db, DbError, Tx, UntenantedTx};
use quittance_kernel::{EventId, TenantId};
use sha2::{Digest as _, Sha256};

use crate::{
    Envelope, Handler, HandlerError, Message,
    history::{HistoryError, HistoryReader},
    run::{by_tenant, decode, message},
};

/// A read model.
#[derive(Debug, Clone, Copy)]
pub struct Projection {
    /// Statements that empty it for the transaction's tenant.
    pub clear: &'static [&'static str],
    /// Queries of one text column each: its business columns, row by row, in the order of their keys.
    pub content: &'static [&'static str],
}

/// The result of a rebuild.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// Events that were applied.
    pub events: u64,
    /// Hash of the content before, in hexadecimal digits.
    pub before: String,
    /// Hash of the content after. If it differs from the one before, the read model was wrong.
    pub after: String,
}

/// Why a read model could not be rebuilt; it is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// Past events cannot be read.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// An event cannot be applied.
    #[error("event {event} at position {position}: {source}")]
    Event {
        /// Its id, or that of the first event of its batch.
        event: EventId,
        /// Its position.
        position: i64,
        /// The cause.
        source: HandlerError,
    },
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Events that were applied before are no longer among the past events.
    #[error("{area}: {missing} events that were applied are missing among the past events")]
    Missing {
        /// The area that publishes the events.
        area: String,
        /// The number of missing events.
        missing: usize,
    },
    /// A failed batch always has events.
    #[error("an empty batch failed")]
    Empty,
}

impl From<sqlx::Error> for RebuildError {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}

/// A running rebuild. Dropping it rolls it back.
#[derive(Debug)]
pub struct Rebuild {
    tx: UntenantedTx,
    db: Db,
    made: Building,
}

/// The result so far.
#[derive(Debug)]
struct Building {
    projection: &'static Projection,
    /// The hash of each tenant's old read model.
    before: BTreeMap<TenantId, String>,
    events: u64,
}

impl Rebuild {
    /// Locks the service's consumer positions: consumers wait until the rebuild is over.
    pub async fn begin(db: &Db, projection: &'static Projection) -> Result<Self, RebuildError> {
        let mut tx = db.begin_unbounded().await?;
        sqlx::query!("select area from subscription order by area for update").fetch_all(&mut *tx).await?;
        Ok(Self { tx, db: db.clone(), made: Building { projection, before: BTreeMap::new(), events: 0 } })
    }

    /// Applies the events of an area that were applied before again. `progress` is called with the number of events so far.
    pub async fn apply<H: Handler>(
        self,
        area: &str,
        handler: &H,
        mut history: HistoryReader,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Self, RebuildError> {
        let Self { mut tx, db, mut made } = self;
        let mut applied = Applied::load(&db, &mut tx, area).await?;
        let mut waiting: Vec<Envelope> = Vec::new();
        loop {
            let mut batch = history.next().await?;
            if batch.is_empty() {
                break;
            }
            batch.retain(|event| applied.take(event));
            let orphans;
            (tx, orphans) = made.apply(tx, handler, &batch).await?;
            waiting.extend(orphans);
            progress(made.events);
        }
        applied.is_complete(area)?;
        let orphans;
        (tx, orphans) = made.apply(tx, handler, &waiting).await?;
        match orphans.first() {
            None => Ok(Self { tx, db, made }),
            Some(event) => {
                Err(failed(event, HandlerError::Rejected("its parent is not among the events before".to_owned())))
            }
        }
    }

    /// Commits the new read model.
    pub async fn finish(self) -> Result<Rebuilt, RebuildError> {
        let Self { mut tx, made, .. } = self;
        let mut after = BTreeMap::new();
        for tenant in made.before.keys() {
            let mut tenanted = tx.enter(*tenant).await?;
            after.insert(*tenant, content_hash(&mut tenanted, made.projection).await?);
            tx = tenanted.into();
        }
        tx.commit().await?;
        Ok(Rebuilt { events: made.events, before: combine(&made.before), after: combine(&after) })
    }
}

impl Building {
    /// Applies a batch. Returns the events whose parent has not arrived yet.
    async fn apply<H: Handler>(
        &mut self,
        mut tx: UntenantedTx,
        handler: &H,
        batch: &[Envelope],
    ) -> Result<(UntenantedTx, Vec<Envelope>), RebuildError> {
        let mut waiting = Vec::new();
        for (tenant, run) in by_tenant(batch) {
            let mut tenanted = tx.enter(tenant).await?;
            if !self.before.contains_key(&tenant) {
                self.before.insert(tenant, content_hash(&mut tenanted, self.projection).await?);
                for statement in self.projection.clear {
                    sqlx::query(*statement).execute(&mut *tenanted).await?;
                }
            }
            let orphans = match apply_run(&mut tenanted, handler, &run).await {
                Ok(orphans) => orphans,
                Err(source) => return Err(run.first().map_or(RebuildError::Empty, |first| failed(first, source))),
            };
            self.events += (run.len() - orphans.len()) as u64;
            waiting.extend(run.into_iter().filter(|event| orphans.contains(&event.event_id)).cloned());
            tx = tenanted.into();
        }
        Ok((tx, waiting))
    }
}

fn failed(event: &Envelope, source: HandlerError) -> RebuildError {
    RebuildError::Event { event: event.event_id, position: event.position, source }
}

async fn apply_run<H: Handler>(tx: &mut Tx, handler: &H, run: &[&Envelope]) -> Result<HashSet<EventId>, HandlerError> {
    let mut messages: Vec<Message<H::Event>> = Vec::with_capacity(run.len());
    for envelope in run {
        messages.push(message(envelope, decode(handler, envelope)?));
    }
    let orphans: HashSet<EventId> = handler.orphans(tx, &messages).await?.into_iter().collect();
    messages.retain(|message| !orphans.contains(&message.event_id));
    if !messages.is_empty() {
        handler.apply(tx, messages).await?;
    }
    Ok(orphans)
}

/// The positions of an area that were applied before, and those of them not seen again yet.
struct Applied {
    held: HashSet<EventId>,
    left: HashSet<i64>,
}

impl Applied {
    async fn load(db: &Db, tx: &mut UntenantedTx, area: &str) -> Result<Self, RebuildError> {
        let runs = sqlx::query!(
            r#"select lower(run) as "first!", upper(run) - 1 as "last!"
               from subscription, unnest(done) as run
               where area = $1"#,
            area
        )
        .fetch_all(&mut **tx)
        .await?;
        let held = sqlx::query!("select event_id, position, state from held_event where area = $1", area)
            .fetch_all(db.system())
            .await?;
        let mut left: HashSet<i64> = runs.into_iter().flat_map(|run| run.first..=run.last).collect();
        // Discarded events are not required, whether their topic still has them or not.
        for event in held.iter().filter(|event| event.state == "discarded") {
            left.remove(&event.position);
        }
        Ok(Self { held: held.into_iter().map(|event| EventId::new(event.event_id)).collect(), left })
    }

    /// Whether an event was applied before and has not been seen in this rebuild.
    fn take(&mut self, event: &Envelope) -> bool {
        self.left.remove(&event.position) && !self.held.contains(&event.event_id)
    }

    fn is_complete(&self, area: &str) -> Result<(), RebuildError> {
        match self.left.len() {
            0 => Ok(()),
            missing => Err(RebuildError::Missing { area: area.to_owned(), missing }),
        }
    }
}

/// Hashes a tenant's content (SHA-256), row by row.
pub async fn content_hash(tx: &mut Tx, projection: &Projection) -> Result<String, DbError> {
    let mut hash = Sha256::new();
    for query in projection.content {
        hash.update(query.as_bytes());
        let mut rows = sqlx::query_scalar::<_, String>(*query).fetch(&mut **tx);
        while let Some(row) = rows.try_next().await? {
            hash.update(row.as_bytes());
            hash.update(b"\n");
        }
    }
    Ok(hex::encode(hash.finalize()))
}

fn combine(hashes: &BTreeMap<TenantId, String>) -> String {
    let mut hash = Sha256::new();
    for (tenant, content) in hashes {
        hash.update(format!("{tenant} {content}\n"));
    }
    hex::encode(hash.finalize())
}
