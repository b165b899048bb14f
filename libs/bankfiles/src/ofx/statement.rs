//! A statement of an account, a card or a broker: everything but its transactions.

use super::transaction::{Transaction, amount, day, shortened};
use crate::{Amount, Balance, BalanceKind, CurrencyCode, Place, StatementHead, StatementTail, Warning, WarningCode};

/// The most balances of a statement: more are skipped.
const MOST_BALANCES: usize = 1_000;

/// A `STMTRS`, `CCSTMTRS` or `INVSTMTRS` while it is read.
#[derive(Debug, Default)]
pub(super) struct Statement {
    head: StatementHead,
    line: u64,
    currency: String,
    begun: bool,
    balances: Vec<Balance>,
    balance_amount: Option<String>,
    balance_day: String,
    balance_line: u64,
    /// The open statement.
    pub(super) transaction: Option<Transaction>,
}

impl Statement {
    pub(super) fn new(line: u64) -> Statement {
        Statement { line, ..Statement::default() }
    }

    /// Its head, at the first call.
    pub(super) fn begin(&mut self) -> Option<StatementHead> {
        (!std::mem::replace(&mut self.begun, true)).then(|| self.head.clone())
    }

    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    pub(super) fn currency(&self) -> Option<CurrencyCode> {
        self.head.currency
    }

    /// Processes an element. `within` is the innermost aggregate around it.
    pub(super) fn take(&mut self, within: &str, name: &str, text: &str, line: u64) {
        match (within, name) {
            ("STMTRS" | "CCSTMTRS" | "INVSTMTRS", "CURDEF") => {
                text.clone_into(&mut self.currency);
                self.head.currency = CurrencyCode::parse(text);
            }
            ("BANKACCTFROM" | "CCACCTFROM" | "INVACCTFROM", "ACCTID") if self.transaction.is_none() => {
                text.clone_into(&mut self.head.account);
            }
            ("LEDGERBAL" | "AVAILBAL", "BALAMT") => {
                self.balance_amount = Some(text.to_owned());
                self.balance_line = line;
            }
            ("LEDGERBAL" | "AVAILBAL", "DTASOF") => text.clone_into(&mut self.balance_day),
            _ => {
                if let Some(transaction) = &mut self.transaction {
                    transaction.take(within, name, text);
                }
            }
        }
    }

    /// The warnings about the head.
    pub(super) fn check_head(&self) -> Vec<Warning> {
        let at = Place::Line(self.line);
        let mut warnings = Vec::new();
        if self.head.account.is_empty() {
            let message = "the statement names no account (ACCTID)".to_owned();
            warnings.push(Warning { at, code: WarningCode::Missing, message });
        }
        if self.head.currency.is_none() {
            let message =
                format!("the statement has no currency of three letters (CURDEF): `{}`", shortened(&self.currency));
            warnings.push(Warning { at, code: WarningCode::BadCurrency, message });
        }
        warnings
    }

    /// Ends a `LEDGERBAL` or `AVAILBAL`.
    pub(super) fn end_balance(&mut self, code: &str) -> Vec<Warning> {
        let at = Place::Line(self.balance_line.max(self.line));
        let (given, on) = (self.balance_amount.take(), std::mem::take(&mut self.balance_day));
        let given = given.unwrap_or_default();
        let Ok(value) = amount(&given) else {
            let message = format!("{code} is not an amount: `{}`", shortened(&given));
            return vec![Warning { at, code: WarningCode::BadAmount, message }];
        };
        if self.balances.len() < MOST_BALANCES {
            let kind = if code == "LEDGERBAL" { BalanceKind::Closing } else { BalanceKind::Other };
            let currency = self.currency().unwrap_or(CurrencyCode::NONE);
            let amount = Amount { value, currency };
            self.balances.push(Balance { kind, code: code.to_owned(), amount, on: day(&on) });
        }
        Vec::new()
    }

    /// Its balances.
    pub(super) fn tail(self) -> StatementTail {
        let closing = self.balances.iter().find(|balance| balance.kind == BalanceKind::Closing).cloned();
        StatementTail { opening: None, closing, balances: self.balances }
    }
}
