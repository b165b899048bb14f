//! Credit reserved for orders. A transition that changes the reserved amount consumes the profile with the reservation, because the amount is part of the
//! profile's `reserved`, and returns both.

use std::cmp::Ordering;

use chrono::{DateTime, TimeDelta, Utc};
use quittance_kernel::{CustomerId, InvoiceId, Money, ReservationId};

use super::{Refusal, profile::CreditProfile, ttl::MAX_TTL_SECONDS};

/// A request to reserve credit for an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Order {
    /// The customer.
    pub(crate) customer: CustomerId,
    /// The amount to reserve. Positive.
    pub(crate) amount: Money,
    /// The caller's reference of the order, which has at most one active or confirmed reservation.
    pub(crate) reference: String,
    /// The time to live of the reservation unless it is confirmed, in seconds: 1 to [`MAX_TTL_SECONDS`].
    pub(crate) ttl_seconds: u32,
}

/// Credit reserved for an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reservation {
    /// The reservation's id.
    pub(crate) id: ReservationId,
    /// The customer.
    pub(crate) customer: CustomerId,
    /// The reserved amount. Positive.
    pub(crate) amount: Money,
    /// The caller's reference of the order.
    pub(crate) order_reference: String,
    /// Its state.
    pub(crate) state: State,
    /// When it was created.
    pub(crate) created_at: DateTime<Utc>,
    /// When it was changed last.
    pub(crate) updated_at: DateTime<Utc>,
}

/// The state of a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum State {
    /// Credit is reserved until it expires.
    Active {
        /// The first instant at which it is overdue.
        expires_at: DateTime<Utc>,
    },
    /// Credit is reserved until it is released or invoiced.
    Confirmed,
    /// The caller released the credit.
    Released,
    /// It was not confirmed in time.
    Expired,
    /// Its invoice was issued: the amount is now exposure.
    Invoiced {
        /// The invoice.
        invoice: InvoiceId,
    },
}

impl State {
    /// The name in storage.
    pub(crate) const fn label(&self) -> &'static str {
        match self {
            State::Active { .. } => "active",
            State::Confirmed => "confirmed",
            State::Released => "released",
            State::Expired => "expired",
            State::Invoiced { .. } => "invoiced",
        }
    }

    /// The state with this label and its stored data; `None` if the label is unknown or its data is missing.
    pub(crate) fn parse(label: &str, expires_at: Option<DateTime<Utc>>, invoice: Option<InvoiceId>) -> Option<State> {
        match label {
            "active" => Some(State::Active { expires_at: expires_at? }),
            "confirmed" => Some(State::Confirmed),
            "released" => Some(State::Released),
            "expired" => Some(State::Expired),
            "invoiced" => Some(State::Invoiced { invoice: invoice? }),
            _ => None,
        }
    }

    /// The first instant at which an active one is overdue.
    pub(crate) const fn expires_at(&self) -> Option<DateTime<Utc>> {
        match self {
            State::Active { expires_at } => Some(*expires_at),
            State::Confirmed | State::Released | State::Expired | State::Invoiced { .. } => None,
        }
    }

    /// The invoice of an invoiced one.
    pub(crate) const fn invoice(&self) -> Option<InvoiceId> {
        match self {
            State::Invoiced { invoice } => Some(*invoice),
            State::Active { .. } | State::Confirmed | State::Released | State::Expired => None,
        }
    }
}

/// Reserves credit for an order, if the profile has enough available.
///
/// # Errors
/// `CreditLimitExceeded`, `AmountNotPositive`, `TtlOutOfRange`, `OtherCustomer` and `CURRENCY_MISMATCH`.
pub(crate) fn authorize(
    profile: CreditProfile,
    id: ReservationId,
    order: Order,
    now: DateTime<Utc>,
) -> Result<(CreditProfile, Reservation), Refusal> {
    let Order { customer, amount, reference, ttl_seconds } = order;
    if profile.customer != customer {
        return Err(Refusal::OtherCustomer(id));
    }
    if !amount.is_positive() {
        return Err(Refusal::AmountNotPositive);
    }
    if !(1..=MAX_TTL_SECONDS).contains(&ttl_seconds) {
        return Err(Refusal::TtlOutOfRange);
    }
    let available = profile.available()?;
    if amount.compare(available)? == Ordering::Greater {
        return Err(Refusal::CreditLimitExceeded { amount, available });
    }
    let ttl = TimeDelta::seconds(ttl_seconds.into());
    let expires_at = now.checked_add_signed(ttl).ok_or(Refusal::TtlOutOfRange)?;
    let state = State::Active { expires_at };
    Ok((
        profile.reserve(amount)?,
        Reservation { id, customer, amount, order_reference: reference, state, created_at: now, updated_at: now },
    ))
}

