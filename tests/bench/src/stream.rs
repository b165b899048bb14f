//! From commit to consumed read model through a broker, beside what a bare producer and consumer reach on the same broker with the same bytes.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use futures::StreamExt as _;
use quittance_db::{Db, Logins, Workload};
use quittance_events::{
    Envelope, Event, EventFilter, InProcessSource, Origin, OutboxEvent, Relay, choose,
    kafka::{EventProducer, KafkaConfig, KafkaSource, TopicSpec, create_topics, run_publisher},
    push, run_relay, stream_status,
};
use quittance_host::{Service as _, Sources};
use quittance_kernel::{Clock, CustomerId, InvoiceId, TenantId};
use quittance_private_postgres::ScratchPostgres;
use quittance_proto::{
    common::v1::Money,
    invoicing::v1::{self as pb, invoicing_event::Payload},
};
use quittance_runtime::{Shutdown, ShutdownTrigger};
use rdkafka::{
    ClientConfig,
    consumer::{Consumer as _, StreamConsumer},
};

/// Events of one measurement.
const EVENTS: usize = 30_000;
/// Events that are committed together.
const SLICE: usize = 1_000;
/// How long the load for the lag runs.
const LAG_LOAD: Duration = Duration::from_secs(5);
/// Transactions a second of that load.
const LAG_RATE: u64 = 100;
/// How often it is looked how far the read model is.
const LOOK: Duration = Duration::from_millis(1);
const AREA: &str = "invoicing";

/// What one round found.
#[derive(Debug)]
pub(crate) struct Figures {
    /// Events a second, from the first commit to the last one applied.
    pub(crate) through: f64,
    /// Events a second that the relay and the publisher hand to the broker, from a backlog.
    pub(crate) published: f64,
    /// Events a second of a bare producer and a bare consumer.
    pub(crate) bare: f64,
    /// From commit to applied, at half of `through`: the median and the 99th percentile, in milliseconds.
    pub(crate) lag_ms: (f64, f64),
}

/// One round's databases, topics and loops.
struct Stream {
    config: KafkaConfig,
    outbox: Db,
    relay: Relay,
    reporting: Db,
    clock: Clock,
    tenant: TenantId,
    customers: Vec<CustomerId>,
    trigger: ShutdownTrigger,
    shutdown: Shutdown,
}

/// Measures one round.
pub(crate) async fn measure(postgres: &ScratchPostgres, brokers: &str, round: usize) -> anyhow::Result<Figures> {
    let stream = Stream::prepare(postgres, brokers, round).await.context("preparing the stream")?;
    let started = Instant::now();
    stream.commit_events(EVENTS).await?;
    stream.publish();
    stream.wait_until_published(EVENTS).await?;
    let published = crate::rate(EVENTS, started.elapsed());

    stream.read()?;
    stream.wait_until_read(EVENTS).await?;
    let started = Instant::now();
    stream.commit_events(EVENTS).await?;
    stream.wait_until_read(2 * EVENTS).await?;
    let through = crate::rate(EVENTS, started.elapsed());

    let lag_ms = stream.lag(through / 2.0).await?;
    let bare = stream.bare().await?;
    stream.trigger.trigger();
    Ok(Figures { through, published, bare, lag_ms })
}

impl Stream {
    async fn prepare(postgres: &ScratchPostgres, brokers: &str, round: usize) -> anyhow::Result<Self> {
        let outbox =
            open(postgres, &format!("stream_{round}_invoicing"), &quittance_invoicing::App::migrator(), Workload::Keys)
                .await?;
        let reporting =
            open(postgres, &format!("stream_{round}_reporting"), &quittance_reporting::App::migrator(), Workload::Sums)
                .await?;
        let clock = Clock::system();
        let tenant = TenantId::at(clock.now());
        let prefix = format!("bench-{tenant}");
        let config = KafkaConfig { brokers: brokers.to_owned(), prefix, ..KafkaConfig::default() };
        let topic =
            |name: String, partitions| TopicSpec { name, partitions, replication: 1, settings: BTreeMap::new() };
        let topics = [
            topic(config.topic(AREA), 3),
            topic(config.topic("bare"), 3),
            topic(config.dead_letter_topic("reporting"), 1),
        ];
        create_topics(&config, &topics).await?;
        let (trigger, shutdown) = ShutdownTrigger::new();
        let relay = Relay::default();
        tokio::spawn(run_relay(outbox.clone(), relay.clone(), clock.clone(), shutdown.clone()));
        let customers = (0..200).map(|_| CustomerId::at(clock.now())).collect();
        Ok(Self { config, outbox, relay, reporting, clock, tenant, customers, trigger, shutdown })
    }

    fn publish(&self) {
        let (db, relay, shutdown) = (self.outbox.clone(), self.relay.clone(), self.shutdown.clone());
        let clock = self.clock.clone();
        tokio::spawn(run_publisher(db, relay, AREA, self.config.clone(), clock, shutdown));
    }

    fn read(&self) -> anyhow::Result<()> {
        let nothing = |area| InProcessSource::new(area, self.reporting.clone(), &Relay::default());
        let app = quittance_reporting::App::new(self.reporting.clone(), self.clock.clone());
        let source = KafkaSource::new(&self.config, quittance_reporting::AREA, AREA)?;
        let sources = Sources::none().with(source).with(nothing("payments")).with(nothing("collections"));
        app.spawn(&sources, &self.shutdown)?;
        Ok(())
    }

