//! The records of a valid file.

use std::fmt::Write as _;

use rust_decimal::Decimal;

use super::{Account, AccountKind, Batch, Direction, File, Payment, Sec};
use crate::nacha::record::COLUMNS;

/// Records in a block.
const BLOCK: usize = 10;

/// Hashes are truncated to ten digits.
const HASH: u64 = 10_000_000_000;

/// The totals of control records.
#[derive(Debug, Clone, Copy, Default)]
struct Totals {
    records: u64,
    hash: u64,
    debits: Decimal,
    credits: Decimal,
}

impl Totals {
    fn add(&mut self, other: Totals) {
        self.records = self.records.saturating_add(other.records);
        self.hash = self.hash.saturating_add(other.hash) % HASH;
        self.debits = self.debits.saturating_add(other.debits);
        self.credits = self.credits.saturating_add(other.credits);
    }

    fn columns(self) -> String {
        format!("{:010}{:0>12}{:0>12}", self.hash, cents(self.debits), cents(self.credits))
    }
}

#[derive(Default)]
struct Writer {
    text: String,
    records: usize,
}

impl Writer {
    fn record(&mut self, columns: &str) {
        let _ = writeln!(self.text, "{columns:<COLUMNS$}");
        self.records = self.records.saturating_add(1);
    }
}

/// The file as text.
pub(super) fn file(file: &File) -> String {
    let mut out = Writer::default();
    out.record(&format!(
        "101 {:>9}{:>10}{}{}{}094101{:<23}{:<23}{:<8}",
        file.destination,
        file.origin,
        file.created_on.format("%y%m%d"),
        file.created_at.format("%H%M"),
        file.id_modifier,
        file.destination_name,
        file.origin_name,
        file.reference,
    ));
    let mut totals = Totals::default();
    for (place, batch) in file.batches.iter().enumerate() {
        totals.add(write_batch(&mut out, batch, place.saturating_add(1)));
    }
    let blocks = out.records.saturating_add(1).div_ceil(BLOCK);
    out.record(&format!("9{:06}{blocks:06}{:08}{}", file.batches.len(), totals.records, totals.columns()));
    while out.records % BLOCK != 0 {
        out.record(&"9".repeat(COLUMNS));
    }
    out.text
}

fn write_batch(out: &mut Writer, batch: &Batch, number: usize) -> Totals {
    let entries = with_offset(batch);
    let class = service_class(&entries);
    out.record(&format!(
        "5{class}{:<16}{:<20}{:<10}{}{:<10}{:<6}{}   1{}{number:07}",
        batch.company,
        batch.discretionary,
        batch.company_id,
        batch.sec.label(),
        batch.description,
        batch.descriptive_date,
        batch.effective_on.format("%y%m%d"),
        batch.originating_bank,
    ));
    let mut totals = Totals::default();
    for (place, payment) in entries.iter().enumerate() {
        totals.add(write_entry(out, batch, payment, place.saturating_add(1)));
    }
    out.record(&format!(
        "8{class}{:06}{}{:<10}{:25}{}{number:07}",
        totals.records,
        totals.columns(),
        batch.company_id,
        "",
        batch.originating_bank,
    ));
    totals
}

/// The payments, and, in a balanced batch, the offsets that bring their sum to zero: an entry for each side.
fn with_offset(batch: &Batch) -> Vec<Payment> {
    let mut entries = batch.payments.clone();
    let Some(account) = &batch.offset else { return entries };
    for direction in [Direction::Credit, Direction::Debit] {
        let of_side = batch.payments.iter().filter(|payment| payment.direction == direction);
        let sum = of_side.fold(Decimal::ZERO, |sum, payment| sum.saturating_add(payment.amount));
        if !sum.is_zero() {
            entries.extend(offsets(batch, account, direction.other(), sum));
        }
    }
    entries
}

/// An entry has at most ten digits, so a large sum takes several.
fn offsets(batch: &Batch, account: &Account, direction: Direction, sum: Decimal) -> Vec<Payment> {
    let most = Decimal::new(9_999_999_999, 2);
    let width = if batch.sec == Sec::Ctx { 16 } else { 22 };
    let mut rest = sum;
    let mut entries = Vec::new();
    while !rest.is_zero() {
        let amount = rest.min(most);
        rest = rest.saturating_sub(amount);
        entries.push(Payment {
            account: account.clone(),
            direction,
            amount,
            prenotification: false,
            individual_id: String::new(),
            name: batch.company.chars().take(width).collect(),
            addenda: Vec::new(),
        });
    }
    entries
}

/// 200: both sides; 220: credits; 225: debits.
fn service_class(entries: &[Payment]) -> &'static str {
    let has = |direction| entries.iter().any(|payment| payment.direction == direction);
    match (has(Direction::Credit), has(Direction::Debit)) {
        (true, false) => "220",
        (false, true) => "225",
        _ => "200",
    }
}

fn write_entry(out: &mut Writer, batch: &Batch, payment: &Payment, number: usize) -> Totals {
    let trace = format!("{}{number:07}", batch.originating_bank);
    let count = payment.addenda.len();
    let receiver = match batch.sec {
        Sec::Ppd | Sec::Ccd => format!("{:<22}", payment.name),
        Sec::Ctx => format!("{count:04}{:<16}  ", payment.name),
    };
    out.record(&format!(
        "6{}{}{:<17}{:0>10}{:<15}{receiver}  {}{trace}",
        transaction_code(payment),
        payment.account.routing,
        payment.account.number,
        cents(payment.amount),
        payment.individual_id,
        u8::from(count > 0),
    ));
    for (place, text) in payment.addenda.iter().enumerate() {
        out.record(&format!("705{text:<80}{:04}{number:07}", place.saturating_add(1)));
    }
    let bank: String = payment.account.routing.chars().take(8).collect();
    let zero = Decimal::ZERO;
    let (credits, debits) = match payment.direction {
        Direction::Credit => (payment.amount, zero),
        Direction::Debit => (zero, payment.amount),
    };
    let records = u64::try_from(count).unwrap_or(u64::MAX).saturating_add(1);
    Totals { records, hash: bank.parse().unwrap_or(0), debits, credits }
}

fn transaction_code(payment: &Payment) -> u8 {
    let tens = match payment.account.kind {
        AccountKind::Checking => 20,
        AccountKind::Savings => 30,
    };
    let ones: u8 = match payment.direction {
        Direction::Credit => 2,
        Direction::Debit => 7,
    };
    ones.saturating_add(tens).saturating_add(payment.prenotification.into())
}

/// A valid amount, with at most two decimals, in cents.
fn cents(amount: Decimal) -> String {
    amount.saturating_mul(Decimal::ONE_HUNDRED).trunc().normalize().to_string()
}
