//! From outbox to consumer through a broker.

use std::{collections::BTreeMap, sync::atomic::Ordering, time::Duration};

use quittance_db::DbError;
use quittance_events::{
    History, Source,
    kafka::{KafkaConfig, KafkaSource, TopicSpec, check_topics, create_topics, run_publisher},
    list_held, list_unreadable, push, requeue, stream_status,
};
use quittance_kernel::EventId;
use quittance_testkit::{Authority, KAFKA_PASSWORD, KAFKA_USER, TestKafka, drained, now, wait_until};
use rdkafka::{
    ClientConfig, Message as _,
    consumer::{BaseConsumer, Consumer as _},
    message::{Header, OwnedHeaders},
    producer::{FutureProducer, FutureRecord},
};
use uuid::Uuid;

use crate::support::{Bench, KIND, Probed, Writer, event, keyed};

/// Topics of a test's own.
async fn topics(brokers: &str) -> KafkaConfig {
    topics_with(brokers, BTreeMap::new()).await
}

async fn topics_with(brokers: &str, properties: BTreeMap<String, String>) -> KafkaConfig {
    let prefix = format!("test-{}", EventId::at(now()).uuid().simple());
    let config = KafkaConfig { brokers: brokers.to_owned(), prefix, properties, ..KafkaConfig::default() };
    create_topics(&config, &specs(&config)).await.unwrap();
    config
}

fn specs(config: &KafkaConfig) -> Vec<TopicSpec> {
    let spec = |name: String, partitions| TopicSpec {
        name,
        partitions,
        replication: 1,
        settings: BTreeMap::from([("retention.ms".to_owned(), "-1".to_owned())]),
    };
    vec![spec(config.topic("probes"), 3), spec(config.dead_letter_topic("tester"), 1)]
}

pub(crate) fn source(config: &KafkaConfig) -> Source {
    KafkaSource::new(config, "tester", "probes").unwrap().into()
}

/// A bench whose events are published to topics of its own.
pub(crate) async fn bench() -> (Bench, KafkaConfig) {
    let config = topics(TestKafka::shared().brokers()).await;
    let bench = Bench::start().await;
    publish_to(&bench, &config);
    (bench, config)
}

fn publish_to(bench: &Bench, config: &KafkaConfig) {
    let shutdown = bench.shutdown.clone();
    let clock = bench.clock.clone();
    tokio::spawn(run_publisher(bench.db(), bench.relay.clone(), "probes", config.clone(), clock, shutdown));
}

async fn wait_for_count(bench: &Bench, count: usize) {
    wait_until(&format!("{count} events are applied"), || async { bench.applied().await.len() >= count }).await;
}

/// Of each key what was applied, in its order.
async fn by_key(bench: &Bench) -> BTreeMap<String, Vec<u32>> {
    let mut keys: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for text in bench.applied().await {
        let (key, number) = text.split_once(' ').unwrap();
        keys.entry(key.to_owned()).or_default().push(number.parse().unwrap());
    }
    keys
}

/// Publishes events with the numbers given for each of ten keys, in several transactions.
async fn publish_numbers(bench: &Bench, numbers: std::ops::Range<u32>) {
    for number in numbers {
        let event = |key: u32| keyed(Uuid::from_u128(u128::from(key) + 1), &format!("{key} {number}"));
        bench.publish_all((0..10).map(event).collect()).await;
    }
}

