//! The store of events on their way out: what happened, as the contract says it.

use chrono::{DateTime, Utc};
use prost::Message as _;
use quittance_events::OutboxEvent;
use quittance_kernel::CustomerId;
use quittance_proto::collections::v1::{self as pb, collections_event::Payload};

use crate::{
    domain::{Dispute, Reminder},
    wire,
};

fn event(kind: &'static str, customer: CustomerId, now: DateTime<Utc>, payload: Payload) -> OutboxEvent {
    let payload = pb::CollectionsEvent { payload: Some(payload) }.encode_to_vec();
    OutboxEvent::new(kind, customer.uuid(), now, payload)
}

/// A reminder was recorded.
pub(crate) fn reminder_recorded(reminder: &Reminder, now: DateTime<Utc>) -> OutboxEvent {
    let payload = Payload::ReminderRecorded(pb::ReminderRecorded { reminder: Some(wire::reminder(reminder)) });
    event("quittance.collections.v1.ReminderRecorded", reminder.customer, now, payload)
}

/// A dispute was opened.
pub(crate) fn dispute_opened(dispute: &Dispute, now: DateTime<Utc>) -> OutboxEvent {
    let payload = Payload::DisputeOpened(pb::DisputeOpened { dispute: Some(wire::dispute(dispute)) });
    event("quittance.collections.v1.DisputeOpened", dispute.customer, now, payload)
}

/// A dispute ended.
pub(crate) fn dispute_resolved(dispute: &Dispute, now: DateTime<Utc>) -> OutboxEvent {
    let payload = Payload::DisputeResolved(pb::DisputeResolved { dispute: Some(wire::dispute(dispute)) });
    event("quittance.collections.v1.DisputeResolved", dispute.customer, now, payload)
}
