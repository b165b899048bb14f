//! Credit profiles: a customer's limit in one currency, and its use.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use quittance_kernel::{CustomerId, Money, MoneyError, ProfileId};

use super::Refusal;

/// A profile to create.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct NewProfile {
    /// The customer.
    pub(crate) customer: CustomerId,
    /// The limit, zero or more; its currency is the profile's.
    pub(crate) limit: Money,
    /// A note about the limit; may be empty.
    pub(crate) note: String,
}

/// A change of a profile; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct ProfileChange {
    /// The new limit.
    pub(crate) limit: Option<Money>,
    /// The new note.
    pub(crate) note: Option<String>,
}

/// A customer's credit in the currency of its limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CreditProfile {
    /// The profile's id.
    pub(crate) id: ProfileId,
    /// The customer.
    pub(crate) customer: CustomerId,
    /// The limit. Zero or more.
    pub(crate) limit: Money,
    /// The sum of the customer's open items, by invoicing's events. Negative while a settlement is known before its invoice.
    pub(crate) exposure: Money,
    /// The sum of its active and confirmed reservations.
    pub(crate) reserved: Money,
    /// A note about the limit; may be empty.
    pub(crate) note: String,
    /// Starts at 1 and grows by one with every change of the limit or the note. Exposure and reservations change with every order and are not included,
    /// or an etag would be stale at once.
    pub(crate) version: u32,
    /// When it was created.
    pub(crate) created_at: DateTime<Utc>,
    /// When limit or note was changed last.
    pub(crate) updated_at: DateTime<Utc>,
}

impl CreditProfile {
    /// A new profile. `exposure` is the customer's current debt.
    ///
    /// # Errors
    /// `LimitNegative`, and `CURRENCY_MISMATCH` if the exposure is in another currency.
    pub(crate) fn create(id: ProfileId, new: NewProfile, exposure: Money, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let NewProfile { customer, limit, note } = new;
        if limit.is_negative() {
            return Err(Refusal::LimitNegative);
        }
        limit.compare(exposure)?;
        let reserved = Money::zero(limit.currency());
        Ok(CreditProfile {
            id,
            customer,
            limit,
            exposure,
            reserved,
            note,
            version: 1,
            created_at: now,
            updated_at: now,
        })
    }

    /// The profile with the change. A limit below the credit used stops new authorisations but ends no reservation.
    ///
    /// # Errors
    /// `LimitNegative`, and `CURRENCY_MISMATCH`: a profile keeps its currency.
    pub(crate) fn change(self, change: ProfileChange) -> Result<CreditProfile, Refusal> {
        let limit = change.limit.unwrap_or(self.limit);
        if limit.is_negative() {
            return Err(Refusal::LimitNegative);
        }
        limit.compare(self.limit)?;
        let note = change.note.unwrap_or(self.note);
        Ok(CreditProfile { limit, note, version: self.version.saturating_add(1), ..self })
    }

    /// The credit available to new orders: limit - exposure - reserved. May be negative.
    ///
    /// # Errors
    /// `TooLarge` beyond the bound for results.
    pub(crate) fn available(&self) -> Result<Money, MoneyError> {
        self.limit.checked_sub(self.exposure)?.checked_sub(self.reserved)
    }

    /// The amount by which an order would exceed the limit; zero if it is within it.
    ///
    /// # Errors
    /// `CurrencyMismatch` and `TooLarge`.
    pub(crate) fn shortfall(&self, amount: Money) -> Result<Money, MoneyError> {
        let available = self.available()?;
        match amount.compare(available)? {
            Ordering::Greater => amount.checked_sub(available),
            Ordering::Less | Ordering::Equal => Ok(Money::zero(amount.currency())),
        }
    }

    /// Changes the exposure by this amount; negative reduces it.
    ///
    /// # Errors
    /// `CurrencyMismatch` and `TooLarge`.
    pub(crate) fn expose(self, amount: Money) -> Result<CreditProfile, MoneyError> {
        Ok(CreditProfile { exposure: self.exposure.checked_add(amount)?, ..self })
    }

    /// Reserves credit.
    pub(super) fn reserve(self, amount: Money) -> Result<CreditProfile, MoneyError> {
        Ok(CreditProfile { reserved: self.reserved.checked_add(amount)?, ..self })
    }

    /// Frees reserved credit.
    pub(super) fn free(self, amount: Money) -> Result<CreditProfile, Refusal> {
        let reserved = self.reserved.checked_sub(amount)?;
        if reserved.is_negative() { Err(Refusal::Unbalanced(amount)) } else { Ok(CreditProfile { reserved, ..self }) }
    }
}

#[cfg(test)]
mod tests {
    use quittance_kernel::Currency;

    use super::*;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    fn create(limit: Money, exposure: Money) -> Result<CreditProfile, Refusal> {
        let now = DateTime::UNIX_EPOCH;
        let new = NewProfile { customer: CustomerId::at(now), limit, note: String::new() };
        CreditProfile::create(ProfileId::at(now), new, exposure, now)
    }

    #[test]
    fn available_is_what_the_limit_leaves_and_may_be_negative() {
        let profile = create(eur(100), eur(30)).unwrap().reserve(eur(50)).unwrap();
        assert_eq!(profile.available(), Ok(eur(20)));
        assert_eq!(profile.shortfall(eur(20)), Ok(eur(0)));
        assert_eq!(profile.shortfall(eur(25)), Ok(eur(5)));
        let profile = profile.expose(eur(40)).unwrap();
        assert_eq!(profile.available(), Ok(eur(-20)));
        assert_eq!(profile.shortfall(eur(1)), Ok(eur(21)));
        assert_eq!(profile.expose(eur(-70)).unwrap().available(), Ok(eur(50)));
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name() {
        let profile = create(eur(100), eur(0)).unwrap();
        let lower = ProfileChange { limit: Some(eur(10)), note: None };
        let noted = ProfileChange { limit: None, note: Some("paid late".to_owned()) };
        let profile = profile.change(lower).unwrap().change(noted).unwrap();
        assert_eq!((profile.limit, profile.note.as_str(), profile.version), (eur(10), "paid late", 3));
    }

    #[test]
    fn limits_are_not_negative_and_keep_their_currency() {
        assert_eq!(create(eur(-1), eur(0)).unwrap_err().reason(), "LIMIT_NEGATIVE");
        let zero = Money::zero(Currency::USD);
        assert_eq!(create(eur(1), zero).unwrap_err().reason(), "CURRENCY_MISMATCH");
        let change = |limit| create(eur(1), eur(0)).unwrap().change(ProfileChange { limit: Some(limit), note: None });
        assert_eq!(change(eur(-1)).unwrap_err().reason(), "LIMIT_NEGATIVE");
        assert_eq!(change(zero).unwrap_err().reason(), "CURRENCY_MISMATCH");
    }

    #[test]
    fn no_more_is_freed_than_was_reserved() {
        let profile = create(eur(100), eur(0)).unwrap().reserve(eur(5)).unwrap();
        assert_eq!(profile.free(eur(6)).unwrap_err().reason(), "PROFILE_UNBALANCED");
    }
}
