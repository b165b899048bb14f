//! A real Apache Kafka broker: one node that is broker and controller, on loopback, in its own folder.

mod process;

use std::ffi::OsString;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use process::{Broker, Failure};

use crate::Authority;

/// Our range of ports: below the ephemeral ports, one of which could otherwise take a
/// broker's port while the broker is down, or even connect to itself there.
const PORTS: std::ops::Range<u16> = 15_000..32_000;

/// The project's root, which scripts/setup fetches into.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

static SHARED: LazyLock<TestKafka> = LazyLock::new(TestKafka::start);

/// A broker that ends, and whose folder is removed, when it is dropped or when this process ends, `kill -9` included.
///
/// Topics are not created automatically. Everything here blocks its thread, for some seconds when a broker starts, and
/// panics on failure.
#[derive(Debug)]
pub struct TestKafka {
    brokers: String,
    broker: Broker,
}

/// The user of a broker's TLS listener.
pub const KAFKA_USER: &str = "quittance";
/// The password of that user.
pub const KAFKA_PASSWORD: &str = "a password of tests";

impl TestKafka {
    /// The shared broker of this process, for tests that neither stop nor kill it: started at the first call.
    pub fn shared() -> &'static Self {
        &SHARED
    }

    /// A broker for one test, which may stop, kill and restart it.
    pub fn start() -> Self {
        let jars = find_jars();
        start(|| {
            let [port, controller_port] = free_ports();
            let brokers = format!("127.0.0.1:{port}");
            let mut broker = Broker::new(&jars, &brokers);
            broker.format(&settings(broker.folder(), port, controller_port), &[]);
            (brokers, broker)
        })
    }

    /// A broker with a TLS listener, with a certificate of the authority for `localhost`, and as [`KAFKA_USER`] with a password (SASL,
    /// SCRAM-SHA-512).
    pub fn start_secured(authority: &Authority) -> Self {
        let jars = find_jars();
        let (certificate, key) = authority.sign("broker");
        let pem = [key, certificate].map(|file| fs::read_to_string(file).expect("a file of the authority")).concat();
        start(|| {
            let [port, controller_port, plain_port] = free_ports();
            let brokers = format!("localhost:{port}");
            let mut broker = Broker::new(&jars, &brokers);
            let keystore = broker.folder().join("keystore.pem");
            fs::write(&keystore, &pem).expect("the keystore is written");
            let settings = settings(broker.folder(), plain_port, controller_port)
                + &secured(&keystore, port, plain_port, controller_port);
            let user = format!("SCRAM-SHA-512=[name={KAFKA_USER},password={KAFKA_PASSWORD}]");
            broker.format(&settings, &["--add-scram", &user]);
            (brokers, broker)
        })
    }

    /// The address for clients, `127.0.0.1:PORT`; the same after a restart.
    pub fn brokers(&self) -> &str {
        &self.brokers
    }

    /// Ends the broker as an operator does, with SIGTERM, and waits until it has ended. Nothing happens when it has
    /// ended already.
    pub fn stop(&mut self) {
        self.broker.stop();
    }

    /// Ends the broker as a crash does, with SIGKILL. Nothing happens when it has ended already.
    pub fn kill(&mut self) {
        self.broker.kill();
    }

    /// Restarts the broker on the same port, with its data; stops it first if it still runs. After a
    /// kill it takes three seconds more, until the controller fences the old broker.
    pub fn restart(&mut self) {
        self.broker.stop();
        match self.broker.start() {
            Ok(()) => {}
            Err(Failure::PortTaken) => panic!("another process took Kafka's port while it was down"),
            Err(Failure::Other(text)) => panic!("{text}"),
        }
    }
}

/// The class path written by scripts/kafka/fetch.
fn find_jars() -> OsString {
    let pom = Path::new(ROOT).join("scripts/kafka/pom.xml");
    let text = fs::read_to_string(&pom).expect("scripts/kafka/pom.xml is read");
    let version = text
        .split_once("<kafka.version>")
        .and_then(|(_, rest)| rest.split_once("</kafka.version>"))
        .map(|(version, _)| version)
        .expect("scripts/kafka/pom.xml names Kafka's version");
    let libs = PathBuf::from(ROOT).join(".cache/kafka").join(version).join("libs");
    let libs =
        libs.canonicalize().unwrap_or_else(|_| panic!("Kafka {version} is missing: `scripts/setup test` fetches it"));
    libs.join("*").into_os_string()
}

/// Starts a broker, with new ports if another process has taken one since it was chosen.
fn start(make: impl Fn() -> (String, Broker)) -> TestKafka {
    for _ in 0..5 {
        let (brokers, mut broker) = make();
        match broker.start() {
            Ok(()) => return TestKafka { brokers, broker },
            Err(Failure::PortTaken) => {}
            Err(Failure::Other(text)) => panic!("{text}"),
        }
    }
    panic!("no port for Kafka stayed free");
}

/// Free ports.
fn free_ports<const N: usize>() -> [u16; N] {
    let mut free = std::iter::repeat_with(|| fastrand::u16(PORTS))
        .take(1_000)
        .filter_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok());
    // All are bound until all are known, so that they differ.
    let listeners: [TcpListener; N] = std::array::from_fn(|_| free.next().expect("a free port"));
    listeners.each_ref().map(|listener| listener.local_addr().expect("a listener has an address").port())
}

/// Another listener, with TLS and SASL, beside the internal one. A later line of settings replaces an earlier one.
fn secured(keystore: &Path, port: u16, plain_port: u16, controller_port: u16) -> String {
    let keystore = keystore.display();
    format!(
        "
listeners=BROKER://127.0.0.1:{plain_port},CONTROLLER://127.0.0.1:{controller_port},SECURED://127.0.0.1:{port}
advertised.listeners=BROKER://127.0.0.1:{plain_port},SECURED://localhost:{port}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.secured.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.secured.ssl.keystore.type=PEM
listener.name.secured.ssl.keystore.location={keystore}
"
    )
}

/// The broker's settings that differ from Kafka's defaults: <https://kafka.apache.org/documentation/#brokerconfigs>.
fn settings(folder: &Path, port: u16, controller_port: u16) -> String {
    let data = folder.join("data");
    let data = data.display();
    format!(
        "process.roles=broker,controller
node.id=1
listeners=BROKER://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=BROKER://127.0.0.1:{port}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
log.dirs={data}

# One node has one copy of everything.
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1

# A test is small.
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
num.network.threads=2
num.io.threads=4
auto.create.topics.enable=false

# A test does not wait: groups form at once, dead members may be missed soon, and so is a broker that was killed,
# which cannot come back before.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
"
    )
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn a_broker_is_killed_restarted_stopped_and_leaves_nothing() {
        let mut kafka = TestKafka::start();
        let brokers = kafka.brokers().to_owned();
        let folder = kafka.broker.folder().to_owned();
        let answers = || TcpStream::connect(&brokers).is_ok();
        assert!(answers());

        kafka.kill();
        assert!(!answers());
        kafka.restart();
        assert!(answers());

        kafka.stop();
        assert!(!answers());
        kafka.restart();
        assert!(answers());

        drop(kafka);
        assert!(!answers());
        assert!(!folder.exists());
    }

    #[test]
    fn a_broker_ends_when_nobody_is_left_to_end_it() {
        let mut kafka = TestKafka::start();
        let brokers = kafka.brokers().to_owned();
        let folder = kafka.broker.folder().to_owned();

        kafka.broker.end_as_if_this_process_were_killed();
        assert!(TcpStream::connect(&brokers).is_err());
        assert!(!folder.exists());
    }
}
