//! A statement, report or notification: everything but its entries.

use super::{
    balance,
    fields::{Context, shortened, warn},
    parties,
    summary::Summary,
};
use crate::{
    Balance, CurrencyCode, Entry, Place, StatementHead, StatementTail, Warning, WarningCode,
    xml::{Node, Tag},
};

/// The most balances of a statement: more are skipped.
const MOST_BALANCES: usize = 10_000;

/// A `Stmt`, `Rpt` or `Ntfctn` while it is read.
#[derive(Debug, Default)]
pub(super) struct Statement {
    head: StatementHead,
    line: u64,
    begun: bool,
    account_seen: bool,
    balances: Vec<Balance>,
    summary: Summary,
}

impl Statement {
    pub(super) fn new(tag: &Tag) -> Statement {
        let head = StatementHead { advice_only: tag.name != "Stmt", ..StatementHead::default() };
        Statement { head, line: tag.line, ..Statement::default() }
    }

    /// Whether an element of a statement is read.
    pub(super) fn wants(name: &str) -> bool {
        matches!(name, "Id" | "Acct" | "Bal" | "TxsSummry")
    }

    /// Its head, at the first call.
    pub(super) fn begin(&mut self) -> Option<StatementHead> {
        (!std::mem::replace(&mut self.begun, true)).then(|| self.head.clone())
    }

    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    pub(super) fn context(&self) -> Context {
        Context { account: self.head.account.clone(), currency: self.currency() }
    }

    fn currency(&self) -> Option<CurrencyCode> {
        self.head.currency.or_else(|| self.balances.first().map(|balance| balance.amount.currency))
    }

    /// Processes an element.
    pub(super) fn take(&mut self, node: &Node) -> Vec<Warning> {
        let mut warnings = Vec::new();
        match node.name() {
            "Id" => node.text().clone_into(&mut self.head.id),
            "Acct" => self.account(node, &mut warnings),
            "Bal" if self.balances.len() < MOST_BALANCES => {
                self.balances.extend(balance::read(node, &self.context(), &mut warnings));
            }
            "TxsSummry" => self.summary.take(node),
            _ => {}
        }
        warnings
    }

    fn account(&mut self, node: &Node, warnings: &mut Vec<Warning>) {
        if self.begun {
            warnings.push(warn(node, WarningCode::Unexpected, "the account comes after the entries"));
        }
        self.account_seen = true;
        self.head.account = parties::account(node);
        self.head.owner = node.first_text(&["Ownr/Nm", "Ownr/Pty/Nm", "Nm"]);
        let currency = node.text_at("Ccy");
        self.head.currency = CurrencyCode::parse(currency);
        if self.head.currency.is_none() && !currency.is_empty() {
            let message = format!("the account's currency is not three letters: `{}`", shortened(currency));
            warnings.push(warn(node, WarningCode::BadCurrency, message));
        }
        if self.head.account.is_empty() {
            warnings.push(warn(node, WarningCode::Missing, "the account has no number"));
        }
    }

    /// Counts an entry.
    pub(super) fn count(&mut self, entry: &Entry) {
        self.summary.count(entry);
    }

    /// The warnings about the statement as a whole.
    pub(super) fn check_end(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if !self.account_seen {
            warnings.push(Warning {
                at: Place::Line(self.line),
                code: WarningCode::Missing,
                message: "the statement names no account".to_owned(),
            });
        }
        warnings.extend(self.summary.differs(Place::Line(self.line)));
        warnings
    }

    /// Its balances.
    pub(super) fn tail(&mut self) -> StatementTail {
        balance::tail(std::mem::take(&mut self.balances))
    }
}
