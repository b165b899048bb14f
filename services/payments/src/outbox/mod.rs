//! Domain events as messages of the contract.

use chrono::NaiveDate;
use prost::Message as _;
use quittance_events::Event;
use quittance_kernel::CustomerId;
use quittance_proto::{
    money,
    payments::v1::{self as pb, payments_event::Payload},
};
use uuid::Uuid;

use crate::{
    domain::{Allocation, Payment},
    wire,
};

fn event(kind: &'static str, key: Uuid, payload: Payload) -> Event {
    let payload = pb::PaymentsEvent { payload: Some(payload) }.encode_to_vec();
    Event::new(kind, key, payload)
}

/// Money was received. The ordering key is the payment if no customer is known.
pub(crate) fn payment_received(payment: &Payment) -> Event {
    let key = payment.customer.map_or(payment.id.uuid(), CustomerId::uuid);
    let payload = Payload::PaymentReceived(pb::PaymentReceived {
        payment_id: payment.id.to_string(),
        customer_id: wire::optional(payment.customer),
        amount: Some(money(payment.amount)),
        received_on: payment.received_on.to_string(),
        method: wire::method(payment.method).into(),
    });
    event("quittance.payments.v1.PaymentReceived", key, payload)
}

/// Money was applied to an item.
pub(crate) fn payment_applied(allocation: &Allocation) -> Event {
    let payload = Payload::PaymentApplied(pb::PaymentApplied {
        payment_id: allocation.payment.to_string(),
        customer_id: allocation.customer.to_string(),
        allocation: Some(wire::allocation(allocation)),
    });
    event("quittance.payments.v1.PaymentApplied", allocation.customer.uuid(), payload)
}

/// Money was unapplied from an item.
pub(crate) fn payment_unapplied(allocation: &Allocation, effective_on: NaiveDate, reason: &str) -> Event {
    let payload = Payload::PaymentUnapplied(pb::PaymentUnapplied {
        payment_id: allocation.payment.to_string(),
        customer_id: allocation.customer.to_string(),
        allocation: Some(wire::allocation(allocation)),
        effective_on: effective_on.to_string(),
        reason: reason.to_owned(),
    });
    event("quittance.payments.v1.PaymentUnapplied", allocation.customer.uuid(), payload)
}
