//! Metrics: one table of all of them, and a function for each recording. If metrics are disabled, recording does nothing.

mod gauges;
mod process;
mod table;

use std::{sync::OnceLock, time::Duration};

use chrono::{DateTime, Utc};
use opentelemetry::{
    KeyValue,
    metrics::{Counter, Histogram, Meter},
};

use gauges::Gauges;
use quittance_kernel::Clock;
pub use table::{Kind, METRICS, Metric};

/// From half a millisecond, below which a call is fast enough, to ten seconds, after which its caller has given up.
const SECONDS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

static RECORDER: OnceLock<Recorder> = OnceLock::new();

struct Recorder {
    call_duration: Histogram<f64>,
    refused_tokens: Counter<u64>,
    commands: Counter<u64>,
    transaction_duration: Histogram<f64>,
    bugs: Counter<u64>,
    pool_wait: Histogram<f64>,
    gauges: Gauges,
}

/// Sets the meter to record to, for the rest of the process.
pub(crate) fn install(meter: &Meter) {
    RECORDER.get_or_init(|| {
        let gauges = Gauges::default();
        gauges.register(meter);
        process::register(meter);
        Recorder {
            call_duration: seconds(meter, table::CALL_DURATION),
            refused_tokens: counter(meter, table::REFUSED_TOKENS),
            commands: counter(meter, table::COMMANDS),
            transaction_duration: seconds(meter, table::TRANSACTION_DURATION),
            bugs: counter(meter, table::BUGS),
            pool_wait: seconds(meter, table::POOL_WAIT),
            gauges,
        }
    });
}

fn counter(meter: &Meter, metric: Metric) -> Counter<u64> {
    meter.u64_counter(metric.name).with_unit(metric.unit).with_description(metric.help).build()
}

fn seconds(meter: &Meter, metric: Metric) -> Histogram<f64> {
    meter
        .f64_histogram(metric.name)
        .with_unit(metric.unit)
        .with_description(metric.help)
        .with_boundaries(SECONDS.to_vec())
        .build()
}

/// Whether metrics are enabled.
pub fn are_enabled() -> bool {
    RECORDER.get().is_some()
}

/// Records a finished call. `rpc` is the method's full name, without a leading slash, and a known one: a name made up by a caller would create a series. `code`
/// is as gRPC's documents write it.
pub fn record_call(rpc: &str, code: String, elapsed: Duration) {
    let Some(recorder) = RECORDER.get() else { return };
    let labels = [
        KeyValue::new("rpc.system.name", "grpc"),
        KeyValue::new("rpc.method", rpc.to_owned()),
        KeyValue::new("rpc.response.status_code", code),
    ];
    recorder.call_duration.record(elapsed.as_secs_f64(), &labels);
}

/// Records a refused token.
pub fn record_refused_token(reason: &str) {
    let Some(recorder) = RECORDER.get() else { return };
    recorder.refused_tokens.add(1, &[KeyValue::new("reason", reason.to_owned())]);
}

/// The result of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationResult {
    /// Executed.
    Done,
    /// A repeated request, with its stored response.
    Repeated,
    /// Refused by a rule.
    Refused,
    /// Failed with an internal error.
    Failed,
}

impl OperationResult {
    fn label(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Repeated => "repeated",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// Records commands of an operation.
pub fn record_commands(service: &'static str, operation: &'static str, result: OperationResult, count: usize) {
    let Some(recorder) = RECORDER.get() else { return };
    let labels = [
        KeyValue::new("service", service),
        KeyValue::new("operation", operation),
        KeyValue::new("result", result.label()),
    ];
    recorder.commands.add(u64::try_from(count).unwrap_or(u64::MAX), &labels);
}

/// Records a committed transaction of an operation.
pub fn record_transaction(service: &'static str, operation: &'static str, elapsed: Duration) {
    let Some(recorder) = RECORDER.get() else { return };
    let labels = [KeyValue::new("service", service), KeyValue::new("operation", operation)];
    recorder.transaction_duration.record(elapsed.as_secs_f64(), &labels);
}

/// Records a call that failed with an internal error.
pub fn record_bug() {
    let Some(recorder) = RECORDER.get() else { return };
    recorder.bugs.add(1, &[]);
}

/// Records how long a transaction waited for its connection.
pub fn record_pool_wait(database: &str, role: &'static str, waited: Duration) {
    let Some(recorder) = RECORDER.get() else { return };
    let labels = [KeyValue::new("database", database.to_owned()), KeyValue::new("role", role)];
    recorder.pool_wait.record(waited.as_secs_f64(), &labels);
}

/// Records the connections of a pool.
pub fn record_pool(database: &str, role: &str, busy: u32, idle: u32) {
    set(table::POOL_CONNECTIONS, &[database, role, "busy"], f64::from(busy));
    set(table::POOL_CONNECTIONS, &[database, role, "idle"], f64::from(idle));
}

/// The state of a Kafka client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BrokerClient {
    /// The number of brokers it is connected to.
    pub connections: i64,
    /// The number of messages not acknowledged yet.
    pub queued: i64,
    /// The 99th percentile of the round trip to the slowest broker; `None` where none was made.
    pub round_trip: Option<Duration>,
}

/// Records the state of a Kafka client; `client` is its purpose in the service.
pub fn record_broker_client(service: &str, client: &str, is: BrokerClient) {
    let labels = [service, client];
    set(table::BROKER_CONNECTIONS, &labels, count(is.connections));
    set(table::BROKER_QUEUED, &labels, count(is.queued));
    match is.round_trip {
        Some(time) => set(table::BROKER_ROUND_TRIP, &labels, time.as_secs_f64()),
        None => forget(table::BROKER_ROUND_TRIP, &labels),
    }
}

/// Records how many events of a service the broker rejects for good.
pub fn record_unpublished(service: &str, events: i64) {
    set(table::UNPUBLISHED, &[service], count(events));
}

/// Records how many events of a service wait for webhooks, and how many webhooks fail.
pub fn record_webhooks(service: &str, waiting: i64, failing: i64) {
    set(table::WEBHOOK_WAITING, &[service], count(waiting));
    set(table::WEBHOOKS_FAILING, &[service], count(failing));
}

/// Records how many events of a service are unpublished, and the age of the oldest.
pub fn record_outbox(service: &str, waiting: i64, age: Duration) {
    set(table::OUTBOX_WAITING, &[service], count(waiting));
    set(table::OUTBOX_AGE, &[service], age.as_secs_f64());
}

/// Records the lag of a service in an area's partition, in events. Without a broker there is one partition, 0.
pub fn record_lag(service: &str, area: &str, partition: i32, events: i64) {
    set(table::CONSUMER_LAG, &[service, area, &partition.to_string()], count(events));
}

/// Removes the lag of a partition: another replica has taken it over.
pub fn remove_lag(service: &str, area: &str, partition: i32) {
    forget(table::CONSUMER_LAG, &[service, area, &partition.to_string()]);
}

/// An area's events held by a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HeldCounts {
    /// Events that can never be applied.
    pub dead_letters: i64,
    /// Events of unknown kinds.
    pub parked: i64,
    /// Events whose parent has not arrived yet.
    pub waiting: i64,
}

