//! The stream status and the results of verification as messages of the contract.

use quittance_db::Invariant;
use quittance_events::{StreamStatus, Subscription};
use quittance_kernel::{Bug, count};
use quittance_proto::{common::v1 as pb, instant};

/// The response of every service's `GetStreamStatus`, from the status of the caller's tenant. `unfinished` counts the reconciler work left for it.
pub fn stream_status(status: StreamStatus, unfinished: i64) -> Result<pb::StreamStatus, Bug> {
    let subscription = |s: Subscription| {
        Ok::<_, Bug>(pb::Subscription {
            area: s.area,
            position: s.position,
            parked: count(s.parked)?,
            dead_letters: count(s.dead_letters)?,
            waiting: count(s.waiting)?,
            position_time: s.positioned_at.map(instant),
        })
    };
    Ok(pb::StreamStatus {
        head_position: status.head_position,
        unpositioned: count(status.unpositioned)?,
        subscriptions: status.subscriptions.into_iter().map(subscription).collect::<Result<_, _>>()?,
        unfinished: count(unfinished)?,
    })
}

/// The response of every service's `VerifyLedger`.
pub fn ledger(invariants: Vec<Invariant>) -> pb::VerifyLedgerResponse {
    let results = invariants.into_iter().map(|Invariant { number, rule, found }| pb::InvariantResult {
        number,
        rule: rule.to_owned(),
        checked: found.checked,
        violations: found.violations,
        examples: found.examples,
    });
    pb::VerifyLedgerResponse { invariants: results.collect() }
}
