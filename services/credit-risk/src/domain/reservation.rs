//! Credit set aside for orders. Each transition takes the profile with the reservation, because what a reservation holds
//! is part of the profile's `reserved`, and returns both as they are then.

use std::cmp::Ordering;

use chrono::{DateTime, TimeDelta, Utc};
use quittance_kernel::{CustomerId, InvoiceId, Money, ReservationId};

use super::{Refusal, profile::CreditProfile, ttl::MAX_TTL_SECONDS};

/// An order that wants credit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Order {
    /// Who ordered.
    pub customer: CustomerId,
    /// Positive.
    pub amount: Money,
    /// The order; at most one active or confirmed reservation each.
    pub order_reference: String,
    /// How long the reservation lasts unless confirmed: 1 to [`MAX_TTL_SECONDS`].
    pub ttl_seconds: u32,
}

/// Credit set aside for an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// Its id.
    pub id: ReservationId,
    /// Whose.
    pub customer: CustomerId,
    /// How much. Positive.
    pub amount: Money,
    /// The order.
    pub order_reference: String,
    /// Where it stands.
    pub state: State,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// Where a reservation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Holds credit until it expires.
    Active {
        /// The first instant at which it holds no more.
        expires_at: DateTime<Utc>,
    },
    /// Holds credit until it is released or invoiced.
    Confirmed,
    /// Given back.
    Released,
    /// Its time is over.
    Expired,
    /// Its invoice was issued: it is exposure now.
    Invoiced {
        /// The invoice that used it up.
        invoice: InvoiceId,
    },
}

impl State {
    /// The name in storage.
    pub const fn label(&self) -> &'static str {
        match self {
            State::Active { .. } => "active",
            State::Confirmed => "confirmed",
            State::Released => "released",
            State::Expired => "expired",
            State::Invoiced { .. } => "invoiced",
        }
    }

    /// The state with this label and the data kept with it; `None` if there is no such label or its data is missing.
    pub fn parse(label: &str, expires_at: Option<DateTime<Utc>>, invoice: Option<InvoiceId>) -> Option<State> {
        match label {
            "active" => Some(State::Active { expires_at: expires_at? }),
            "confirmed" => Some(State::Confirmed),
            "released" => Some(State::Released),
            "expired" => Some(State::Expired),
            "invoiced" => Some(State::Invoiced { invoice: invoice? }),
            _ => None,
        }
    }

    /// When it ends by itself.
    pub const fn expires_at(&self) -> Option<DateTime<Utc>> {
        match self {
            State::Active { expires_at } => Some(*expires_at),
            State::Confirmed | State::Released | State::Expired | State::Invoiced { .. } => None,
        }
    }

    /// The invoice that used it up.
    pub const fn invoice(&self) -> Option<InvoiceId> {
        match self {
            State::Invoiced { invoice } => Some(*invoice),
            State::Active { .. } | State::Confirmed | State::Released | State::Expired => None,
        }
    }

    /// Whether credit is set aside. An active one holds credit until it is expired, even when its time is over.
    pub const fn holds(&self) -> bool {
        match self {
            State::Active { .. } | State::Confirmed => true,
            State::Released | State::Expired | State::Invoiced { .. } => false,
        }
    }
}

/// Sets credit aside for an order, if the profile has enough available.
///
/// # Errors
/// `CreditLimitExceeded`, `AmountNotPositive`, `TtlOutOfRange`, `OtherCustomer` and `CURRENCY_MISMATCH`.
pub fn authorize(
    profile: CreditProfile,
    id: ReservationId,
    order: Order,
    now: DateTime<Utc>,
) -> Result<(CreditProfile, Reservation), Refusal> {
    let Order { customer, amount, order_reference, ttl_seconds } = order;
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
    let lasts = TimeDelta::seconds(ttl_seconds.into());
    let expires_at = now.checked_add_signed(lasts).ok_or(Refusal::TtlOutOfRange)?;
    let state = State::Active { expires_at };
    Ok((profile.hold(amount)?, Reservation { id, customer, amount, order_reference, state, created_at: now }))
}

impl Reservation {
    /// Makes the reservation last until it is released or invoiced. A confirmed one stays as it is.
    ///
    /// # Errors
    /// `ReservationNotActive` unless it is active and its time is not over, or confirmed.
    pub fn confirm(self, now: DateTime<Utc>) -> Result<Reservation, Refusal> {
        match self.state {
            State::Active { expires_at } if now < expires_at => Ok(Reservation { state: State::Confirmed, ..self }),
            State::Confirmed => Ok(self),
            // Whoever expires it may come later, but its credit may have been promised already.
            State::Active { .. } => {
                Err(Refusal::ReservationNotActive { reservation: self.id, state: State::Expired.label() })
            }
            State::Released | State::Expired | State::Invoiced { .. } => Err(self.not_active()),
        }
    }

    /// Gives the credit back. A released one stays as it is.
    ///
    /// # Errors
    /// `ReservationNotActive` if it is expired or invoiced.
    pub fn release(self, profile: CreditProfile) -> Result<(CreditProfile, Reservation), Refusal> {
        match self.state {
            State::Active { .. } | State::Confirmed => self.end(profile, State::Released),
            State::Released => Ok((profile, self)),
            State::Expired | State::Invoiced { .. } => Err(self.not_active()),
        }
    }

    /// Gives the credit back because the time is over.
    ///
    /// # Errors
    /// `ReservationNotActive` unless it is active, `ReservationNotDue` while it lasts.
    pub fn expire(self, profile: CreditProfile, now: DateTime<Utc>) -> Result<(CreditProfile, Reservation), Refusal> {
        match self.state {
            State::Active { expires_at } if now < expires_at => Err(Refusal::ReservationNotDue(self.id)),
            State::Active { .. } => self.end(profile, State::Expired),
            State::Confirmed | State::Released | State::Expired | State::Invoiced { .. } => Err(self.not_active()),
        }
    }

    /// The order's invoice was issued. What the reservation held becomes free, in the transaction in which the invoice
    /// becomes exposure; one that was released or expired before has nothing to give back. The same invoice again changes
    /// nothing.
    ///
    /// # Errors
    /// `ReservationInvoiced` if another invoice used it up.
    pub fn invoiced(self, profile: CreditProfile, invoice: InvoiceId) -> Result<(CreditProfile, Reservation), Refusal> {
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

    /// Ends a reservation that holds credit.
    fn end(self, profile: CreditProfile, state: State) -> Result<(CreditProfile, Reservation), Refusal> {
        self.expect_of(&profile)?;
        Ok((profile.give_back(self.amount)?, Reservation { state, ..self }))
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
