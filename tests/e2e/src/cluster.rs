//! Everything together: PostgreSQL, Kafka, the processes, and the proxies between payments and invoicing.

use std::{
    collections::BTreeMap,
    fs,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use nix::sys::signal::Signal;
use quittance_events::kafka::{KafkaConfig, TopicSpec, create_topics};
use quittance_grpc::Tokens;
use quittance_kernel::Clock;
use quittance_private_postgres::OWNER;
use quittance_testkit::TestKafka;
use tokio::task::block_in_place;

use crate::{
    Area, Postgres, Programs, Proxy,
    process::{Replica, Watchdog},
};

/// Where our ports are: below those that systems give to outgoing connections.
const PORTS: std::ops::Range<u16> = 15_000..32_000;
/// What all services sign their calls with.
const SECRET: &str = "a secret of the whole suite, longer than thirty-two bytes";
/// How long a process may take to end when it is restarted: its drain, and what comes after.
const RESTART: Duration = Duration::from_secs(30);
/// Connections of each replica to its database.
const CONNECTIONS: u32 = 6;

/// What runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// The services.
    pub areas: Vec<Area>,
    /// How many processes of each.
    pub replicas: usize,
    /// Who takes their spans.
    pub otlp: Option<String>,
    /// The programs; without them those of this profile are built.
    pub programs: Option<Programs>,
}

impl Default for Options {
    fn default() -> Self {
        Self { areas: Area::ALL.to_vec(), replicas: 2, otlp: None, programs: None }
    }
}

/// The running suite. Everything ends with this process, however that ends.
#[derive(Debug)]
pub struct Cluster {
    /// The processes of each service.
    pub replicas: BTreeMap<Area, Vec<Replica>>,
    /// Its databases.
    pub postgres: Postgres,
    /// Its broker.
    pub kafka: TestKafka,
    /// How to reach the broker.
    pub kafka_config: KafkaConfig,
    /// What payments reaches invoicing through.
    pub proxies: Vec<Proxy>,
    folder: PathBuf,
    watchdog: Watchdog,
}

impl Cluster {
    /// Builds the programs, then starts everything and waits until all of it listens.
    pub async fn start(options: &Options) -> anyhow::Result<Self> {
        let programs = match &options.programs {
            Some(programs) => programs.clone(),
            None => block_in_place(Programs::of_this_profile)?,
        };
        let (folder, watchdog) = make_folder()?;
        let (postgres, kafka) = tokio::join!(Postgres::start(), tokio::task::spawn_blocking(TestKafka::start));
        let (postgres, kafka) = (postgres?, kafka?);
        let prefix = format!("e2e-{}", quittance_kernel::RequestId::at(Clock::system().now()));
        let kafka_config = KafkaConfig { brokers: kafka.brokers().to_owned(), prefix, ..KafkaConfig::default() };
        create_topics(&kafka_config, &topics(&kafka_config)).await?;
        fs::write(folder.join("service.key"), SECRET)?;

        let mut ports = free_ports(options.areas.len() * options.replicas)?;
        let mut places = Vec::new();
        for area in &options.areas {
            for i in 0..options.replicas {
                places.push((*area, i, ports.pop().context("a port for each")?));
            }
        }
        let mut proxies = Vec::new();
        for (_, _, port) in places.iter().filter(|(area, ..)| *area == Area::Invoicing) {
            proxies.push(Proxy::start(*port).await?);
        }
        let mut replicas: BTreeMap<Area, Vec<Replica>> = BTreeMap::new();
        for (area, i, port) in places {
            let config = settings(area, port, &folder, &postgres, &kafka_config, &proxies);
            let name = format!("{}-{i}", area.name());
            let mut replica = Replica::new(name, port, programs.service(area), &folder, &config)?;
            if let Some(otlp) = &options.otlp {
                replica.set("QUITTANCE_TELEMETRY__OTLP", otlp);
            }
            replicas.entry(area).or_default().push(replica);
        }
        let mut cluster = Self { replicas, postgres, kafka, kafka_config, proxies, folder, watchdog };
        cluster.start_all().await?;
        Ok(cluster)
    }

    /// Starts every process that does not run, all at once, and waits until each listens.
    pub async fn start_all(&mut self) -> anyhow::Result<()> {
        let mut started = Vec::new();
        for replica in self.replicas.values_mut().flatten() {
            if !replica.is_running() {
                replica.start(&mut self.watchdog)?;
                started.push(replica);
            }
        }
        for replica in started {
            replica.listens().await?;
        }
        Ok(())
    }

    /// Has one process end in order and start again, as a rolling update does it.
    pub async fn restart(&mut self, area: Area, which: usize) -> anyhow::Result<()> {
        let replica = self.replicas.get_mut(&area).and_then(|all| all.get_mut(which)).context("it runs")?;
        replica.signal(Signal::SIGTERM)?;
        block_in_place(|| replica.ends(Instant::now() + RESTART, &mut self.watchdog))?;
        replica.start(&mut self.watchdog)?;
        replica.listens().await
    }

