//! How far events have come and whether invariants hold, as the contract says it.

use quittance_db::Found;
use quittance_events::StreamStatus;
use quittance_proto::common::v1 as pb;

/// The answer of every service's `GetStreamStatus`. `unfinished` counts what a reconciler has still to do.
pub fn stream_status(status: StreamStatus, unfinished: i64) -> pb::StreamStatus {
    let subscriptions = status.subscriptions.into_iter().map(|s| pb::Subscription {
        area: s.area,
        position: s.position,
        parked: s.parked,
        dead_letters: s.dead_letters,
    });
    pb::StreamStatus {
        head_position: status.head_position,
        unpositioned: status.unpositioned,
        subscriptions: subscriptions.collect(),
        unfinished,
    }
}

/// What a check of an invariant found. `number` is the invariant's, 0 for a rule of the service's own.
pub fn invariant(number: i32, rule: &str, found: Found) -> pb::InvariantResult {
    let Found { checked, drifted, examples } = found;
    pb::InvariantResult { number, rule: rule.to_owned(), checked, drifted, examples }
}
