//! A service's database with a relay, and a handler that writes what it is told.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use chrono::{DateTime, Utc};
use quittance_db::{Db, Tx};
use quittance_events::{
    Event, Handler, HandlerError, InProcessSource, Message, Origin, OutboxEvent, Relay, Source, consume, push,
    run_relay, stream_status,
};
use quittance_kernel::{Clock, EventId, TenantId};
use quittance_proto::AreaEvent;
use quittance_runtime::{Shutdown, ShutdownTrigger};
use quittance_testkit::{TestDb, now, wait_until};
use sqlx::{Executor as _, PgConnection};
use uuid::Uuid;

/// The event of these tests.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Probed {
    /// Empty: of a kind that a consumer does not know.
    #[prost(string, tag = "1")]
    pub(crate) text: String,
}

/// What it is stored in.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Probe {
    #[prost(message, optional, tag = "1")]
    probed: Option<Probed>,
}

impl Probe {
    pub(crate) fn text(&self) -> &str {
        self.probed.as_ref().map_or("", |probed| &probed.text)
    }
}

impl AreaEvent for Probe {
    const NAME: &'static str = "quittance.probes.v1.ProbesEvent";

    fn field_of(kind: &str) -> Option<u32> {
        (kind == KIND).then_some(1)
    }
}

pub(crate) const KIND: &str = "quittance.probes.v1.Probed";

/// Writes what it is told, and cannot bear the word it is told not to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Writer {
    pub(crate) knows_everything: Arc<AtomicBool>,
    pub(crate) bears_poison: Arc<AtomicBool>,
}

impl Handler for Writer {
    type Event = Probe;

    fn knows(&self, event: &Probe) -> bool {
        !event.text().is_empty() || self.knows_everything.load(Ordering::SeqCst)
    }

    async fn apply(&self, tx: &mut Tx, run: Vec<Message<Probe>>) -> Result<(), HandlerError> {
        for message in run {
            if message.event.text() == "poison" && !self.bears_poison.load(Ordering::SeqCst) {
                return Err(HandlerError::Rejected("poison".to_owned()));
            }
            // What a handler says of an event may hold what the event holds.
            if message.event.text().starts_with("bitter") {
                return Err(HandlerError::Rejected(message.event.text().to_owned()));
            }
            assert_ne!(message.event.text(), "panic", "a handler with a defect");
            let insert = sqlx::query("insert into applied (text, known_at) values ($1, $2)")
                .bind(message.event.text().to_owned())
                .bind(message.known_at);
            insert.execute(&mut **tx).await.map_err(quittance_db::DbError::from)?;
        }
        Ok(())
    }
}

/// What a test works with.
pub(crate) struct Bench {
    pub(crate) db: TestDb,
    pub(crate) relay: Relay,
    pub(crate) clock: Clock,
    trigger: ShutdownTrigger,
    pub(crate) shutdown: Shutdown,
    pub(crate) tenant: TenantId,
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.trigger.trigger();
    }
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let migrator = quittance_db::merge(&[&quittance_db::MIGRATOR, &quittance_events::MIGRATOR]);
        let db = TestDb::new("events", &migrator).await;
        let table = "create table applied (place bigint generated always as identity, text text not null, known_at timestamptz); grant insert, select on applied to quittance_app";
        db.connect_as("quittance_owner").await.execute(table).await.unwrap();
        let (trigger, shutdown) = ShutdownTrigger::new();
        let bench = Self {
            db,
            relay: Relay::default(),
            clock: Clock::fixed(now()),
            trigger,
            shutdown,
            tenant: TenantId::at(now()),
        };
        tokio::spawn(run_relay(bench.db.db.clone(), bench.relay.clone(), bench.clock.clone(), bench.shutdown.clone()));
        bench
    }

    pub(crate) fn db(&self) -> Db {
        self.db.db.clone()
    }

    pub(crate) fn source(&self) -> InProcessSource {
        InProcessSource::new("probes", self.db(), &self.relay)
    }

    pub(crate) fn consume(&self, handler: Writer) {
        self.consume_from(self.source().into(), handler);
    }

    pub(crate) fn consume_from(&self, source: Source, handler: Writer) -> tokio::task::JoinHandle<()> {
        tokio::spawn(consume(self.db(), source, handler, self.clock.clone(), self.shutdown.clone()))
    }

    /// Publishes events, each with a key of its own.
    pub(crate) async fn publish(&self, texts: &[&str]) {
        self.publish_all(texts.iter().map(|text| event(text)).collect()).await;
    }

    pub(crate) async fn publish_all(&self, events: Vec<OutboxEvent>) {
        self.publish_as(self.tenant, events).await;
    }

    pub(crate) async fn publish_as(&self, tenant: TenantId, events: Vec<OutboxEvent>) {
        let mut tx = self.db().begin(tenant).await.unwrap();
        push(&mut tx, events).await.unwrap();
        tx.commit().await.unwrap();
        self.relay.wake();
    }

    pub(crate) async fn applied(&self) -> Vec<String> {
        let mut conn: PgConnection = self.db.connect_as("quittance_app").await;
        sqlx::query_scalar("select text from applied order by place").fetch_all(&mut conn).await.unwrap()
    }

    /// When the events became known that were applied.
    pub(crate) async fn known(&self) -> Vec<DateTime<Utc>> {
        let mut conn: PgConnection = self.db.connect_as("quittance_app").await;
        sqlx::query_scalar("select known_at from applied order by place").fetch_all(&mut conn).await.unwrap()
    }

    pub(crate) async fn wait_for(&self, texts: &[&str]) {
        wait_until(&format!("{texts:?}"), || async { self.applied().await == texts }).await;
    }

    pub(crate) async fn held(&self) -> (i64, i64) {
        let status = stream_status(&self.db()).await.unwrap();
        status.subscriptions.first().map_or((0, 0), |s| (s.parked, s.dead_letters))
    }
}

/// An event with a key of its own.
pub(crate) fn event(text: &str) -> OutboxEvent {
    keyed(EventId::at(now()).uuid(), text)
}

/// An event with a key.
pub(crate) fn keyed(ordering_key: Uuid, text: &str) -> OutboxEvent {
    let payload = prost::Message::encode_to_vec(&Probe { probed: Some(Probed { text: text.to_owned() }) });
    OutboxEvent::new(Event::new(KIND, ordering_key, payload), now(), Origin::job("probes", "Probe"), None)
}
