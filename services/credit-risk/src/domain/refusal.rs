//! Why credit-risk says no.

use quittance_kernel::{InvoiceId, Money, MoneyError, ReservationId};

use super::ttl::MAX_TTL_SECONDS;

/// Why credit is not given, or a reservation does not do what it is asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The order would pass the limit.
    #[error("{amount} is more than the {available} that is available")]
    CreditLimitExceeded {
        /// What was asked for.
        amount: Money,
        /// What is left.
        available: Money,
    },
    /// An amount is zero or negative.
    #[error("an amount must be greater than zero")]
    AmountNotPositive,
    /// A reservation lasts too short or too long.
    #[error("a reservation lasts 1 to {MAX_TTL_SECONDS} seconds")]
    TtlOutOfRange,
    /// A limit is negative.
    #[error("a limit must not be negative")]
    LimitNegative,
    /// The reservation holds no credit any more, or its time is over.
    #[error("reservation {reservation} is {state}")]
    ReservationNotActive {
        /// The reservation.
        reservation: ReservationId,
        /// Where it stands.
        state: &'static str,
    },
    /// The time of the reservation is not over.
    #[error("reservation {0} lasts longer")]
    ReservationNotDue(ReservationId),
    /// Another invoice used the reservation up.
    #[error("reservation {reservation} was used up by invoice {invoice}")]
    ReservationInvoiced {
        /// The reservation.
        reservation: ReservationId,
        /// The other invoice.
        invoice: InvoiceId,
    },
    /// Profile and reservation are not of the same customer.
    #[error("reservation {0} is another customer's")]
    OtherCustomer(ReservationId),
    /// Amounts do not combine, most often because the currencies differ.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// The profile does not hold what the reservation says: what was stored is inconsistent.
    #[error("the profile's reservations do not hold {0}")]
    Unbalanced(Money),
}

impl Refusal {
    /// The machine-readable reason.
    pub fn reason(&self) -> &'static str {
        match self {
            Refusal::CreditLimitExceeded { .. } => "CREDIT_LIMIT_EXCEEDED",
            Refusal::AmountNotPositive => "AMOUNT_NOT_POSITIVE",
            Refusal::TtlOutOfRange => "TTL_OUT_OF_RANGE",
            Refusal::LimitNegative => "LIMIT_NEGATIVE",
            Refusal::ReservationNotActive { .. } => "RESERVATION_NOT_ACTIVE",
            Refusal::ReservationNotDue(_) => "RESERVATION_NOT_DUE",
            Refusal::ReservationInvoiced { .. } => "RESERVATION_INVOICED",
            Refusal::OtherCustomer(_) => "RESERVATION_OF_OTHER_CUSTOMER",
            Refusal::Money(error) => error.reason(),
            Refusal::Unbalanced(_) => "PROFILE_UNBALANCED",
        }
    }
}
