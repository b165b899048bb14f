//! The stream status and the results of verification as messages of the contract.

use quittance_db::Invariant;
use quittance_events::StreamStatus;
use quittance_proto::common::v1 as pb;

/// The response of every service's `GetStreamStatus`, from the status of the caller's tenant. `unfinished` counts the reconciler work left for it.
pub fn stream_status(status: StreamStatus, unfinished: i64) -> pb::StreamStatus {
    let subscriptions = status.subscriptions.into_iter().map(|s| pb::Subscription {
        area: s.area,
        position: s.position,
        parked: s.parked,
        dead_letters: s.dead_letters,
        waiting: s.waiting,
    });
    pb::StreamStatus {
        head_position: status.head_position,
        unpositioned: status.unpositioned,
        subscriptions: subscriptions.collect(),
        unfinished,
    }
}

/// The response of every service's `VerifyLedger`.
pub fn ledger(invariants: Vec<Invariant>) -> pb::VerifyLedgerResponse {
    let results = invariants.into_iter().map(|Invariant { number, rule, found }| pb::InvariantResult {
        number,
        rule: rule.to_owned(),
        checked: found.checked,
        drifted: found.violations,
        examples: found.examples,
    });
    pb::VerifyLedgerResponse { invariants: results.collect() }
}
