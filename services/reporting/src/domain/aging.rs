//! Open balances by how long they are past due.

use quittance_kernel::{Buckets, Currency, Money, MoneyError};

/// How many buckets there are: not due, 1 to 30, 31 to 60, 61 to 90, and over 90 days past due.
pub const BUCKETS: usize = 5;

/// An open balance in buckets. Each item is in exactly one, so the buckets sum to what is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgingAmounts {
    amounts: [Money; BUCKETS],
}

impl AgingAmounts {
    /// Nothing open.
    pub const fn zero(currency: Currency) -> AgingAmounts {
        AgingAmounts { amounts: [Money::zero(currency); BUCKETS] }
    }

    /// The balance with an item's open amount more, so many days past due. Zero and below is not due.
    ///
    /// # Errors
    /// `CurrencyMismatch`, `TooLarge`.
    pub fn add(self, days_past_due: i64, open: Money) -> Result<AgingAmounts, MoneyError> {
        self.add_to(Buckets::standard().bucket_of(days_past_due), open)
    }

    /// The balance with more in the bucket of this index, which the standard buckets of the kernel gave; the last one
    /// holds whatever is beyond.
    ///
    /// # Errors
    /// `CurrencyMismatch`, `TooLarge`.
    pub fn add_to(mut self, bucket: usize, open: Money) -> Result<AgingAmounts, MoneyError> {
        let amount = &mut self.amounts[bucket.min(BUCKETS - 1)];
        *amount = amount.checked_add(open)?;
        Ok(self)
    }

    /// Both balances together.
    ///
    /// # Errors
    /// `CurrencyMismatch`, `TooLarge`.
    pub fn plus(self, other: AgingAmounts) -> Result<AgingAmounts, MoneyError> {
        other.amounts.into_iter().enumerate().try_fold(self, |sum, (bucket, open)| sum.add_to(bucket, open))
    }

    /// What is open in all.
    ///
    /// # Errors
    /// `TooLarge`.
    pub fn total(&self) -> Result<Money, MoneyError> {
        Money::sum(self.currency(), self.amounts)
    }

    /// What is past due.
    ///
    /// # Errors
    /// `TooLarge`.
    pub fn past_due(&self) -> Result<Money, MoneyError> {
        self.total()?.checked_sub(self.not_due())
    }

    /// Its currency.
    pub const fn currency(&self) -> Currency {
        self.amounts[0].currency()
    }

    /// Due on the date or later.
    pub const fn not_due(&self) -> Money {
        self.amounts[0]
    }

    /// 1 to 30 days past due.
    pub const fn days_1_to_30(&self) -> Money {
        self.amounts[1]
    }

    /// 31 to 60 days past due.
    pub const fn days_31_to_60(&self) -> Money {
        self.amounts[2]
    }

    /// 61 to 90 days past due.
    pub const fn days_61_to_90(&self) -> Money {
        self.amounts[3]
    }

    /// 91 days past due and more.
    pub const fn over_90(&self) -> Money {
        self.amounts[4]
    }

    /// The buckets in order.
    pub const fn amounts(&self) -> &[Money; BUCKETS] {
        &self.amounts
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    fn aging(items: &[(i64, i64)]) -> AgingAmounts {
        let zero = AgingAmounts::zero(Currency::EUR);
        items.iter().try_fold(zero, |sum, (days, minor)| sum.add(*days, eur(*minor))).unwrap()
    }

    #[test]
    fn the_buckets_are_the_kernels() {
        assert_eq!(Buckets::standard().labels().len(), BUCKETS);
    }

    #[test]
    fn due_today_is_not_past_due() {
        let items = [(-5, 1), (0, 2), (1, 10), (30, 20), (31, 100), (60, 200), (61, 1_000), (90, 2_000), (91, 10_000)];
        let aging = aging(&items);
        assert_eq!(aging.amounts(), &[eur(3), eur(30), eur(300), eur(3_000), eur(10_000)]);
        assert_eq!((aging.not_due(), aging.over_90(), aging.past_due()), (eur(3), eur(10_000), Ok(eur(13_330))));
    }

    #[test]
    fn currencies_are_never_added() {
        let dollars = Money::from_minor(1, Currency::USD);
        assert!(AgingAmounts::zero(Currency::EUR).add(0, dollars).is_err());
    }

    proptest! {
        /// The buckets partition what is open: nothing is lost, nothing counts twice, wherever the book is cut.
        #[test]
        fn buckets_partition_the_open_balance(
            items in prop::collection::vec((-400i64..400, 0i64..1_000_000), 0..60),
            cut in 0usize..60,
        ) {
            let open: i64 = items.iter().map(|(_, minor)| minor).sum();
            let whole = aging(&items);
            prop_assert_eq!(whole.total(), Ok(eur(open)));
            let (first, second) = items.split_at(cut.min(items.len()));
            prop_assert_eq!(aging(first).plus(aging(second)), Ok(whole));
            let late: i64 = items.iter().filter(|(days, _)| *days > 0).map(|(_, minor)| minor).sum();
            prop_assert_eq!(whole.past_due(), Ok(eur(late)));
        }
    }
}
