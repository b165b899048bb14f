//! How far events have come, as the contract says it.

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
