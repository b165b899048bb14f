//! The store of events on their way out: what happened, as the contract says it.

use chrono::{DateTime, Utc};
use prost::Message as _;
use quittance_events::OutboxEvent;
use quittance_kernel::CustomerId;
use quittance_proto::creditrisk::v1::{self as pb, credit_risk_event::Payload};

use crate::{
    domain::{CreditProfile, Reservation},
    wire,
};

fn event(kind: &'static str, customer: CustomerId, now: DateTime<Utc>, payload: Payload) -> OutboxEvent {
    let payload = pb::CreditRiskEvent { payload: Some(payload) }.encode_to_vec();
    OutboxEvent::new(kind, customer.uuid(), now, payload)
}

/// A limit was given.
pub(crate) fn profile_created(profile: &CreditProfile, now: DateTime<Utc>) -> OutboxEvent {
    let payload = Payload::ProfileCreated(pb::ProfileCreated { profile: Some(wire::profile(profile)) });
    event("quittance.creditrisk.v1.ProfileCreated", profile.customer, now, payload)
}

/// A limit was changed.
pub(crate) fn profile_updated(profile: &CreditProfile, now: DateTime<Utc>) -> OutboxEvent {
    let payload = Payload::ProfileUpdated(pb::ProfileUpdated { profile: Some(wire::profile(profile)) });
    event("quittance.creditrisk.v1.ProfileUpdated", profile.customer, now, payload)
}

/// Credit was reserved.
pub(crate) fn credit_reserved(reservation: &Reservation, now: DateTime<Utc>) -> OutboxEvent {
    let payload = Payload::CreditReserved(pb::CreditReserved { reservation: Some(wire::reservation(reservation)) });
    event("quittance.creditrisk.v1.CreditReserved", reservation.customer, now, payload)
}

/// A reservation lasts now.
pub(crate) fn reservation_confirmed(reservation: &Reservation, now: DateTime<Utc>) -> OutboxEvent {
    let payload =
        Payload::ReservationConfirmed(pb::ReservationConfirmed { reservation: Some(wire::reservation(reservation)) });
    event("quittance.creditrisk.v1.ReservationConfirmed", reservation.customer, now, payload)
}

/// Credit was given back.
pub(crate) fn reservation_released(reservation: &Reservation, now: DateTime<Utc>) -> OutboxEvent {
    let payload =
        Payload::ReservationReleased(pb::ReservationReleased { reservation: Some(wire::reservation(reservation)) });
    event("quittance.creditrisk.v1.ReservationReleased", reservation.customer, now, payload)
}

/// A reservation's time was over.
pub(crate) fn reservation_expired(reservation: &Reservation, now: DateTime<Utc>) -> OutboxEvent {
    let payload =
        Payload::ReservationExpired(pb::ReservationExpired { reservation: Some(wire::reservation(reservation)) });
    event("quittance.creditrisk.v1.ReservationExpired", reservation.customer, now, payload)
}

/// A reservation became exposure.
pub(crate) fn reservation_invoiced(reservation: &Reservation, now: DateTime<Utc>) -> OutboxEvent {
    let payload =
        Payload::ReservationInvoiced(pb::ReservationInvoiced { reservation: Some(wire::reservation(reservation)) });
    event("quittance.creditrisk.v1.ReservationInvoiced", reservation.customer, now, payload)
}
