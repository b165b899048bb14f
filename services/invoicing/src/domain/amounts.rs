//! The parts of an open item's total.

use quittance_kernel::{Currency, Money, MoneyError};

use super::entry::{EntryKind, Part};

/// An item's total and its parts. All are in one currency, total = open + settled + discounted + written off +
/// bad debt + credited + voided, and 0 <= open <= total holds for every value of this type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Amounts {
    total: Money,
    parts: Parts,
    open: Money,
}

/// The closed parts of a total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Parts {
    /// Paid. Exceeds the total after an overpayment that was kept.
    pub settled: Money,
    /// Early-payment discount granted.
    pub discounted: Money,
    /// Small differences written off; negative after an overpayment that was kept, but never by more than was paid.
    pub written_off: Money,
    /// Written off as bad debt, less what was recovered.
    pub bad_debt: Money,
    /// Credited.
    pub credited: Money,
    /// Voided.
    pub voided: Money,
}

impl Parts {
    /// No closed parts.
    pub(crate) const fn none(currency: Currency) -> Parts {
        let none = Money::zero(currency);
        Parts { settled: none, discounted: none, written_off: none, bad_debt: none, credited: none, voided: none }
    }

    /// The open rest of a total.
    fn taken_from(self, total: Money) -> Result<Money, MoneyError> {
        let parts = [self.settled, self.discounted, self.written_off, self.bad_debt, self.credited, self.voided];
        parts.into_iter().try_fold(total, Money::checked_sub)
    }

    /// A part is negative, or more is kept than was paid.
    fn any_is_negative(self) -> Result<bool, MoneyError> {
        let owed_and_paid = self.settled.checked_add(self.written_off)?;
        let parts = [self.settled, owed_and_paid, self.discounted, self.bad_debt, self.credited, self.voided];
        Ok(parts.iter().any(|part| part.is_negative()))
    }
}

/// Why amounts are not parts of a total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadAmounts {
    /// A part is negative.
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
    /// A total that is fully open.
    ///
    /// # Errors
    /// `Negative` if the total is.
    pub(crate) fn opened(total: Money) -> Result<Amounts, BadAmounts> {
        Amounts::new(total, Parts::none(total.currency()))
    }

    /// The total and its closed parts.
    ///
    /// # Errors
    /// [`BadAmounts`] if these are not parts of the total.
    pub(crate) fn new(total: Money, parts: Parts) -> Result<Amounts, BadAmounts> {
        let open = parts.taken_from(total)?;
        if total.is_negative() || parts.any_is_negative()? {
            Err(BadAmounts::Negative)
        } else if open.is_negative() {
            Err(BadAmounts::ExceedTotal)
        } else {
            Ok(Amounts { total, parts, open })
        }
    }

    /// The currency of all amounts.
    pub(crate) const fn currency(&self) -> Currency {
        self.total.currency()
    }

    /// The total.
    pub(crate) const fn total(&self) -> Money {
        self.total
    }

    /// Paid.
    pub(crate) const fn settled(&self) -> Money {
        self.parts.settled
    }

    /// Early-payment discount granted.
    pub(crate) const fn discounted(&self) -> Money {
        self.parts.discounted
    }

    /// Small differences written off; negative after an overpayment that was kept.
    pub(crate) const fn written_off(&self) -> Money {
        self.parts.written_off
    }

    /// Written off as bad debt, less what was recovered.
    pub(crate) const fn bad_debt(&self) -> Money {
        self.parts.bad_debt
    }

    /// Credited.
    pub(crate) const fn credited(&self) -> Money {
        self.parts.credited
    }

    /// Voided.
    pub(crate) const fn voided(&self) -> Money {
        self.parts.voided
    }

    /// The open balance.
    pub(crate) const fn open(&self) -> Money {
        self.open
    }

    /// Whether what was left of it was voided or credited: it accepts no settlement.
    pub(crate) const fn is_closed(&self) -> bool {
        self.open.is_zero() && self.is_credited_in_part()
    }

    /// Whether any of it was voided or credited.
    pub(crate) const fn is_credited_in_part(&self) -> bool {
        !self.parts.credited.is_zero() || !self.parts.voided.is_zero()
    }

    /// Whether any settlement, discount or write-off is not reversed, or a bad debt not recovered.
    pub(crate) const fn is_settled_in_part(&self) -> bool {
        !self.parts.settled.is_zero()
            || !self.parts.discounted.is_zero()
            || !self.parts.written_off.is_zero()
            || !self.parts.bad_debt.is_zero()
    }

    /// The amounts after these movements of the balance: an entry's kind says which part it changes.
    ///
    /// # Errors
    /// [`BadAmounts`] if what they leave are not parts of the total.
    pub(super) fn after(self, movements: impl IntoIterator<Item = (EntryKind, Money)>) -> Result<Amounts, BadAmounts> {
        let Amounts { mut total, mut parts, .. } = self;
        for (kind, amount) in movements {
            let part = match kind.part() {
                Part::Total => {
                    total = total.checked_add(amount)?;
                    continue;
                }
                Part::Settled => &mut parts.settled,
                Part::Discounted => &mut parts.discounted,
                Part::WrittenOff => &mut parts.written_off,
                Part::BadDebt => &mut parts.bad_debt,
                Part::Credited => &mut parts.credited,
                Part::Voided => &mut parts.voided,
            };
            *part = part.checked_sub(amount)?;
        }
        Amounts::new(total, parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    fn amounts(settled: i64, discounted: i64, written_off: i64) -> Result<Amounts, BadAmounts> {
        let (settled, discounted, written_off) = (eur(settled), eur(discounted), eur(written_off));
        Amounts::new(eur(100), Parts { settled, discounted, written_off, ..Parts::none(Currency::EUR) })
    }

    #[test]
    fn parts_stay_within_the_total() {
        let part = amounts(60, 2, 0).unwrap();
        assert_eq!(part.open(), eur(38));
        assert!(part.is_settled_in_part() && !part.is_closed());
        assert_eq!(amounts(99, 2, 0), Err(BadAmounts::ExceedTotal));
        assert_eq!(amounts(-1, 2, 0), Err(BadAmounts::Negative));
        let dollars = Parts { settled: Money::zero(Currency::USD), ..Parts::none(Currency::EUR) };
        assert!(matches!(Amounts::new(eur(1), dollars), Err(BadAmounts::Money(_))));
    }

    #[test]
    fn a_write_off_closes_what_was_paid_short_and_keeps_what_was_paid_over() {
        for (settled, discounted, written_off) in [(97, 2, 1), (98, 0, 2), (105, 0, -5), (103, 2, -5)] {
            assert_eq!(amounts(settled, discounted, written_off).unwrap().open(), eur(0));
        }
        assert_eq!(amounts(98, 0, 3), Err(BadAmounts::ExceedTotal));
        assert_eq!(amounts(105, 0, -4), Err(BadAmounts::ExceedTotal));
        assert_eq!(amounts(4, 50, -5), Err(BadAmounts::Negative), "more is kept than was paid");
    }
}