    /// An invoice of 5 lines is one event: what was issued.
    fn event(&self, number: usize) -> OutboxEvent {
        let now = self.clock.now();
        let customer = self.customers.get(number % self.customers.len()).copied();
        let customer = customer.unwrap_or_else(|| CustomerId::at(now));
        let total = Some(Money { currency_code: "EUR".to_owned(), amount: "1062.08".to_owned() });
        let issued = pb::InvoiceIssued {
            invoice_id: InvoiceId::at(now).to_string(),
            customer_id: customer.to_string(),
            number: format!("INV-{number:06}"),
            issued_on: "2026-03-02".to_owned(),
            due_on: "2026-04-01".to_owned(),
            total,
            ..pb::InvoiceIssued::default()
        };
        let event = pb::InvoicingEvent { payload: Some(Payload::InvoiceIssued(issued)) };
        let payload = prost::Message::encode_to_vec(&event);
        let event = Event::new("quittance.invoicing.v1.InvoiceIssued", customer.uuid(), payload);
        OutboxEvent::new(event, now, Origin::job("invoicing", "IssueInvoice"), None)
    }

    async fn commit_slice(&self, count: usize) -> anyhow::Result<()> {
        let mut tx = self.outbox.begin(self.tenant).await?;
        push(&mut tx, (0..count).map(|number| self.event(number)).collect()).await?;
        tx.commit().await?;
        self.relay.wake();
        Ok(())
    }

    async fn commit_events(&self, count: usize) -> anyhow::Result<()> {
        for _ in 0..count / SLICE {
            self.commit_slice(SLICE).await?;
        }
        Ok(())
    }

    async fn wait_until_published(&self, count: usize) -> anyhow::Result<()> {
        loop {
            let published: i64 =
                sqlx::query_scalar("select position from outbox_published").fetch_one(self.outbox.system()).await?;
            if usize::try_from(published)? >= count {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn position(&self) -> anyhow::Result<usize> {
        let status = stream_status(&self.reporting).await?;
        let read = status.subscriptions.iter().find(|s| s.area == AREA).map_or(0, |s| s.position);
        Ok(usize::try_from(read)?)
    }

    async fn wait_until_read(&self, count: usize) -> anyhow::Result<()> {
        while self.position().await? < count {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Commits at a steady rate and notes for each transaction when the read model had its last event.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a rate")]
    async fn lag(&self, per_second: f64) -> anyhow::Result<(f64, f64)> {
        let count = ((per_second / LAG_RATE as f64) as usize).max(1);
        let mut ends: Vec<(usize, Instant)> = Vec::new();
        let mut lags: Vec<f64> = Vec::new();
        let (mut committed, mut waiting) = (2 * EVENTS, 0);
        let (started, mut next) = (Instant::now(), Instant::now());
        while started.elapsed() < LAG_LOAD || waiting < ends.len() {
            if started.elapsed() < LAG_LOAD && Instant::now() >= next {
                self.commit_slice(count).await?;
                committed += count;
                ends.push((committed, Instant::now()));
                next += Duration::from_millis(1_000 / LAG_RATE);
            }
            let position = self.position().await?;
            while let Some((end, at)) = ends.get(waiting)
                && *end <= position
            {
                lags.push(at.elapsed().as_secs_f64() * 1_000.0);
                waiting += 1;
            }
        }
        lags.sort_by(f64::total_cmp);
        let at = |share: usize| lags.get((lags.len() * share / 100).min(lags.len().saturating_sub(1))).copied();
        Ok((at(50).unwrap_or_default(), at(99).unwrap_or_default()))
    }

    /// The same events by a bare producer to a bare consumer.
    async fn bare(&self) -> anyhow::Result<f64> {
        let mut events: Vec<Envelope> = Vec::with_capacity(EVENTS);
        while events.len() < EVENTS {
            let after = events.last().map_or(0, |event| event.position);
            events.extend(choose(&self.outbox, &EventFilter::default(), after, 10_000).await?);
        }
        events.truncate(EVENTS);
        let topic = self.config.topic("bare");
        let consumer: StreamConsumer = ClientConfig::new()
            .set("bootstrap.servers", &self.config.brokers)
            .set("group.id", &self.config.prefix)
            .set("auto.offset.reset", "earliest")
            .create()?;
        consumer.subscribe(&[&topic])?;
        let producer = EventProducer::new(&self.config, "bench", "publisher")?;
        // The group is there before the time is taken.
        producer.send(AREA, &topic, events.get(..1).unwrap_or_default()).await?;
        let mut messages = consumer.stream();
        messages.next().await.context("the consumer ended")??;
        let started = Instant::now();
        let produce = async {
            for slice in events.chunks(2_000) {
                producer.send(AREA, &topic, slice).await?;
            }
            anyhow::Ok(())
        };
        let consume = async {
            for _ in 0..EVENTS {
                messages.next().await.context("the consumer ended")??;
            }
            anyhow::Ok(())
        };
        tokio::try_join!(produce, consume)?;
        Ok(crate::rate(EVENTS, started.elapsed()))
    }
}

/// A database of its own for a service.
pub(crate) async fn open(
    postgres: &ScratchPostgres,
    name: &str,
    migrator: &sqlx::migrate::Migrator,
    workload: Workload,
) -> anyhow::Result<Db> {
    let login =
        |role: &str| -> anyhow::Result<sqlx::postgres::PgConnectOptions> { Ok(postgres.url(role, name).parse()?) };
    let logins = Logins {
        owner: login("quittance_owner")?,
        app: login("quittance_app")?,
        system: login("quittance_system")?,
        role_password: None,
    };
    quittance_db::prepare(&logins, migrator).await?;
    Ok(Db::connect(&logins, 8, workload).await?)
}
