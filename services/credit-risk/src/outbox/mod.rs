//! Domain events as messages of the contract.

use prost::Message as _;
use quittance_kernel::CustomerId;
use quittance_proto::creditrisk::v1::{self as pb, credit_risk_event::Payload};
use quittance_service::Event;

use crate::{
    domain::{CreditProfile, Reservation},
    wire,
};

fn event(kind: &'static str, customer: CustomerId, payload: Payload) -> Event {
    let payload = pb::CreditRiskEvent { payload: Some(payload) }.encode_to_vec();
    Event::new(kind, customer.uuid(), payload)
}

/// A profile was created.
pub(crate) fn profile_created(profile: &CreditProfile) -> Event {
    let payload = Payload::ProfileCreated(pb::ProfileCreated { profile: Some(wire::profile(profile)) });
    event("quittance.creditrisk.v1.ProfileCreated", profile.customer, payload)
}

/// The limit or the note of a profile was changed.
pub(crate) fn profile_updated(profile: &CreditProfile) -> Event {
    let payload = Payload::ProfileUpdated(pb::ProfileUpdated { profile: Some(wire::profile(profile)) });
    event("quittance.creditrisk.v1.ProfileUpdated", profile.customer, payload)
}

/// A profile was deleted.
pub(crate) fn profile_deleted(profile: &CreditProfile) -> Event {
    let payload = Payload::ProfileDeleted(pb::ProfileDeleted { profile: Some(wire::profile(profile)) });
    event("quittance.creditrisk.v1.ProfileDeleted", profile.customer, payload)
}

/// Credit was reserved.
pub(crate) fn credit_reserved(reservation: &Reservation) -> Event {
    let payload = Payload::CreditReserved(pb::CreditReserved { reservation: Some(wire::reservation(reservation)) });
    event("quittance.creditrisk.v1.CreditReserved", reservation.customer, payload)
}

/// A reservation was confirmed.
pub(crate) fn reservation_confirmed(reservation: &Reservation) -> Event {
    let payload =
        Payload::ReservationConfirmed(pb::ReservationConfirmed { reservation: Some(wire::reservation(reservation)) });
    event("quittance.creditrisk.v1.ReservationConfirmed", reservation.customer, payload)
}

/// A reservation was released.
pub(crate) fn reservation_released(reservation: &Reservation) -> Event {
    let payload =
        Payload::ReservationReleased(pb::ReservationReleased { reservation: Some(wire::reservation(reservation)) });
    event("quittance.creditrisk.v1.ReservationReleased", reservation.customer, payload)
}

/// A reservation expired.
pub(crate) fn reservation_expired(reservation: &Reservation) -> Event {
    let payload =
        Payload::ReservationExpired(pb::ReservationExpired { reservation: Some(wire::reservation(reservation)) });
    event("quittance.creditrisk.v1.ReservationExpired", reservation.customer, payload)
}

/// A reservation became exposure.
pub(crate) fn reservation_invoiced(reservation: &Reservation) -> Event {
    let payload =
        Payload::ReservationInvoiced(pb::ReservationInvoiced { reservation: Some(wire::reservation(reservation)) });
    event("quittance.creditrisk.v1.ReservationInvoiced", reservation.customer, payload)
}
