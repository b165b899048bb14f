//! Events as JSON through a broker: whatever form a message has, the same event is applied.

use std::collections::BTreeMap;

use prost::Message as _;
use quittance_db::Tx;
use quittance_events::{
    Envelope, Event, Handler, HandlerError, History, Message, Origin, OutboxEvent, consume,
    kafka::{EventFormat, KafkaConfig, KafkaSource, TopicSpec, create_topics, run_publisher},
    list_unreadable, stream_status,
};
use quittance_kernel::EventId;
use quittance_proto::{
    common::v1::Money,
    invoicing::v1::{InvoiceDrafted, InvoicingEvent, invoicing_event::Payload},
    published,
};
use quittance_runtime::ShutdownTrigger;
use quittance_testkit::{TestKafka, now, wait_until};
use rdkafka::{
    ClientConfig,
    message::{Header, OwnedHeaders},
    producer::{FutureProducer, FutureRecord},
};

use crate::support::Bench;

const KIND: &str = "quittance.invoicing.v1.InvoiceDrafted";

/// Writes the invoices that were drafted.
struct Drafts;

impl Handler for Drafts {
    type Event = InvoicingEvent;

    fn knows(&self, event: &InvoicingEvent) -> bool {
        event.payload.is_some()
    }

    async fn apply(&self, tx: &mut Tx, run: Vec<Message<InvoicingEvent>>) -> Result<(), HandlerError> {
        for message in run {
            let Some(Payload::InvoiceDrafted(drafted)) = message.event.payload else { continue };
            let text = format!("{} {}", drafted.invoice_id, drafted.total.unwrap_or_default().amount);
            let insert = sqlx::query("insert into applied (text) values ($1)").bind(text);
            insert.execute(&mut **tx).await.map_err(quittance_db::DbError::from)?;
        }
        Ok(())
    }
}

fn drafted(number: u32) -> OutboxEvent {
    let total = Some(Money { currency_code: "EUR".to_owned(), amount: format!("{number}.50") });
    let customer_id = "ü \u{1f600}".to_owned();
    let drafted = InvoiceDrafted { invoice_id: number.to_string(), customer_id, total, invoice: None };
    let payload = InvoicingEvent { payload: Some(Payload::InvoiceDrafted(drafted)) }.encode_to_vec();
    OutboxEvent::new(
        Event::new(KIND, EventId::at(now()).uuid(), payload),
        now(),
        Origin::job("invoicing", "CreateInvoice"),
        None,
    )
}

async fn topics() -> KafkaConfig {
    let prefix = format!("json-{}", EventId::at(now()).uuid().simple());
    let brokers = TestKafka::shared().brokers().to_owned();
    let config = KafkaConfig { brokers, prefix, ..KafkaConfig::default() };
    let spec = |name| TopicSpec { name, partitions: 1, replication: 1, settings: BTreeMap::new() };
    let specs = [spec(config.topic("invoicing")), spec(config.dead_letter_topic("tester"))];
    create_topics(&config, &specs).await.unwrap();
    config
}

/// Publishes events in a form, as a process does that is started with this setting.
async fn publish(bench: &Bench, config: &KafkaConfig, format: EventFormat, numbers: std::ops::Range<u32>) {
    let formats = [("invoicing".to_owned(), format)].into();
    let config = KafkaConfig { formats, ..config.clone() };
    let (trigger, shutdown) = ShutdownTrigger::new();
    let publisher = run_publisher(bench.db(), bench.relay.clone(), "invoicing", config, bench.clock.clone(), shutdown);
    let publisher = tokio::spawn(publisher);
    let last = i64::from(numbers.end);
    bench.publish_all(numbers.map(drafted).collect()).await;
    wait_until("all are published", || async {
        let status = stream_status(&bench.db()).await.unwrap();
        status.head_position == last && published_position(bench).await == last
    })
    .await;
    trigger.trigger();
    publisher.await.unwrap();
}

async fn published_position(bench: &Bench) -> i64 {
    let mut conn = bench.db.connect_as("quittance_owner").await;
    sqlx::query_scalar("select position from outbox_published").fetch_one(&mut conn).await.unwrap()
}

