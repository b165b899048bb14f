//! Refusals of credit-risk.

use quittance_kernel::{InvoiceId, Money, MoneyError, ReservationId};

use super::ttl::MAX_TTL_SECONDS;

/// Why credit is refused, or the state of a reservation does not change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The order exceeds the limit.
    #[error("{amount} is more than the {available} that is available")]
    CreditLimitExceeded {
        /// The order's amount.
        amount: Money,
        /// The credit available to new orders.
        available: Money,
    },
    /// An amount is zero or negative.
    #[error("an amount must be greater than zero")]
    AmountNotPositive,
    /// The time to live of a reservation is too short or too long.
    #[error("a reservation lasts 1 to {MAX_TTL_SECONDS} seconds")]
    TtlOutOfRange,
    /// A limit is negative.
    #[error("a limit must not be negative")]
    LimitNegative,
    /// The reservation has ended, or is overdue.
    #[error("reservation {reservation} is {state}")]
    ReservationNotActive {
        /// The reservation.
        reservation: ReservationId,
        /// The label of its state.
        state: &'static str,
    },
    /// The reservation is not overdue yet.
    #[error("reservation {0} is not overdue")]
    ReservationNotDue(ReservationId),
    /// The reservation was used by another invoice.
    #[error("reservation {reservation} was used by invoice {invoice}")]
    ReservationInvoiced {
        /// The reservation.
        reservation: ReservationId,
        /// The other invoice.
        invoice: InvoiceId,
    },
    /// Profile and reservation belong to different customers.
    #[error("reservation {0} is another customer's")]
    OtherCustomer(ReservationId),
    /// Amounts cannot be combined, mostly because the currencies differ.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// The profile has less reserved than the reservation's amount: the stored data is inconsistent.
    #[error("the profile has less than {0} reserved")]
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
