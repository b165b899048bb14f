//! The table of all metrics. `docs/metrics.md` documents the same; a test compares them.

/// The kind of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A monotonic sum.
    Counter,
    /// A current value.
    Gauge,
    /// A histogram.
    Histogram,
}

impl Kind {
    /// Its name in the documentation.
    pub fn label(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its OpenTelemetry name, without the unit.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Its UCUM unit.
    pub unit: &'static str,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// Its description.
    pub help: &'static str,
}

impl Metric {
    /// Its Prometheus name: with the unit last, and `_total` for a counter.
    pub fn prometheus_name(&self) -> String {
        let unit = match self.unit {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        let total = if self.kind == Kind::Counter { "_total" } else { "" };
        format!("{}{unit}{total}", self.name.replace('.', "_"))
    }
}

const fn counter(
    name: &'static str,
    unit: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Metric {
    Metric { name, kind: Kind::Counter, unit, labels, help }
}

const fn gauge(name: &'static str, unit: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, unit, labels, help }
}

const fn histogram(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Histogram, unit: "s", labels, help }
}

pub(super) const CALL_DURATION: Metric = histogram(
    "rpc.server.call.duration",
    &["rpc.method", "rpc.response.status_code", "rpc.system.name"],
    "Time from a call's headers to those of its response, by method and gRPC code; its count is the number of calls, including those whose caller went away (CANCELLED)",
);
pub(super) const COMMANDS: Metric = counter(
    "quittance_commands",
    "{command}",
    &["service", "operation", "result"],
    "Commands by result: done, repeated (response from the request log), refused, or failed with an internal error",
);
pub(super) const TRANSACTION_DURATION: Metric = histogram(
    "quittance_transaction_duration",
    &["service", "operation"],
    "Time of an operation's transaction, from begin to commit; commands divided by transactions is the size of a batch",
);
pub(super) const BUGS: Metric =
    counter("quittance_bugs", "{failure}", &[], "Calls that failed with an internal error that no retry resolves");
pub(super) const REFUSED_TOKENS: Metric =
    counter("quittance_refused_tokens", "{token}", &["reason"], "Calls whose token was refused, by reason");
pub(super) const OUTBOX_AGE: Metric = gauge(
    "quittance_outbox_age",
    "s",
    &["service"],
    "Age of the oldest event that waits for a position or, with a broker, to be published",
);
pub(super) const OUTBOX_WAITING: Metric = gauge(
    "quittance_outbox_waiting",
    "{event}",
    &["service"],
    "Events that wait for a position or, with a broker, to be published",
);
pub(super) const UNPUBLISHED: Metric = gauge(
    "quittance_unpublished_events",
    "{event}",
    &["service"],
    "Events that the broker rejects for good, because they are too large for their topic: consumers miss them",
);
pub(super) const WEBHOOK_WAITING: Metric = gauge(
    "quittance_webhook_waiting_events",
    "{event}",
    &["service"],
    "Events that are queued for webhooks; for each at most about 3,000 are, however many wait",
);
pub(super) const WEBHOOKS_FAILING: Metric = gauge(
    "quittance_webhooks_failing",
    "{webhook}",
    &["service"],
    "Webhooks whose next event was sent without success",
);
pub(super) const CONSUMER_LAG: Metric = gauge(
    "quittance_consumer_lag_events",
    "{event}",
    &["service", "area", "partition"],
    "Events of an area that a service has yet to read",
);
pub(super) const DEAD_LETTERS: Metric = gauge(
    "quittance_dead_letters",
    "{event}",
    &["service", "area"],
    "Events that can never be applied as they are, and messages that are not events",
);
pub(super) const PARKED_EVENTS: Metric =
    gauge("quittance_parked_events", "{event}", &["service", "area"], "Events of kinds unknown to this version");
pub(super) const WAITING_EVENTS: Metric =
    gauge("quittance_waiting_events", "{event}", &["service", "area"], "Events whose parent has not arrived yet");
pub(super) const PENDING_ALLOCATIONS: Metric = gauge(
    "quittance_pending_allocations",
    "{allocation}",
    &["service"],
    "Allocations, or their reversals, without a response from invoicing yet",
);
pub(super) const PENDING_AGE: Metric = gauge(
    "quittance_pending_age",
    "s",
    &["service"],
    "Age of the oldest allocation, or reversal, without a response from invoicing yet",
);
pub(super) const RUN_ITEMS: Metric =
    gauge("quittance_run_items_pending", "{item}", &["service"], "Items of running runs that are not done yet");
pub(super) const INVARIANT_DRIFT: Metric = gauge(
    "quittance_invariant_drift",
    "{row}",
    &["service", "invariant", "rule"],
    "Documents, entries or sums that violate an invariant, at its last check, over all tenants",
);
pub(super) const INVARIANTS_VERIFIED: Metric = gauge(
    "quittance_invariants_verified_timestamp",
    "s",
    &["service"],
    "When all invariants were last checked for all tenants, in seconds since 1970",
);
pub(super) const RECONCILED: Metric = gauge(
    "quittance_reconciler_last_run_timestamp",
    "s",
    &["service", "reconciler"],
    "When a reconciler last succeeded, in seconds since 1970",
);
pub(super) const POOL_WAIT: Metric = histogram(
    "quittance_pool_wait",
    &["database", "role"],
    "Time until a transaction had its connection and had begun",
);
pub(super) const POOL_CONNECTIONS: Metric = gauge(
    "quittance_pool_connections",
    "{connection}",
    &["database", "role", "state"],
    "Connections of a pool that are busy or idle",
);

pub(super) const BROKER_CONNECTIONS: Metric = gauge(
    "quittance_broker_connections",
    "{broker}",
    &["service", "client"],
    "Brokers that a Kafka client is connected to",
);
pub(super) const BROKER_QUEUED: Metric = gauge(
    "quittance_broker_queued_messages",
    "{message}",
    &["service", "client"],
    "Messages of a Kafka client that no broker has acknowledged yet",
);
pub(super) const BROKER_ROUND_TRIP: Metric = gauge(
    "quittance_broker_round_trip",
    "s",
    &["service", "client"],
    "99th percentile of the round trip to the slowest broker",
);
pub(super) const PROCESS_CPU: Metric = counter("process.cpu.time", "s", &[], "CPU time used by the process");
pub(super) const PROCESS_MEMORY: Metric = gauge("process.memory.usage", "By", &[], "Resident memory of the process");
pub(super) const PROCESS_THREADS: Metric = gauge("process.thread.count", "{thread}", &[], "Threads of the process");
pub(super) const PROCESS_FILES: Metric = gauge(
    "process.unix.file_descriptor.count",
    "{file_descriptor}",
    &[],
    "Files and sockets that the process has open",
);
pub(super) const PROCESS_UPTIME: Metric = gauge("process.uptime", "s", &[], "Time since the process started");

/// All metrics.
pub const METRICS: [Metric; 30] = [
    CALL_DURATION,
    COMMANDS,
    TRANSACTION_DURATION,
    BUGS,
    REFUSED_TOKENS,
    OUTBOX_AGE,
    OUTBOX_WAITING,
    UNPUBLISHED,
    WEBHOOK_WAITING,
    WEBHOOKS_FAILING,
    CONSUMER_LAG,
    DEAD_LETTERS,
    PARKED_EVENTS,
    WAITING_EVENTS,
    PENDING_ALLOCATIONS,
    PENDING_AGE,
    RUN_ITEMS,
    INVARIANT_DRIFT,
    INVARIANTS_VERIFIED,
    RECONCILED,
    POOL_WAIT,
    POOL_CONNECTIONS,
    BROKER_CONNECTIONS,
    BROKER_QUEUED,
    BROKER_ROUND_TRIP,
    PROCESS_CPU,
    PROCESS_MEMORY,
    PROCESS_THREADS,
    PROCESS_FILES,
    PROCESS_UPTIME,
];
