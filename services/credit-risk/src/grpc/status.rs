//! Errors as callers see them: the only place that picks codes.

use quittance_grpc::Fault;
use tonic::{Code, Status};

use crate::{Error, domain::Refusal};

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        let not_found = |reason| Fault::new(Code::NotFound, reason, text.clone());
        let taken = |reason| Fault::new(Code::AlreadyExists, reason, text.clone());
        match error {
            Error::CustomerNotFound(id) => not_found("CUSTOMER_NOT_FOUND").with("customer_id", id),
            Error::NoProfile { customer, currency } => {
                not_found("PROFILE_NOT_FOUND").with("customer_id", customer).with("currency", currency)
            }
            Error::ProfileNotFound(id) => not_found("PROFILE_NOT_FOUND").with("profile_id", id),
            Error::ReservationNotFound(id) => not_found("RESERVATION_NOT_FOUND").with("reservation_id", id),
            Error::ProfileExists => taken("PROFILE_EXISTS"),
            Error::OrderAlreadyReserved(order) => taken("ORDER_ALREADY_RESERVED").with("order_reference", order),
            Error::ProfileHasReservations(id) => Fault::new(
                Code::FailedPrecondition,
                "PROFILE_HAS_RESERVATIONS",
                text.clone(),
            )
            .precondition("PROFILE_HAS_RESERVATIONS", format!("profile {id}"), text),
            Error::Refused { subject, refusal } => {
                let reason = refusal.reason();
                let fault = Fault::new(Code::FailedPrecondition, reason, text).precondition(
                    reason,
                    subject,
                    refusal.to_string(),
                );
                match refusal {
                    Refusal::CreditLimitExceeded { available, .. } => {
                        fault.with("available", available.amount_text()).with("currency", available.currency())
                    }
                    Refusal::ReservationNotActive { state, .. } => fault.with("state", state),
                    _ => fault,
                }
            }
            Error::Common(error) => return error.into(),
        }
        .into()
    }
}
