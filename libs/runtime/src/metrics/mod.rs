//! What is measured: one table of all metrics, and a call for each thing there is to record. Where nobody takes metrics, recording does nothing.

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

/// From half a millisecond, where a call is too fast to matter, to ten seconds, where its caller has given up.
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

/// Records to a meter from now on, for as long as the process runs.
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

/// Whether anybody takes metrics.
pub fn are_taken() -> bool {
    RECORDER.get().is_some()
}

/// A call is over. `rpc` is the method's full name, without a slash in front, and one of ours: a name that a caller made up would be a series for ever. `code` is as
/// gRPC's documents write it.
pub fn record_call(rpc: &str, code: String, elapsed: Duration) {
    let Some(recorder) = RECORDER.get() else { return };
    let labels = [
        KeyValue::new("rpc.system.name", "grpc"),
        KeyValue::new("rpc.method", rpc.to_owned()),
        KeyValue::new("rpc.response.status_code", code),
    ];
    recorder.call_duration.record(elapsed.as_secs_f64(), &labels);
}

/// A caller's token was refused.
pub fn record_refused_token(reason: &str) {
    let Some(recorder) = RECORDER.get() else { return };
    recorder.refused_tokens.add(1, &[KeyValue::new("reason", reason.to_owned())]);
}

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationResult {
    /// It was done.
    Done,
    /// Its request had been answered before, and was answered the same.
    Repeated,
    /// The rules refused it.
    Refused,
    /// It failed for a reason of ours.
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

/// Commands of an operation were run.
pub fn record_commands(service: &'static str, operation: &'static str, result: OperationResult, count: usize) {
    let Some(recorder) = RECORDER.get() else { return };
    let labels = [
        KeyValue::new("service", service),
        KeyValue::new("operation", operation),
        KeyValue::new("result", result.label()),
    ];
    recorder.commands.add(u64::try_from(count).unwrap_or(u64::MAX), &labels);
}

/// An operation's transaction was committed.
pub fn record_transaction(service: &'static str, operation: &'static str, elapsed: Duration) {
    let Some(recorder) = RECORDER.get() else { return };
    let labels = [KeyValue::new("service", service), KeyValue::new("operation", operation)];
    recorder.transaction_duration.record(elapsed.as_secs_f64(), &labels);
}

/// A call failed for a reason of ours.
pub fn record_bug() {
    let Some(recorder) = RECORDER.get() else { return };
    recorder.bugs.add(1, &[]);
}

/// A transaction got its connection.
pub fn record_pool_wait(database: &str, role: &'static str, waited: Duration) {
    let Some(recorder) = RECORDER.get() else { return };
    let labels = [KeyValue::new("database", database.to_owned()), KeyValue::new("role", role)];
    recorder.pool_wait.record(waited.as_secs_f64(), &labels);
}

/// How many connections a pool has.
pub fn record_pool(database: &str, role: &str, busy: u32, idle: u32) {
    set(table::POOL_CONNECTIONS, &[database, role, "busy"], f64::from(busy));
    set(table::POOL_CONNECTIONS, &[database, role, "idle"], f64::from(idle));
}

/// How a client of Kafka is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BrokerClient {
    /// Brokers it is connected to.
    pub connections: i64,
    /// Messages that no broker has acknowledged.
    pub queued: i64,
    /// The 99th percentile of the time that the slowest broker takes for a request; `None` where none was made.
    pub round_trip: Option<Duration>,
}

/// How a client of Kafka is; `client` says what the service uses it for.
pub fn record_broker_client(service: &str, client: &str, is: BrokerClient) {
    let labels = [service, client];
    set(table::BROKER_CONNECTIONS, &labels, count(is.connections));
    set(table::BROKER_QUEUED, &labels, count(is.queued));
    match is.round_trip {
        Some(time) => set(table::BROKER_ROUND_TRIP, &labels, time.as_secs_f64()),
        None => forget(table::BROKER_ROUND_TRIP, &labels),
    }
}

/// How many events of a service the broker will never take.
pub fn record_unpublished(service: &str, events: i64) {
    set(table::UNPUBLISHED, &[service], count(events));
}

/// How many events of a service wait to leave, and for how long the oldest has.
pub fn record_outbox(service: &str, waiting: i64, age: Duration) {
    set(table::OUTBOX_WAITING, &[service], count(waiting));
    set(table::OUTBOX_AGE, &[service], age.as_secs_f64());
}

/// How many events of an area's partition a service has yet to read. Without a broker there is one partition, 0.
pub fn record_lag(service: &str, area: &str, partition: i32, events: i64) {
    set(table::CONSUMER_LAG, &[service, area, &partition.to_string()], count(events));
}

/// A partition is another replica's from now on, which records how far it has come.
pub fn forget_lag(service: &str, area: &str, partition: i32) {
    forget(table::CONSUMER_LAG, &[service, area, &partition.to_string()]);
}

/// What a service holds of an area's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Held {
    /// Events that can never be applied.
    pub dead_letters: i64,
    /// Events of unknown kinds.
    pub parked: i64,
    /// Events whose parent has not come yet.
    pub waiting: i64,
}

/// What a service holds of an area's events.
pub fn record_held(service: &str, area: &str, held: Held) {
    set(table::DEAD_LETTERS, &[service, area], count(held.dead_letters));
    set(table::PARKED_EVENTS, &[service, area], count(held.parked));
    set(table::WAITING_EVENTS, &[service, area], count(held.waiting));
}

/// How many allocations wait for invoicing's answer, and for how long the oldest has.
pub fn record_pending(service: &str, allocations: i64, age: Duration) {
    set(table::PENDING_ALLOCATIONS, &[service], count(allocations));
    set(table::PENDING_AGE, &[service], age.as_secs_f64());
}

/// How many rows broke an invariant, over all tenants. `number` is the invariant's, 0 for a rule of the service's own.
pub fn record_drift(service: &str, number: i32, rule: &str, drifted: i64) {
    set(table::INVARIANT_DRIFT, &[service, &number.to_string(), rule], count(drifted));
}

/// All invariants were checked for all tenants.
pub fn record_verified(service: &str, at: DateTime<Utc>) {
    set(table::INVARIANTS_VERIFIED, &[service], count(at.timestamp()));
}

/// Another replica checks the invariants: what this one found before says nothing any more.
pub fn forget_verified(service: &str) {
    forget(table::INVARIANT_DRIFT, &[service]);
    forget(table::INVARIANTS_VERIFIED, &[service]);
}

/// A reconciler came through.
pub fn record_reconciled(service: &str, reconciler: &str) {
    if are_taken() {
        set(table::RECONCILED, &[service, reconciler], count(Clock::system().now().timestamp()));
    }
}

/// Takes away what was read from a service's database: it does not answer, and what it said last may be wrong by now.
pub fn forget_observed(service: &str) {
    let observed = [
        table::OUTBOX_WAITING,
        table::OUTBOX_AGE,
        table::UNPUBLISHED,
        table::DEAD_LETTERS,
        table::PARKED_EVENTS,
        table::WAITING_EVENTS,
        table::PENDING_ALLOCATIONS,
        table::PENDING_AGE,
        // Where there is a broker its client says how far behind it is.
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
