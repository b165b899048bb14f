//! What every acknowledged call means, kept apart from the suite.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

/// An invoice that was answered.
#[derive(Debug, Clone)]
pub struct KnownInvoice {
    /// Its number.
    pub number: String,
    /// Its total.
    pub total: Decimal,
    /// What payments naming it have been sent, whether answered or not; never more than its total.
    pub promised: Decimal,
    /// What a payment that names it was sent from.
    pub customer: usize,
}

/// A payment that was answered.
#[derive(Debug, Clone)]
pub struct KnownPayment {
    /// How much came.
    pub amount: Decimal,
    /// The invoice it names, if it names one.
    pub names: Option<String>,
    /// Whether it was taken off its invoice again.
    pub is_unapplied: bool,
}

impl KnownPayment {
    /// What of it must be on an invoice once all is healed.
    pub fn applied(&self) -> Decimal {
        if self.names.is_some() && !self.is_unapplied { self.amount } else { Decimal::ZERO }
    }
}

/// Everything that was answered.
#[derive(Debug, Default)]
pub struct Model {
    /// By id.
    pub invoices: BTreeMap<String, KnownInvoice>,
    /// By id.
    pub payments: BTreeMap<String, KnownPayment>,
    /// Runs of reminders.
    pub runs: BTreeSet<String>,
    /// Messages that are no events, put on invoicing's topic by us.
    pub garbage: usize,
    /// Calls that were answered.
    pub calls: usize,
}

impl Model {
    /// An invoice with something left to promise: its id and itself, by a number that was drawn.
    pub fn draw_payable(&self, drawn: usize) -> Option<(String, KnownInvoice)> {
        let payable: Vec<_> = self.invoices.iter().filter(|(_, invoice)| invoice.promised < invoice.total).collect();
        let (id, invoice) = payable.get(drawn.checked_rem(payable.len())?)?;
        Some(((*id).clone(), (*invoice).clone()))
    }

    /// What must be settled of an invoice once all is healed.
    pub fn settled(&self, invoice: &str) -> Decimal {
        let naming = self.payments.values().filter(|payment| payment.names.as_deref() == Some(invoice));
        naming.map(KnownPayment::applied).sum()
    }

    /// What must be open in all.
    pub fn open_total(&self) -> Decimal {
        let total: Decimal = self.invoices.values().map(|invoice| invoice.total).sum();
        total - self.payments.values().map(KnownPayment::applied).sum::<Decimal>()
    }
}