impl Reservation {
    /// Confirms the reservation until it is released or invoiced. No effect on a confirmed one.
    ///
    /// # Errors
    /// `ReservationNotActive` unless it is active and not overdue, or confirmed.
    pub(crate) fn confirm(self, now: DateTime<Utc>) -> Result<Reservation, Refusal> {
        match self.state {
            State::Active { expires_at } if now < expires_at => Ok(Reservation { state: State::Confirmed, ..self }),
            State::Confirmed => Ok(self),
            // Overdue, even if the reconciler has not expired it yet.
            State::Active { .. } => {
                Err(Refusal::ReservationNotActive { reservation: self.id, state: State::Expired.label() })
            }
            State::Released | State::Expired | State::Invoiced { .. } => Err(self.not_active()),
        }
    }

    /// Frees the credit. No effect on a released one.
    ///
    /// # Errors
    /// `ReservationNotActive` if it is expired or invoiced.
    pub(crate) fn release(self, profile: CreditProfile) -> Result<(CreditProfile, Reservation), Refusal> {
        match self.state {
            State::Active { .. } | State::Confirmed => self.end(profile, State::Released),
            State::Released => Ok((profile, self)),
            State::Expired | State::Invoiced { .. } => Err(self.not_active()),
        }
    }

    /// Frees the credit of an overdue reservation.
    ///
    /// # Errors
    /// `ReservationNotActive` unless it is active, `ReservationNotDue` unless it is overdue.
    pub(crate) fn expire(
        self,
        profile: CreditProfile,
        now: DateTime<Utc>,
    ) -> Result<(CreditProfile, Reservation), Refusal> {
        match self.state {
            State::Active { expires_at } if now < expires_at => Err(Refusal::ReservationNotDue(self.id)),
            State::Active { .. } => self.end(profile, State::Expired),
            State::Confirmed | State::Released | State::Expired | State::Invoiced { .. } => Err(self.not_active()),
        }
    }

    /// Ends the reservation after the order's invoice was issued. The credit becomes free in the transaction in which the invoice becomes exposure; that of a
    /// released or expired one is free already. The same invoice again has no effect.
    ///
    /// # Errors
    /// `ReservationInvoiced` if it has another invoice.
    pub(crate) fn invoiced(
        self,
        profile: CreditProfile,
        invoice: InvoiceId,
    ) -> Result<(CreditProfile, Reservation), Refusal> {
        match self.state {
            State::Active { .. } | State::Confirmed => self.end(profile, State::Invoiced { invoice }),
            State::Released | State::Expired => {
                self.expect_of(&profile)?;
                Ok((profile, Reservation { state: State::Invoiced { invoice }, ..self }))
            }
            State::Invoiced { invoice: first } if first == invoice => Ok((profile, self)),
            State::Invoiced { invoice: first } => {
                Err(Refusal::ReservationInvoiced { reservation: self.id, invoice: first })
            }
        }
    }

    /// Ends a reservation that is active or confirmed.
    fn end(self, profile: CreditProfile, state: State) -> Result<(CreditProfile, Reservation), Refusal> {
        self.expect_of(&profile)?;
        Ok((profile.free(self.amount)?, Reservation { state, ..self }))
    }

    fn expect_of(&self, profile: &CreditProfile) -> Result<(), Refusal> {
        if self.customer == profile.customer { Ok(()) } else { Err(Refusal::OtherCustomer(self.id)) }
    }

    fn not_active(&self) -> Refusal {
        Refusal::ReservationNotActive { reservation: self.id, state: self.state.label() }
    }
}

#[cfg(test)]
#[path = "reservation_tests.rs"]
mod tests;
