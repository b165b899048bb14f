//! Statements of account: the movements of a period between two balances.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::{CreditId, ItemId, Money, MoneyError};

use super::customer_credit::CreditEntryKind;
use super::entry::EntryKind;

/// The most movements of a statement.
pub(crate) const MAX_LINES: u16 = 10_000;

/// What a movement moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Moved {
    /// An item.
    Item(ItemId, EntryKind),
    /// A credit on account.
    Credit(CreditId, CreditEntryKind),
}

/// A movement of the customer's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Movement {
    /// The effective date.
    pub effective_on: NaiveDate,
    /// The recorded time.
    pub recorded_at: DateTime<Utc>,
    /// The item or credit, and its kind.
    pub moved: Moved,
    /// The document's number.
    pub number: String,
    /// The amount; positive increases the balance.
    pub amount: Money,
}

/// A movement and the balance after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StatementLine {
    /// The movement.
    pub movement: Movement,
    /// The balance after it.
    pub balance: Money,
}

/// A customer's account over a period, in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    /// First day.
    pub from_on: NaiveDate,
    /// Last day.
    pub to_on: NaiveDate,
    /// The opening balance, before the first day.
    pub opening: Money,
    /// The movements, by effective date and recorded time.
    pub lines: Vec<StatementLine>,
    /// The closing balance, at the end of the last day: what is open on items, less what remains of credits.
    pub closing: Money,
    /// What is open on items at the end of the last day.
    pub closing_items: Money,
    /// What remains of credits at the end of the last day.
    pub closing_credits: Money,
}

impl Statement {
    /// The statement of a period. `carried` is the sum of movements not given, all before the period;
    /// given ones before it are added to the opening balance, and those after it are ignored. `closing_credits` is what
    /// remains of credits at its end, which the movements have.
    ///
    /// # Errors
    /// `CurrencyMismatch` if a movement is in another currency than `carried`; `TooLarge`.
    pub(crate) fn of(
        from_on: NaiveDate,
        to_on: NaiveDate,
        carried: Money,
        movements: Vec<Movement>,
        closing_credits: Money,
    ) -> Result<Statement, MoneyError> {
        let mut movements = movements;
        movements.retain(|movement| movement.effective_on <= to_on);
        movements.sort_by_key(|movement| (movement.effective_on, movement.recorded_at, movement.moved));
        let first = movements.partition_point(|movement| movement.effective_on < from_on);
        let within = movements.split_off(first);
        let opening = movements.iter().try_fold(carried, |sum, movement| sum.checked_add(movement.amount))?;
        let mut closing = opening;
        let mut lines = Vec::with_capacity(within.len());
        for movement in within {
            closing = closing.checked_add(movement.amount)?;
            lines.push(StatementLine { movement, balance: closing });
        }
        let closing_items = closing.checked_add(closing_credits)?;
        Ok(Statement { from_on, to_on, opening, lines, closing, closing_items, closing_credits })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quittance_kernel::Currency;

    use super::*;
    use crate::domain::samples::{day, eur, now};

    fn movement(effective_on: &str, kind: EntryKind, amount: &str) -> Movement {
        let moved = Moved::Item(ItemId::at(now()), kind);
        let number = "INV-000001".to_owned();
        Movement { effective_on: day(effective_on), recorded_at: now(), moved, number, amount: eur(amount) }
    }

    #[test]
    fn balances_run_from_opening_to_closing() {
        let movements = vec![
            movement("2026-03-20", EntryKind::Settlement, "-30.00"),
            movement("2026-02-10", EntryKind::Document, "100.00"),
            movement("2026-03-01", EntryKind::Document, "50.00"),
            movement("2026-04-01", EntryKind::Settlement, "-100.00"),
            movement("2026-03-31", EntryKind::Discount, "-2.00"),
        ];
        let statement =
            Statement::of(day("2026-03-01"), day("2026-03-31"), eur("7.00"), movements, eur("25.00")).unwrap();
        assert_eq!((statement.opening, statement.closing), (eur("107.00"), eur("125.00")));
        assert_eq!(statement.closing_items, eur("150.00"));
        let balances: Vec<Money> = statement.lines.iter().map(|line| line.balance).collect();
        assert_eq!(balances, [eur("157.00"), eur("127.00"), eur("125.00")]);
    }

    #[test]
    fn a_quiet_period_keeps_the_balance() {
        let statement = Statement::of(day("2026-03-01"), day("2026-03-31"), eur("7.00"), vec![], eur("0.00")).unwrap();
        assert_eq!((statement.opening, statement.closing, statement.lines.len()), (eur("7.00"), eur("7.00"), 0));
    }

    proptest! {
        /// The closing balance of one period opens the next, wherever the line is drawn.
        #[test]
        fn statements_join(amounts in prop::collection::vec((0u64..60, -5_000i64..5_000), 0..30), cut in 1u64..59) {
            let start = day("2026-03-01");
            let movements: Vec<Movement> = amounts
                .into_iter()
                .map(|(days, minor)| Movement {
                    effective_on: start + chrono::Days::new(days),
                    amount: Money::from_minor(minor, Currency::EUR),
                    ..movement("2026-03-01", EntryKind::Document, "0.00")
                })
                .collect();
            let (middle, end) = (start + chrono::Days::new(cut), start + chrono::Days::new(60));
            let eve = middle.pred_opt().unwrap();
            let first = Statement::of(start, eve, eur("0.00"), movements.clone(), eur("0.00")).unwrap();
            let second = Statement::of(middle, end, eur("0.00"), movements.clone(), eur("0.00")).unwrap();
            let whole = Statement::of(start, end, eur("0.00"), movements, eur("0.00")).unwrap();
            prop_assert_eq!(first.closing, second.opening);
            prop_assert_eq!(whole.closing, second.closing);
            prop_assert_eq!(whole.lines, [first.lines, second.lines].concat());
        }
    }
}
