//! Where events come from: in a single process the outbox of the service that published them, otherwise the broker.

use quittance_db::{Db, DbError};
use sqlx::PgExecutor;
use tokio::sync::watch;

use crate::{Envelope, Relay, envelope::EventRow, kafka::KafkaSource};

/// What a consumer reads.
#[derive(Debug, Clone)]
pub enum Source {
    /// The outbox.
    InProcess(InProcessSource),
    /// A topic of the broker.
    Kafka(KafkaSource),
}

impl Source {
    /// The area it reads.
    pub fn area(&self) -> &'static str {
        match self {
            Self::InProcess(source) => source.area(),
            Self::Kafka(source) => source.area(),
        }
    }

    /// The newest position to read; `None` for a topic.
    pub async fn head(&self) -> Result<Option<i64>, DbError> {
        match self {
            Self::InProcess(source) => Ok(Some(source.head().await?)),
            Self::Kafka(_) => Ok(None),
        }
    }
}

impl From<InProcessSource> for Source {
    fn from(source: InProcessSource) -> Self {
        Self::InProcess(source)
    }
}

impl From<KafkaSource> for Source {
    fn from(source: KafkaSource) -> Self {
        Self::Kafka(source)
    }
}

/// Reads an area's outbox by position: the transport of the single process.
#[derive(Debug, Clone)]
pub struct InProcessSource {
    area: &'static str,
    db: Db,
    positions: watch::Receiver<i64>,
}

impl InProcessSource {
    /// A reader of the area whose events are in `db`.
    pub fn new(area: &'static str, db: Db, relay: &Relay) -> Self {
        Self { area, db, positions: relay.positions() }
    }

    /// The area it reads.
    pub fn area(&self) -> &'static str {
        self.area
    }

    async fn head(&self) -> Result<i64, DbError> {
        let head = sqlx::query_scalar!(r#"select coalesce(max(position), 0) as "head!" from outbox_position"#);
        Ok(head.fetch_one(self.db.system()).await?)
    }

    /// At most `limit` events after a position, in order.
    pub async fn fetch(&self, after: i64, limit: i64) -> Result<Vec<Envelope>, DbError> {
        Ok(fetch(self.db.system(), after, limit).await?)
    }

    /// Waits until there may be an event after a position.
    pub async fn changed_after(&mut self, position: i64) {
        // An error means that the relay has ended: the caller polls.
        if self.positions.wait_for(|head| *head > position).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The event at a position of a database's outbox.
pub async fn event_at(db: &Db, position: i64) -> Result<Option<Envelope>, DbError> {
    let found = fetch(db.system(), position - 1, 1).await?.pop();
    Ok(found.filter(|event| event.position == position))
}

/// At most `limit` events of an outbox after a position, in order.
pub(crate) async fn fetch(store: impl PgExecutor<'_>, after: i64, limit: i64) -> Result<Vec<Envelope>, sqlx::Error> {
    let rows = sqlx::query_as!(
        EventRow,
        "select p.position, o.event_id, o.tenant_id, o.kind, o.ordering_key, o.causation_id, o.actor, o.on_behalf_of, o.method,
           o.request_id, o.traceparent, o.tracestate, o.recorded_at, p.positioned_at, o.payload
         from outbox_position p
         join outbox o on o.id = p.outbox_id
         where p.position > $1
         order by p.position
         limit $2",
        after,
        limit,
    )
    .fetch_all(store)
    .await?;
    Ok(rows.into_iter().map(Envelope::from).collect())
}
