//! Totals while reading: sums by currency, and a check of each statement's balances.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::{Amount, CurrencyCode, EntryStatus, Event, Place, StatementTail, Warning, WarningCode};

/// A count and a sum, which is positive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// Entries.
    pub count: u64,
    /// Their amounts.
    pub sum: Decimal,
}

/// Sums a statement's entries, and at its end checks that opening balance and booked entries give the closing balance.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    advice_only: bool,
    by_currency: BTreeMap<CurrencyCode, (Sums, Sums)>,
    booked: BTreeMap<CurrencyCode, Decimal>,
}

impl Tally {
    /// Credits and debits, by currency.
    pub fn totals(&self) -> impl Iterator<Item = (CurrencyCode, Sums, Sums)> {
        self.by_currency.iter().map(|(currency, (credits, debits))| (*currency, *credits, *debits))
    }

    /// Processes an event. Returns a warning about the statement that it ends.
    pub fn count(&mut self, event: &Event, at: Place) -> Option<Warning> {
        match event {
            Event::Begin(head) => *self = Tally { advice_only: head.advice_only, ..Tally::default() },
            Event::Entry(entry) => self.add(entry.amount, entry.status),
            Event::End(tail) => return self.does_not_tie(tail, at),
            Event::Warning(_) => {}
        }
        None
    }

    fn add(&mut self, amount: Amount, status: EntryStatus) {
        let (credits, debits) = self.by_currency.entry(amount.currency).or_default();
        let side = if amount.value.is_sign_negative() { debits } else { credits };
        side.count += 1;
        side.sum = side.sum.saturating_add(amount.value.abs());
        if status == EntryStatus::Booked {
            let booked = self.booked.entry(amount.currency).or_default();
            *booked = booked.saturating_add(amount.value);
        }
    }

    fn does_not_tie(&self, tail: &StatementTail, at: Place) -> Option<Warning> {
        let (Some(opening), Some(closing)) = (&tail.opening, &tail.closing) else { return None };
        let currency = closing.amount.currency;
        if self.advice_only || opening.amount.currency != currency {
            return None;
        }
        let moved = self.booked.get(&currency).copied().unwrap_or_default();
        let expected = opening.amount.value.saturating_add(moved);
        (expected != closing.amount.value).then(|| Warning {
            at,
            code: WarningCode::BalancesDoNotTie,
            message: format!(
                "the opening balance {} and booked entries of {moved} give {expected} {currency}, the closing balance is {}",
                opening.amount.value, closing.amount.value
            ),
        })
    }
}
