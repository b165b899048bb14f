//! What has become of the total of an open item.

use quittance_kernel::{Currency, Money, MoneyError};

/// The parts of an item's total. They are in one currency, none is negative, and total = open + settled + discounted +
/// credited + voided, so that 0 <= open <= total holds wherever there is a value of this type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Amounts {
    total: Money,
    settled: Money,
    discounted: Money,
    credited: Money,
    voided: Money,
    open: Money,
}

/// Why parts are no parts of a total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAmounts {
    /// A part is less than zero.
    #[error("a part of the total is negative")]
    Negative,
    /// The parts sum to more than the total.
    #[error("the parts sum to more than the total")]
    ExceedTotal,
    /// The parts are in different currencies or too large.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Amounts {
    /// A total of which all is open.
    ///
    /// # Errors
    /// `Negative` if the total is.
    pub fn opened(total: Money) -> Result<Amounts, BadAmounts> {
        let none = Money::zero(total.currency());
        Amounts::new(total, none, none, none, none)
    }

    /// The total and what of it is no longer open.
    ///
    /// # Errors
    /// [`BadAmounts`] if these are not parts of the total.
    pub fn new(
        total: Money,
        settled: Money,
        discounted: Money,
        credited: Money,
        voided: Money,
    ) -> Result<Amounts, BadAmounts> {
        let parts = [settled, discounted, credited, voided];
        let open = parts.into_iter().try_fold(total, Money::checked_sub)?;
        if parts.iter().any(|part| part.is_negative()) || total.is_negative() {
            Err(BadAmounts::Negative)
        } else if open.is_negative() {
            Err(BadAmounts::ExceedTotal)
        } else {
            Ok(Amounts { total, settled, discounted, credited, voided, open })
        }
    }

    /// The currency of all of them.
    pub const fn currency(&self) -> Currency {
        self.total.currency()
    }

    /// What was owed at first.
    pub const fn total(&self) -> Money {
        self.total
    }

    /// Paid.
    pub const fn settled(&self) -> Money {
        self.settled
    }

    /// Early-payment discount granted.
    pub const fn discounted(&self) -> Money {
        self.discounted
    }

    /// Credited.
    pub const fn credited(&self) -> Money {
        self.credited
    }

    /// Voided.
    pub const fn voided(&self) -> Money {
        self.voided
    }

    /// What is still owed.
    pub const fn open(&self) -> Money {
        self.open
    }

    /// Whether the total was voided or credited, so that nothing can be settled any more.
    pub const fn is_closed(&self) -> bool {
        !self.credited.is_zero() || !self.voided.is_zero()
    }

    /// Whether something was paid or discounted and not taken back.
    pub const fn is_settled_in_part(&self) -> bool {
        !self.settled.is_zero() || !self.discounted.is_zero()
    }

    /// With so much more (or less, if negative) settled and discounted.
    pub(super) fn settling(self, amount: Money, discount: Money) -> Result<Amounts, BadAmounts> {
        let settled = self.settled.checked_add(amount)?;
        let discounted = self.discounted.checked_add(discount)?;
        Amounts::new(self.total, settled, discounted, self.credited, self.voided)
    }

    /// With everything open credited.
    pub(super) fn crediting(self) -> Result<Amounts, BadAmounts> {
        Amounts::new(self.total, self.settled, self.discounted, self.credited.checked_add(self.open)?, self.voided)
    }

    /// With everything open voided.
    pub(super) fn voiding(self) -> Result<Amounts, BadAmounts> {
        Amounts::new(self.total, self.settled, self.discounted, self.credited, self.voided.checked_add(self.open)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    #[test]
    fn parts_stay_within_the_total() {
        let amounts = Amounts::new(eur(100), eur(60), eur(2), eur(0), eur(0)).unwrap();
        assert_eq!(amounts.open(), eur(38));
        assert!(amounts.is_settled_in_part() && !amounts.is_closed());
        assert_eq!(Amounts::new(eur(100), eur(99), eur(2), eur(0), eur(0)), Err(BadAmounts::ExceedTotal));
        assert_eq!(Amounts::new(eur(100), eur(-1), eur(2), eur(0), eur(0)), Err(BadAmounts::Negative));
        let dollars = Money::zero(Currency::USD);
        assert!(matches!(Amounts::new(eur(1), dollars, eur(0), eur(0), eur(0)), Err(BadAmounts::Money(_))));
    }
}