    /// Tells every process to end, as Kubernetes does it, and waits for that; fails where one does not end in time, or in disorder.
    pub fn end_all(&mut self, limit: Duration) -> anyhow::Result<()> {
        let running = || self.replicas.values().flatten().filter(|replica| replica.is_running());
        running().try_for_each(|replica| replica.signal(Signal::SIGTERM))?;
        let deadline = Instant::now() + limit;
        self.replicas.values_mut().flatten().try_for_each(|replica| replica.ends(deadline, &mut self.watchdog))
    }

    /// Kills some processes of a service.
    pub fn kill(&mut self, area: Area, which: impl Fn(usize) -> bool) -> anyhow::Result<()> {
        let replicas = self.replicas.get_mut(&area).context("it runs")?;
        for (_, replica) in replicas.iter_mut().enumerate().filter(|(i, _)| which(*i)) {
            replica.kill(&mut self.watchdog)?;
        }
        Ok(())
    }

    /// Has some processes of a service stand still or go on.
    pub fn freeze(&self, area: Area, is_frozen: bool, which: impl Fn(usize) -> bool) -> anyhow::Result<()> {
        let replicas = self.replicas.get(&area).context("it runs")?;
        replicas.iter().enumerate().filter(|(i, _)| which(*i)).try_for_each(|(_, replica)| replica.freeze(is_frozen))
    }

    /// Fails when a process ended by itself.
    pub fn still_run(&mut self) -> anyhow::Result<()> {
        self.replicas.values_mut().flatten().try_for_each(Replica::still_runs)
    }

    /// A token that may do everything, for every tenant.
    pub fn token(&self) -> anyhow::Result<String> {
        let now = Clock::system().now();
        Ok(Tokens::new(SECRET).sign("e2e", &["*"], "* internal", now, chrono::Duration::days(2))?)
    }

    /// Makes calls from payments to invoicing take so much longer in each direction.
    pub fn slow_down(&self, delay: Duration) {
        self.proxies.iter().for_each(|proxy| proxy.delay(delay));
    }

    /// The end of every process's log.
    pub fn logs(&self) -> String {
        self.replicas.values().flatten().map(Replica::log_tail).collect()
    }

    /// What the processes logged as errors.
    pub fn errors(&self) -> Vec<String> {
        let of = |replica: &Replica| {
            let name = replica.name.clone();
            replica.errors().into_iter().map(move |line| format!("{name}: {line}")).collect::<Vec<_>>()
        };
        self.replicas.values().flatten().flat_map(of).collect()
    }
}

/// A new folder under `/tmp` that is ours alone, and the watchdog that removes it.
fn make_folder() -> anyhow::Result<(PathBuf, Watchdog)> {
    for attempt in 0_u32..1_000 {
        let folder = PathBuf::from(format!("/tmp/quittance-e2e-{}-{attempt}", std::process::id()));
        match fs::create_dir(&folder) {
            Ok(()) => {
                let watchdog = Watchdog::start(&folder)?;
                return Ok((folder, watchdog));
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
    }
    bail!("/tmp is full of our folders")
}

/// Ports nobody listens at.
fn free_ports(count: usize) -> anyhow::Result<Vec<u16>> {
    let free = std::iter::repeat_with(|| fastrand::u16(PORTS))
        .take(10_000)
        .filter_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok());
    // All are held until all are known, so that they differ.
    let listeners: Vec<TcpListener> = free.take(count).collect();
    ensure!(listeners.len() == count, "no ports are free");
    listeners.iter().map(|listener| Ok(listener.local_addr()?.port())).collect()
}

fn topics(config: &KafkaConfig) -> Vec<TopicSpec> {
    let topic = |name, partitions| TopicSpec { name, partitions, replication: 1, settings: BTreeMap::new() };
    let events = Area::TELLING.map(|area| topic(config.topic(area.name()), 3));
    let dead = Area::ALL.map(|area| topic(config.dead_letter_topic(area.name()), 1));
    events.into_iter().chain(dead).collect()
}

fn settings(
    area: Area,
    port: u16,
    folder: &Path,
    postgres: &Postgres,
    kafka: &KafkaConfig,
    proxies: &[Proxy],
) -> String {
    let url = |role: &str| postgres.url(role, area);
    let invoicing: Vec<String> = proxies.iter().map(|proxy| format!("http://{}", proxy.address)).collect();
    format!(
        r#"listen = "127.0.0.1:{port}"
health_listen = "127.0.0.1:0"
service_key = "{}"

[database]
app = "{}"
system = "{}"
owner = "{}"
connections = {CONNECTIONS}

[peers]
invoicing = {invoicing:?}

[kafka]
brokers = "{}"
prefix = "{}"

[telemetry]
verify_seconds = 0
"#,
        folder.join("service.key").display(),
        url("quittance_app"),
        url("quittance_system"),
        url(OWNER),
        kafka.brokers,
        kafka.prefix,
    )
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // What was frozen cannot be waited for otherwise; the processes end with their replicas.
        for replica in self.replicas.values().flatten().filter(|replica| replica.is_running()) {
            let _ = replica.freeze(false);
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}
