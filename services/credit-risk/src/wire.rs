//! Domain values as messages of the contract, for responses and events.

use quittance_kernel::Money;
use quittance_proto::{creditrisk::v1 as pb, instant, money};

use crate::domain::{CreditProfile, Reservation, State};

/// A profile.
pub(crate) fn profile(profile: &CreditProfile) -> pb::CreditProfile {
    pb::CreditProfile {
        profile_id: profile.id.to_string(),
        customer_id: profile.customer.to_string(),
        limit: Some(money(profile.limit)),
        exposure: Some(money(profile.exposure)),
        reserved: Some(money(profile.reserved)),
        available: profile.available().ok().map(money),
        note: profile.note.clone(),
        etag: profile.version.to_string(),
        create_time: Some(instant(profile.created_at)),
        update_time: Some(instant(profile.updated_at)),
    }
}

/// The result of a credit check.
pub(crate) fn check(checked: &CreditProfile, shortfall: Money) -> pb::CreditCheck {
    pb::CreditCheck {
        approved: shortfall.is_zero(),
        profile: Some(profile(checked)),
        shortfall: Some(money(shortfall)),
    }
}

/// A reservation.
pub(crate) fn reservation(reservation: &Reservation) -> pb::Reservation {
    let state = match reservation.state {
        State::Active { .. } => pb::ReservationState::Active,
        State::Confirmed => pb::ReservationState::Confirmed,
        State::Released => pb::ReservationState::Released,
        State::Expired => pb::ReservationState::Expired,
        State::Invoiced { .. } => pb::ReservationState::Invoiced,
    };
    pb::Reservation {
        reservation_id: reservation.id.to_string(),
        customer_id: reservation.customer.to_string(),
        amount: Some(money(reservation.amount)),
        order_reference: reservation.order_reference.clone(),
        state: state.into(),
        expire_time: reservation.state.expires_at().map(instant),
        invoice_id: reservation.state.invoice().map(|id| id.to_string()).unwrap_or_default(),
        create_time: Some(instant(reservation.created_at)),
        update_time: Some(instant(reservation.updated_at)),
    }
}