fn assert_complete(keys: &BTreeMap<String, Vec<u32>>, numbers: u32) {
    assert_eq!(keys.len(), 10);
    let all: Vec<u32> = (0..numbers).collect();
    for (key, applied) in keys {
        assert_eq!(*applied, all, "key {key}: in order, each once");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_event_is_applied_once_and_in_the_order_of_its_key() {
    let (bench, config) = bench().await;
    bench.consume_from(source(&config), Writer::default());
    publish_numbers(&bench, 0..50).await;
    wait_for_count(&bench, 500).await;
    assert_complete(&by_key(&bench).await, 50);
    let status = stream_status(&bench.db()).await.unwrap();
    assert_eq!(status.subscriptions.first().map(|s| s.position), Some(500), "no position is left out");
}

/// A broker that speaks TLS only, and only to whom knows the password.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secured_broker_is_spoken_to_by_who_trusts_it_and_knows_the_password() {
    let (authority, other) = (Authority::new(), Authority::new());
    let kafka = TestKafka::start_secured(&authority);
    let properties = |ca: &Authority, password: &str| {
        let ca = ca.ca().display().to_string();
        // The broker listens at no IPv6 address, which `localhost` may stand for too.
        let settings = [
            ("security.protocol", "sasl_ssl"),
            ("ssl.ca.location", &ca),
            ("sasl.mechanism", "SCRAM-SHA-512"),
            ("sasl.username", KAFKA_USER),
            ("sasl.password", password),
            ("broker.address.family", "v4"),
        ];
        settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let config = topics_with(kafka.brokers(), properties(&authority, KAFKA_PASSWORD)).await;
    let bench = Bench::start().await;
    publish_to(&bench, &config);
    bench.consume_from(source(&config), Writer::default());
    publish_numbers(&bench, 0..5).await;
    wait_for_count(&bench, 50).await;
    assert_complete(&by_key(&bench).await, 5);

    for refused in [properties(&other, KAFKA_PASSWORD), properties(&authority, "another"), BTreeMap::new()] {
        let config = KafkaConfig { properties: refused, ..config.clone() };
        let error = quittance_events::kafka::ping(&config).await.unwrap_err();
        assert!(error.to_string().contains("no broker responds"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_come_and_go_and_nothing_is_lost_or_doubled() {
    let (bench, config) = bench().await;
    let first = bench.consume_from(source(&config), Writer::default());
    publish_numbers(&bench, 0..20).await;
    wait_for_count(&bench, 50).await;
    let second = bench.consume_from(source(&config), Writer::default());
    publish_numbers(&bench, 20..40).await;
    // As a process that is killed: whatever it was doing is not finished and not told to the broker.
    first.abort();
    publish_numbers(&bench, 40..60).await;
    wait_for_count(&bench, 600).await;
    assert_complete(&by_key(&bench).await, 60);
    second.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_twice_has_one_effect() {
    let (bench, config) = bench().await;
    bench.consume_from(source(&config), Writer::default());
    publish_numbers(&bench, 0..10).await;
    wait_for_count(&bench, 100).await;
    // The publisher died before it noted how far it was: all of it is published again.
    let mut system = bench.db.connect_as("quittance_owner").await;
    sqlx::query("update outbox_published set position = 0").execute(&mut system).await.unwrap();
    let (again, shutdown) = (bench.db(), bench.shutdown.clone());
    sqlx::query("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid() and database = (select oid from pg_database where datname = current_database())")
        .execute(&mut system)
        .await
        .unwrap();
    let clock = bench.clock.clone();
    tokio::spawn(run_publisher(again, bench.relay.clone(), "probes", config.clone(), clock, shutdown));
    publish_numbers(&bench, 10..11).await;
    wait_for_count(&bench, 110).await;
    assert_complete(&by_key(&bench).await, 11);
    assert!(end_of(&config) > 150, "the events did come twice");
}

/// The topic of these tests takes what brokers take by default: less than an event may have.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_the_broker_never_takes_is_held_and_the_others_go_on() {
    let (bench, config) = bench().await;
    bench.consume_from(source(&config), Writer::default());
    // What cannot be compressed, larger than the topic takes.
    let mut rng = fastrand::Rng::with_seed(1);
    let large: String = std::iter::repeat_with(|| rng.alphanumeric()).take(2_000_000).collect();
    bench.publish(&["before"]).await;
    bench.publish(&[&large]).await;
    bench.publish(&["after"]).await;
    wait_for_count(&bench, 2).await;
    let status = quittance_events::outbox_status(&bench.db(), true).await.unwrap();
    assert_eq!((status.waiting, status.unpublished), (0, 1));
}

#[tokio::test]
async fn an_event_larger_than_any_topic_takes_is_refused_before_it_is_committed() {
    let bench = Bench::start().await;
    let mut tx = bench.db().begin(bench.tenant).await.unwrap();
    let large = "x".repeat(quittance_events::MAX_EVENT_BYTES);
    let error = push(&mut tx, vec![event(&large)]).await.unwrap_err();
    assert!(matches!(error, DbError::EventTooLarge { .. }), "{error}");
}

/// Messages in the topic of the test.
fn end_of(config: &KafkaConfig) -> i64 {
    let consumer: BaseConsumer = ClientConfig::new().set("bootstrap.servers", &config.brokers).create().unwrap();
    let topic = config.topic("probes");
    (0..3).map(|partition| consumer.fetch_watermarks(&topic, partition, Duration::from_secs(10)).unwrap().1).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_and_poison_go_to_the_dead_letters_and_the_partition_moves_on() {
    let (bench, config) = bench().await;
    let writer = Writer::default();
    let producer: FutureProducer = ClientConfig::new().set("bootstrap.servers", &config.brokers).create().unwrap();
    let topic = config.topic("probes");
    let headers = OwnedHeaders::new().insert(Header { key: "ce_id", value: Some([0xff_u8].as_slice()) });
    for partition in 0..3 {
        let record = FutureRecord::<[u8], [u8]>::to(&topic)
            .partition(partition)
            .payload(b"garbage".as_slice())
            .headers(headers.clone());
        producer.send(record, Duration::from_secs(10)).await.unwrap();
        let tombstone = FutureRecord::<[u8], [u8]>::to(&topic).partition(partition).key(b"x".as_slice());
        producer.send(tombstone, Duration::from_secs(10)).await.unwrap();
    }
    bench.consume_from(source(&config), writer.clone());
    bench.publish(&["a", "poison", "b", "c"]).await;
    wait_for_count(&bench, 3).await;
    wait_until("the dead letters are kept", || async { bench.held().await == (0, 7) }).await;
    assert_eq!(list_unreadable(&bench.db()).await.unwrap().len(), 6);

    let dead = list_held(&bench.db(), "probes", "dead", 0).await.unwrap().remove(0);
    writer.bears_poison.store(true, Ordering::SeqCst);
    assert!(requeue(&bench.db(), &writer, &dead.envelope).await.unwrap());
    wait_for_count(&bench, 4).await;

    let buried = read_all(&config, &config.dead_letter_topic("tester"), 7);
    assert!(buried.iter().any(|error| error == "poison"), "{buried:?}");
    assert!(buried.iter().filter(|error| error.contains("ce_id")).count() >= 6, "{buried:?}");
}

/// What a store cannot hold is a dead letter and stops no reader; a dead event says where on the broker it stands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poison_in_headers_stops_no_reader() {
    let (bench, config) = bench().await;
    let producer: FutureProducer = ClientConfig::new().set("bootstrap.servers", &config.brokers).create().unwrap();
    let topic = config.topic("probes");
    let id = || EventId::at(now()).to_string();
    let (tenant, subject) = (bench.tenant.to_string(), Uuid::from_u128(1).to_string());
    let poisons = [
        ("9223372036854775807", "quittance.probes.v1.Probe", b"".as_slice()),
        ("7", "a\0b", b"\xff\xff bad".as_slice()),
        ("8", "quittance.probes.v1.Probe", b"\xff\xff bad".as_slice()),
    ];
    for (position, kind, payload) in poisons {
        let id = id();
        let headers = [
            ("ce_id", id.as_str()),
            ("ce_tenant", &tenant),
            ("ce_type", kind),
            ("ce_subject", &subject),
            ("ce_time", "2026-03-02T09:00:00Z"),
            ("ce_position", position),
        ];
        let headers = headers
            .into_iter()
            .fold(OwnedHeaders::new(), |all, (key, value)| all.insert(Header { key, value: Some(value) }));
        let record = FutureRecord::<[u8], [u8]>::to(&topic).partition(0).key(b"\0").payload(payload).headers(headers);
        producer.send(record, Duration::from_secs(10)).await.unwrap();
    }
    bench.consume_from(source(&config), Writer::default());
    publish_numbers(&bench, 0..3).await;
    wait_for_count(&bench, 30).await;
    wait_until("the dead letters are kept", || async { bench.held().await == (0, 3) }).await;
    assert_eq!(list_unreadable(&bench.db()).await.unwrap().len(), 2);
    let dead = list_held(&bench.db(), "probes", "dead", 0).await.unwrap().remove(0);
    assert_eq!(dead.envelope.place.map(|place| place.to_string()), Some(format!("{topic}/0/2")));
}

/// The type says what the value is: a consumer decodes it without knowing us.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_value_is_the_event_itself() {
    use rdkafka::message::Headers as _;
    let (bench, config) = bench().await;
    bench.publish(&["hello"]).await;
    let topic = config.topic("probes");
    let read = tokio::task::spawn_blocking(move || {
        let mut settings = ClientConfig::new();
        settings.set("bootstrap.servers", &config.brokers).set("group.id", &config.prefix);
        let consumer: BaseConsumer = settings.set("auto.offset.reset", "earliest").create().unwrap();
        consumer.subscribe(&[&topic]).unwrap();
        let message = (0..100).find_map(|_| consumer.poll(Duration::from_millis(300))).unwrap().unwrap();
        message.detach()
    });
    let message = read.await.unwrap();
    let value: Probed = prost::Message::decode(message.payload().unwrap()).unwrap();
    assert_eq!(value.text, "hello");
    let headers = message.headers().unwrap();
    let header = |name: &str| {
        let found = headers.iter().find(|header| header.key == name).and_then(|header| header.value);
        std::str::from_utf8(found.unwrap_or_default()).unwrap().to_owned()
    };
    assert_eq!(header("ce_type"), KIND);
    assert_eq!(header("ce_source"), "/quittance/probes");
    assert_eq!(header("ce_dataschema"), format!("urn:quittance:schema:{KIND}"));
    assert_eq!(header("ce_partitionkey").as_bytes(), message.key().unwrap());
    assert!(header("ce_partitionkey").starts_with(&bench.tenant.to_string()));
    assert_eq!(header("ce_positiontime"), "2026-03-02T09:00:00.000000Z");
}

/// The errors in a topic of dead letters.
fn read_all(config: &KafkaConfig, topic: &str, count: usize) -> Vec<String> {
    use rdkafka::message::Headers as _;
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &config.brokers)
        .set("group.id", &config.prefix)
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap();
    consumer.subscribe(&[topic]).unwrap();
    let mut errors = Vec::new();
    for _ in 0..100 {
        if errors.len() == count {
            break;
        }
        let Some(Ok(message)) = consumer.poll(Duration::from_millis(200)) else { continue };
        let headers = message.headers().unwrap();
        let error = headers.iter().find(|header| header.key == "quittance_error").unwrap();
        errors.push(String::from_utf8(error.value.unwrap().to_vec()).unwrap());
    }
    errors
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_away_is_waited_for() {
    let mut kafka = TestKafka::start();
    let config = topics(kafka.brokers()).await;
    let bench = Bench::start().await;
    publish_to(&bench, &config);
    bench.consume_from(source(&config), Writer::default());
    publish_numbers(&bench, 0..5).await;
    wait_for_count(&bench, 50).await;
    kafka.kill();
    publish_numbers(&bench, 5..10).await;
    // The relay is ahead of a publisher that has no broker.
    drained(&bench.db()).await;
    kafka.restart();
    wait_for_count(&bench, 100).await;
    assert_complete(&by_key(&bench).await, 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_past_is_the_same_in_outbox_and_topic() {
    let (bench, config) = bench().await;
    bench.consume_from(source(&config), Writer::default());
    bench.publish_all((0..1_500).map(|n| event(&n.to_string())).collect()).await;
    wait_for_count(&bench, 1_500).await;
    let mut pasts = Vec::new();
    for history in [History::Outbox(bench.db()), History::Kafka(config)] {
        let mut reader = history.read("probes").await.unwrap();
        let mut past = Vec::new();
        loop {
            let batch = reader.next().await.unwrap();
            if batch.is_empty() {
                break;
            }
            // Each has the event in a form of its own.
            past.extend(batch.into_iter().map(|event| {
                let payload = quittance_proto::published(&event.payload).unwrap().to_vec();
                quittance_events::Envelope { payload, ..event }
            }));
        }
        past.sort_by_key(|event| event.position);
        pasts.push(past);
    }
    assert_eq!(pasts[0].len(), 1_500);
    assert!(pasts[0] == pasts[1], "the same events, byte for byte");
}

#[tokio::test]
async fn topics_are_checked_against_what_they_shall_be() {
    let config = topics(TestKafka::shared().brokers()).await;
    let mut wanted = specs(&config);
    assert_eq!(check_topics(&config, &wanted).await.unwrap(), []);
    assert_eq!(create_topics(&config, &wanted).await.unwrap(), Vec::<String>::new(), "made once");
    wanted[0].partitions = 6;
    wanted[1].settings.insert("retention.ms".to_owned(), "1000".to_owned());
    wanted.push(specs(&KafkaConfig { prefix: "test-missing".to_owned(), ..config.clone() }).remove(0));
    let problems = check_topics(&config, &wanted).await.unwrap();
    assert_eq!(problems.len(), 3, "{problems:?}");
}
