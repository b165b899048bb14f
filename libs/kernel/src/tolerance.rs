//! What a seller tolerates: small differences between what is owed and what is paid, and early-payment discounts that are taken late.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::currency::Currency;
use crate::id::CustomerId;
use crate::money::Money;
use crate::percent::Percent;

/// The most days of grace.
pub const MAX_GRACE_DAYS: u16 = 366;
/// The most customers whose small differences are not tolerated.
pub const MAX_BLOCKED: usize = 1_000;

/// The tolerance on a document: a percentage of its total, but at most the cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tolerance {
    /// As a percentage of the document's total.
    pub percent: Percent,
    /// The upper limit. Not negative.
    pub cap: Money,
}

/// What a seller tolerates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TolerancePolicy {
    /// Tolerances by currency; none for the others.
    pub tolerances: BTreeMap<Currency, Tolerance>,
    /// Customers whose small differences are not tolerated.
    pub blocked: BTreeSet<CustomerId>,
    /// Days of grace after a discount's last day: 0 to [`MAX_GRACE_DAYS`].
    pub grace_days: u16,
    /// Whether a discount within the days of grace is granted.
    pub accept_late_discount: bool,
}

impl TolerancePolicy {
    /// The largest small difference on a document of a customer with this total: the same whether it is paid alone or with others. The percentage is cut to
    /// the minor unit.
    pub fn of(&self, customer: CustomerId, total: Money) -> Money {
        let currency = total.currency();
        let tolerance = self.tolerances.get(&currency).filter(|_| !self.blocked.contains(&customer));
        let Some(Tolerance { percent, cap }) = tolerance else { return Money::zero(currency) };
        let minor = i64::try_from(total.to_minor()).unwrap_or(i64::MAX);
        let part = (percent.fraction() * Decimal::from(minor)).trunc().to_i64().unwrap_or(i64::MAX);
        let cap = i64::try_from(cap.to_minor()).unwrap_or(i64::MAX);
        Money::from_minor(part.min(cap).max(0), currency)
    }

    /// How many days after its last day a discount is still granted.
    pub const fn granted_grace_days(&self) -> u16 {
        if self.accept_late_discount { self.grace_days } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn eur(text: &str) -> Money {
        Money::parse(text, Currency::EUR).unwrap()
    }

    #[test]
    fn a_tolerance_is_a_percentage_below_its_cap_and_not_for_everybody() {
        let [customer, blocked] = [1, 2].map(|seconds| CustomerId::at(DateTime::from_timestamp(seconds, 0).unwrap()));
        let tolerance = Tolerance { percent: Percent::parse("0.5").unwrap(), cap: eur("2.00") };
        let policy = TolerancePolicy {
            tolerances: [(Currency::EUR, tolerance)].into(),
            blocked: [blocked].into(),
            grace_days: 3,
            accept_late_discount: false,
        };
        assert_eq!(policy.of(customer, eur("119.99")), eur("0.59"));
        assert_eq!(policy.of(customer, eur("1000.00")), eur("2.00"));
        assert_eq!(policy.of(blocked, eur("1000.00")), eur("0.00"));
        let dollars = Money::from_minor(100_000, Currency::parse("USD").unwrap());
        assert!(policy.of(customer, dollars).is_zero());
        assert_eq!(policy.granted_grace_days(), 0);
        assert_eq!(TolerancePolicy { accept_late_discount: true, ..policy }.granted_grace_days(), 3);
    }
}
