//! Statistics of Kafka clients, for metrics.

use std::time::Duration;

use quittance_runtime::metrics::{BrokerClient, record_broker_client};
use rdkafka::{ClientContext, Statistics};

/// A client: its service and its purpose.
pub(super) struct Client {
    pub(super) service: &'static str,
    pub(super) client: String,
}

impl Client {
    /// Records the client's statistics.
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

#[cfg(test)]
mod tests {
    use rdkafka::statistics::{Broker, Window};

    use super::*;

    #[test]
    fn brokers_that_are_connected_are_counted_and_the_slowest_is_shown() {
        let broker = |nodeid, state: &str, p99| Broker {
            nodeid,
            state: state.to_owned(),
            rtt: Some(Window { p99, ..Window::default() }),
            ..Broker::default()
        };
        let brokers =
            [broker(-1, "UP", 9_000), broker(1, "UP", 2_000), broker(2, "UP", 3_000), broker(3, "DOWN", 8_000)];
        let brokers = (0..).map(|place: u8| place.to_string()).zip(brokers).collect();
        let statistics = Statistics { msg_cnt: 7, brokers, ..Statistics::default() };
        let round_trip = Some(Duration::from_millis(3));
        assert_eq!(of(&statistics), BrokerClient { connections: 2, queued: 7, round_trip });
        assert_eq!(of(&Statistics::default()), BrokerClient::default());
    }
}
