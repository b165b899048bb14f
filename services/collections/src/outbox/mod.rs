//! Domain events as messages of the contract.

use prost::Message as _;
use quittance_events::Event;
use quittance_kernel::CustomerId;
use quittance_proto::collections::v1::{self as pb, collections_event::Payload};

use crate::{
    domain::{Dispute, Reminder},
    wire,
};

fn event(kind: &'static str, customer: CustomerId, payload: Payload) -> Event {
    let payload = pb::CollectionsEvent { payload: Some(payload) }.encode_to_vec();
    Event::new(kind, customer.uuid(), payload)
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
