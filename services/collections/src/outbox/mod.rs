//! Domain events as messages of the contract.

use prost::Message as _;
use quittance_events::Event;
use quittance_kernel::{CustomerId, RunId};
use quittance_proto::collections::v1::{self as pb, collections_event::Payload};
use quittance_runs::{RunChange, RunMessage};
use uuid::Uuid;

use crate::{
    domain::{Dispute, Reminder, Strategy},
    wire,
};

fn event(kind: &'static str, customer: CustomerId, payload: Payload) -> Event {
    keyed(kind, customer.uuid(), payload)
}

fn keyed(kind: &'static str, key: Uuid, payload: Payload) -> Event {
    let payload = pb::CollectionsEvent { payload: Some(payload) }.encode_to_vec();
    Event::new(kind, key, payload)
}

/// A strategy was created. It is its own key: it belongs to no customer.
pub(crate) fn strategy_created(strategy: &Strategy) -> Event {
    let payload = Payload::StrategyCreated(pb::StrategyCreated { strategy: Some(wire::strategy(strategy)) });
    keyed("quittance.collections.v1.StrategyCreated", strategy.id.uuid(), payload)
}

/// A strategy was changed.
pub(crate) fn strategy_updated(strategy: &Strategy) -> Event {
    let payload = Payload::StrategyUpdated(pb::StrategyUpdated { strategy: Some(wire::strategy(strategy)) });
    keyed("quittance.collections.v1.StrategyUpdated", strategy.id.uuid(), payload)
}

/// A strategy was deleted.
pub(crate) fn strategy_deleted(strategy: &Strategy) -> Event {
    let payload = Payload::StrategyDeleted(pb::StrategyDeleted { strategy: Some(wire::strategy(strategy)) });
    keyed("quittance.collections.v1.StrategyDeleted", strategy.id.uuid(), payload)
}

/// A reminder was recorded.
pub(crate) fn reminder_recorded(reminder: &Reminder) -> Event {
    let payload = Payload::ReminderRecorded(pb::ReminderRecorded { reminder: Some(wire::reminder(reminder)) });
    event("quittance.collections.v1.ReminderRecorded", reminder.customer, payload)
}

/// A dispute was opened.
pub(crate) fn dispute_opened(dispute: &Dispute) -> Event {
    let payload = Payload::DisputeOpened(pb::DisputeOpened { dispute: Some(wire::dispute(dispute)) });
    event("quittance.collections.v1.DisputeOpened", dispute.customer, payload)
}

/// A dispute ended.
pub(crate) fn dispute_resolved(dispute: &Dispute) -> Event {
    let payload = Payload::DisputeResolved(pb::DisputeResolved { dispute: Some(wire::dispute(dispute)) });
    event("quittance.collections.v1.DisputeResolved", dispute.customer, payload)
}

/// A run was started, or has ended. It is its own key: it belongs to no customer.
pub(crate) fn run_changed(id: RunId, run: &RunMessage, change: RunChange) -> Event {
    let run = Some(run.message());
    let (kind, payload) = match change {
        RunChange::Started => ("quittance.collections.v1.RunStarted", Payload::RunStarted(pb::RunStarted { run })),
        RunChange::Ended => ("quittance.collections.v1.RunEnded", Payload::RunEnded(pb::RunEnded { run })),
    };
    keyed(kind, id.uuid(), payload)
}