/// An area's events held by a service.
pub fn record_held(service: &str, area: &str, held: HeldCounts) {
    set(table::DEAD_LETTERS, &[service, area], count(held.dead_letters));
    set(table::PARKED_EVENTS, &[service, area], count(held.parked));
    set(table::WAITING_EVENTS, &[service, area], count(held.waiting));
}

/// Records how many allocations wait for invoicing's response, and the age of the oldest.
pub fn record_pending(service: &str, allocations: i64, age: Duration) {
    set(table::PENDING_ALLOCATIONS, &[service], count(allocations));
    set(table::PENDING_AGE, &[service], age.as_secs_f64());
}

/// Records how many items the running runs of a service have left.
pub fn record_run_items(service: &str, pending: i64) {
    set(table::RUN_ITEMS, &[service], count(pending));
}

/// Records how many rows violate an invariant, over all tenants. `number` is the invariant's, 0 for a rule of the service's own.
pub fn record_drift(service: &str, number: i32, rule: &str, violations: i64) {
    set(table::INVARIANT_DRIFT, &[service, &number.to_string(), rule], count(violations));
}

/// Records that all invariants were checked for all tenants.
pub fn record_verified(service: &str, at: DateTime<Utc>) {
    set(table::INVARIANTS_VERIFIED, &[service], count(at.timestamp()));
}

/// Removes the results of this replica: another one checks the invariants.
pub fn remove_verified(service: &str) {
    forget(table::INVARIANT_DRIFT, &[service]);
    forget(table::INVARIANTS_VERIFIED, &[service]);
}

/// Records a successful round of a reconciler.
pub fn record_reconciled(service: &str, reconciler: &str) {
    if are_enabled() {
        set(table::RECONCILED, &[service, reconciler], count(Clock::system().now().timestamp()));
    }
}

/// Removes the gauges of a service's database: it does not respond, and its last values may be stale.
pub fn remove_observed(service: &str) {
    let observed = [
        table::OUTBOX_WAITING,
        table::OUTBOX_AGE,
        table::UNPUBLISHED,
        table::WEBHOOK_WAITING,
        table::WEBHOOKS_FAILING,
        table::DEAD_LETTERS,
        table::PARKED_EVENTS,
        table::WAITING_EVENTS,
        table::PENDING_ALLOCATIONS,
        table::PENDING_AGE,
        table::RUN_ITEMS,
        // With a broker, its client reports the lag.
        table::CONSUMER_LAG,
    ];
    for metric in observed {
        forget(metric, &[service]);
    }
}

fn set(metric: Metric, labels: &[&str], value: f64) {
    if let Some(recorder) = RECORDER.get() {
        recorder.gauges.set(metric, labels, value);
    }
}

fn forget(metric: Metric, labels: &[&str]) {
    if let Some(recorder) = RECORDER.get() {
        recorder.gauges.forget(metric, labels);
    }
}

/// As a gauge's value, which is exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below the limit")]
fn count(value: i64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_say_their_unit() {
        let names: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), METRICS.len());
        for metric in METRICS {
            let is_known = ["quittance_", "rpc.", "process."].iter().any(|prefix| metric.name.starts_with(prefix));
            assert!(is_known, "{}", metric.name);
            assert!(!["_total", "_seconds", "_bytes"].iter().any(|end| metric.name.ends_with(end)), "{}", metric.name);
        }
    }
}