/// A topic's past, each event with the bytes of the event itself.
async fn past(history: History) -> Vec<Envelope> {
    let mut reader = history.read("invoicing").await.unwrap();
    let mut past = Vec::new();
    loop {
        let batch = reader.next().await.unwrap();
        if batch.is_empty() {
            break;
        }
        past.extend(
            batch.into_iter().map(|event| Envelope { payload: published(&event.payload).unwrap().to_vec(), ..event }),
        );
    }
    past.sort_by_key(|event| event.position);
    past
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_switch_is_thrown_while_messages_of_the_other_form_are_in_the_topic() {
    let (bench, config) = (Bench::start().await, topics().await);
    publish(&bench, &config, EventFormat::Protobuf, 0..20).await;
    publish(&bench, &config, EventFormat::Json, 20..40).await;
    publish(&bench, &config, EventFormat::Protobuf, 40..50).await;
    let (form, form_of_json) = (content_types(&config), ["application/protobuf", "application/json"]);
    assert_eq!(form.await, [vec![form_of_json[0]; 20], vec![form_of_json[1]; 20], vec![form_of_json[0]; 10]].concat());

    let source = KafkaSource::new(&config, "tester", "invoicing").unwrap();
    tokio::spawn(consume(bench.db(), source.into(), Drafts, bench.clock.clone(), bench.shutdown.clone()));
    let expected: Vec<String> = (0..50).map(|number| format!("{number} {number}.50")).collect();
    wait_until("all are applied", || async { bench.applied().await == expected }).await;
    assert_eq!(bench.held().await, (0, 0));
    assert!(past(History::Outbox(bench.db())).await == past(History::Kafka(config)).await, "byte for byte");
}

async fn content_types(config: &KafkaConfig) -> Vec<String> {
    use rdkafka::{
        Message as _,
        consumer::{BaseConsumer, Consumer as _},
        message::Headers as _,
    };
    let config = config.clone();
    let read = move || {
        let mut settings = ClientConfig::new();
        settings.set("bootstrap.servers", &config.brokers).set("group.id", format!("{}-raw", config.prefix));
        let consumer: BaseConsumer = settings.set("auto.offset.reset", "earliest").create().unwrap();
        consumer.subscribe(&[&config.topic("invoicing")]).unwrap();
        let mut found = Vec::new();
        for _ in 0..200 {
            if found.len() == 50 {
                break;
            }
            let Some(message) = consumer.poll(std::time::Duration::from_millis(300)) else { continue };
            let message = message.unwrap();
            let header = message.headers().unwrap().iter().find(|header| header.key == "content-type").unwrap();
            found.push(String::from_utf8(header.value.unwrap().to_vec()).unwrap());
        }
        found
    };
    tokio::task::spawn_blocking(read).await.unwrap()
}

/// JSON of a type that this version does not know waits for the upgrade; JSON that is not what its type says is no event.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_that_is_not_known_is_parked_and_json_that_is_wrong_is_no_event() {
    let (bench, config) = (Bench::start().await, topics().await);
    let producer: FutureProducer = ClientConfig::new().set("bootstrap.servers", &config.brokers).create().unwrap();
    let later = "quittance.invoicing.v1.Later";
    let cases = [(KIND, "{\"invoiceId\": 1}"), (later, "{\"a\": [1]}"), (later, "{"), (KIND, "{\"invoiceId\": \"9\"}")];
    for (position, (kind, json)) in (1_i64..).zip(cases) {
        let id = EventId::at(now());
        let headers = [
            ("ce_id", id.to_string()),
            ("ce_type", kind.to_owned()),
            ("ce_time", "2026-03-02T09:00:00Z".to_owned()),
            ("ce_tenant", bench.tenant.to_string()),
            ("ce_position", position.to_string()),
            ("ce_partitionkey", format!("{}/{id}", bench.tenant)),
            ("content-type", "application/json".to_owned()),
        ];
        let headers = headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(Header { key, value: Some(value.as_str()) })
        });
        let topic = config.topic("invoicing");
        let record = FutureRecord::<str, str>::to(&topic).payload(json).headers(headers);
        producer.send(record, std::time::Duration::from_secs(30)).await.unwrap();
    }
    let source = KafkaSource::new(&config, "tester", "invoicing").unwrap();
    tokio::spawn(consume(bench.db(), source.into(), Drafts, bench.clock.clone(), bench.shutdown.clone()));
    bench.wait_for(&["9 "]).await;
    assert_eq!(bench.held().await, (1, 2), "one is parked");
    let unreadable = list_unreadable(&bench.db()).await.unwrap();
    assert_eq!(unreadable.len(), 2, "{unreadable:?}");
    assert!(
        unreadable.iter().all(|message| message.error.contains("no JSON of quittance.invoicing.v1.")),
        "{unreadable:?}"
    );
}
