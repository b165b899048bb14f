//! Events from outbox to consumer on a real PostgreSQL: in order, each once, none lost, whatever happens in between.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use quittance_db::{Db, Tx};
use quittance_events::{
    Handler, HandlerError, InProcessSource, Message, OutboxEvent, Relay, consume, list_held, push, requeue, run_relay,
    stream_status,
};
use quittance_kernel::{Clock, EventId, TenantId};
use quittance_runtime::ShutdownTrigger;
use quittance_testkit::{TestDb, now, wait_until};
use sqlx::{Executor as _, PgConnection};

/// The event of these tests.
#[derive(Clone, PartialEq, prost::Message)]
struct Probe {
    /// Empty: of a kind that a consumer does not know.
    #[prost(string, tag = "1")]
    text: String,
}

/// Writes what it is told, and cannot bear the word it is told not to.
#[derive(Debug, Clone, Default)]
struct Writer {
    knows_everything: Arc<AtomicBool>,
    bears_poison: Arc<AtomicBool>,
}

impl Handler for Writer {
    type Event = Probe;

    fn knows(&self, event: &Probe) -> bool {
        !event.text.is_empty() || self.knows_everything.load(Ordering::SeqCst)
    }

    async fn apply(&self, tx: &mut Tx, run: Vec<Message<Probe>>) -> Result<(), HandlerError> {
        for message in run {
            if message.event.text == "poison" && !self.bears_poison.load(Ordering::SeqCst) {
                return Err(HandlerError::Rejected("poison".to_owned()));
            }
            let insert = sqlx::query("insert into applied (text) values ($1)").bind(message.event.text);
            insert.execute(&mut **tx).await.map_err(quittance_db::DbError::from)?;
        }
        Ok(())
    }
}

struct Bench {
    db: TestDb,
    relay: Relay,
    clock: Clock,
    trigger: ShutdownTrigger,
    shutdown: quittance_runtime::Shutdown,
    tenant: TenantId,
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.trigger.trigger();
    }
}

impl Bench {
    async fn start() -> Self {
        let migrator = quittance_db::merge(&[&quittance_db::MIGRATOR, &quittance_events::MIGRATOR]);
        let db = TestDb::new("events", &migrator).await;
        let table = "create table applied (place bigint generated always as identity, text text not null); grant insert, select on applied to quittance_app";
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

    fn db(&self) -> Db {
        self.db.db.clone()
    }

    fn source(&self) -> InProcessSource {
        InProcessSource::new("probes", self.db(), &self.relay)
    }

    fn consume(&self, handler: Writer) {
        tokio::spawn(consume(self.db(), self.source(), handler, self.clock.clone(), self.shutdown.clone()));
    }

    async fn publish(&self, texts: &[&str]) {
        let mut tx = self.db().begin(self.tenant).await.unwrap();
        push(&mut tx, texts.iter().map(|text| event(text)).collect()).await.unwrap();
        tx.commit().await.unwrap();
        self.relay.wake();
    }

    async fn applied(&self) -> Vec<String> {
        let mut conn: PgConnection = self.db.connect_as("quittance_app").await;
        sqlx::query_scalar("select text from applied order by place").fetch_all(&mut conn).await.unwrap()
    }

    async fn wait_for(&self, texts: &[&str]) {
        wait_until(&format!("{texts:?}"), || async { self.applied().await == texts }).await;
    }

    async fn held(&self) -> (i64, i64) {
        let status = stream_status(&self.db()).await.unwrap();
        status.subscriptions.first().map_or((0, 0), |s| (s.parked, s.dead_letters))
    }
}

fn event(text: &str) -> OutboxEvent {
    let payload = prost::Message::encode_to_vec(&Probe { text: text.to_owned() });
    let tenant_free_key = EventId::at(now()).uuid();
    OutboxEvent {
        event_id: EventId::at(now()),
        kind: "probe",
        ordering_key: tenant_free_key,
        recorded_at: now(),
        payload,
    }
}

#[tokio::test]
async fn events_are_applied_once_and_in_order() {
    let bench = Bench::start().await;
    bench.consume(Writer::default());
    bench.publish(&["a", "b"]).await;
    bench.publish(&["c"]).await;
    bench.wait_for(&["a", "b", "c"]).await;
}

#[tokio::test]
async fn a_smaller_id_that_commits_later_is_not_skipped() {
    let bench = Bench::start().await;
    bench.consume(Writer::default());
    let mut slow = bench.db().begin(bench.tenant).await.unwrap();
    push(&mut slow, vec![event("slow")]).await.unwrap();
    bench.publish(&["quick"]).await;
    bench.wait_for(&["quick"]).await;
    slow.commit().await.unwrap();
    bench.wait_for(&["quick", "slow"]).await;
}

#[tokio::test]
async fn what_was_rolled_back_is_told_to_nobody() {
    let bench = Bench::start().await;
    bench.consume(Writer::default());
    let mut tx = bench.db().begin(bench.tenant).await.unwrap();
    push(&mut tx, vec![event("never")]).await.unwrap();
    tx.rollback().await.unwrap();
    bench.publish(&["a"]).await;
    bench.wait_for(&["a"]).await;
}

#[tokio::test]
async fn poison_goes_to_the_dead_letters_and_comes_back_when_it_is_put_back() {
    let bench = Bench::start().await;
    let writer = Writer::default();
    bench.consume(writer.clone());
    bench.publish(&["a", "poison", "b"]).await;
    bench.wait_for(&["a", "b"]).await;
    assert_eq!(bench.held().await, (0, 1));
    let dead = list_held(&bench.db(), "probes").await.unwrap().remove(0);
    assert_eq!(dead.error.as_deref(), Some("poison"));
    assert!(requeue(&bench.db(), &writer, &dead.envelope).await.is_err());
    assert_eq!(bench.held().await, (0, 1), "what still fails stays");
    writer.bears_poison.store(true, Ordering::SeqCst);
    assert!(requeue(&bench.db(), &writer, &dead.envelope).await.unwrap());
    assert!(!requeue(&bench.db(), &writer, &dead.envelope).await.unwrap());
    bench.wait_for(&["a", "b", "poison"]).await;
    assert_eq!(bench.held().await, (0, 0));
}

#[tokio::test]
async fn an_unknown_kind_waits_for_the_upgrade() {
    let bench = Bench::start().await;
    let writer = Writer::default();
    bench.consume(writer.clone());
    bench.publish(&["a", "", "b"]).await;
    bench.wait_for(&["a", "b"]).await;
    assert_eq!(bench.held().await, (1, 0));
    // The next version knows it; it looks at what is parked when it starts.
    writer.knows_everything.store(true, Ordering::SeqCst);
    bench.consume(writer);
    bench.wait_for(&["a", "b", ""]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_readers_at_once_apply_each_event_once() {
    let bench = Bench::start().await;
    for _ in 0..4 {
        bench.consume(Writer::default());
    }
    let texts: Vec<String> = (0..2_000).map(|i| i.to_string()).collect();
    for chunk in texts.chunks(100) {
        bench.publish(&chunk.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
    wait_until("all 2,000 are applied", || async { bench.applied().await.len() >= 2_000 }).await;
    assert_eq!(bench.applied().await, texts);
}

#[tokio::test]
async fn a_new_reader_starts_from_the_beginning() {
    let bench = Bench::start().await;
    bench.publish(&["a", "b"]).await;
    bench.consume(Writer::default());
    bench.wait_for(&["a", "b"]).await;
}
