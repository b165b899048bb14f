//! How clients of Kafka are, for metrics.

use std::time::Duration;

use quittance_runtime::metrics::{BrokerClient, record_broker_client};
use rdkafka::{ClientContext, Statistics};

/// A client: whose it is, and what for.
pub(super) struct Client {
    pub(super) service: &'static str,
    pub(super) client: String,
}

impl Client {
    /// Records how it is.
    pub(super) fn record(&self, statistics: &Statistics) {
        record_broker_client(self.service, &self.client, of(statistics));
    }
}

impl ClientContext for Client {
    fn stats(&self, statistics: Statistics) {
        self.record(&statistics);
    }
}

fn of(statistics: &Statistics) -> BrokerClient {
    // Addresses to begin with and coordinators are connections beside those to the brokers themselves, whose ids are not negative.
    let connected = statistics.brokers.values().filter(|broker| broker.nodeid >= 0 && broker.state == "UP");
    let slowest = connected.clone().filter_map(|broker| broker.rtt.as_ref()).map(|time| time.p99).max();
    BrokerClient {
        connections: i64::try_from(connected.count()).unwrap_or(i64::MAX),
        queued: i64::try_from(statistics.msg_cnt).unwrap_or(i64::MAX),
        round_trip: slowest.and_then(|micros| u64::try_from(micros).ok()).map(Duration::from_micros),
    }
}
