//! Deposits: converts checks to entries, their invoices to advice, and checks totals.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::columns::{Check, Record, check, overflow};
use crate::{
    Advice, CurrencyCode, Detail, Entry, Event, Party, Place, StatementHead, StatementTail, Warning, WarningCode,
    fields,
};

/// The most invoices of a check.
const MAX_INVOICES: usize = 10_000;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Totals {
    items: u64,
    amount: Decimal,
}

impl Totals {
    fn add(&mut self, amount: Decimal) {
        self.items = self.items.saturating_add(1);
        self.amount = self.amount.saturating_add(amount);
    }
}

/// The deposit being read, and the output for its statement.
pub(super) struct Deposits<'a> {
    sink: &'a mut dyn FnMut(Event),
    origin: String,
    sent_on: Option<NaiveDate>,
    /// Lockbox and day of the open statement.
    open: Option<(String, Option<NaiveDate>)>,
    entry: Option<Box<Entry>>,
    key: String,
    batch: Totals,
    lockbox: Totals,
    records: u64,
    begun: bool,
    ended: bool,
    last_line: u64,
}

impl<'a> Deposits<'a> {
    pub(super) fn new(sink: &'a mut dyn FnMut(Event)) -> Deposits<'a> {
        Deposits {
            sink,
            origin: String::new(),
            sent_on: None,
            open: None,
            entry: None,
            key: String::new(),
            batch: Totals::default(),
            lockbox: Totals::default(),
            records: 0,
            begun: false,
            ended: false,
            last_line: 0,
        }
    }

    /// Processes the next record.
    pub(super) fn take(&mut self, record: &Record) {
        self.last_line = record.at;
        self.records = self.records.saturating_add(1);
        if record.kind() != '4' {
            self.flush();
        }
        match record.kind() {
            '1' => {
                self.origin = record.text(14, 23);
                self.sent_on = fields::date(&record.text(24, 29));
                (self.records, self.ended) = (1, false);
            }
            '2' => {}
            '5' => self.header(record.text(8, 14), fields::date(&record.text(15, 20))),
            '6' => self.check(record),
            '4' => self.overflow(record),
            '7' => self.batch_total(record),
            '8' => self.lockbox_total(record),
            '9' => self.trailer(record),
            _ => self.warn(record.at, WarningCode::Unexpected, "the line is not a record of a lockbox file"),
        }
    }

    /// Ends the last deposit. Returns whether there was one.
    pub(super) fn finish(mut self) -> bool {
        self.flush();
        if self.begun && !self.ended {
            let line = self.last_line;
            self.warn(line, WarningCode::Truncated, "the file ends without a trailer (9)");
        }
        self.end();
        self.begun
    }

    fn warn(&mut self, line: u64, code: WarningCode, message: impl Into<String>) {
        (self.sink)(Event::Warning(Warning { at: Place::Line(line), code, message: message.into() }));
    }

    /// Another batch of the same lockbox and day continues the deposit.
    fn header(&mut self, number: String, day: Option<NaiveDate>) {
        let day = day.or(self.sent_on);
        if self.open.as_ref().is_some_and(|(open, on)| *open == number && *on == day) {
            return;
        }
        self.end();
        self.begun = true;
        let on = day.map(|day| day.to_string()).unwrap_or_default();
        let head = StatementHead {
            id: format!("{number} {on}").trim().to_owned(),
            account: number.clone(),
            currency: Some(dollars()),
            owner: self.origin.clone(),
            advice_only: false,
        };
        (self.sink)(Event::Begin(head));
        self.open = Some((number, day));
    }

    fn check(&mut self, record: &Record) {
        let check = check(record);
        if self.open.is_none() {
            self.warn(record.at, WarningCode::Missing, "the check has no lockbox header (5) before it");
            self.header(String::new(), None);
        }
        let Some(amount) = check.amount else {
            self.warn(record.at, WarningCode::BadAmount, "the check's amount is not digits: it is left out");
            return;
        };
        self.batch.add(amount);
        self.lockbox.add(amount);
        let day = self.open.as_ref().and_then(|(_, day)| *day);
        self.key.clone_from(&check.key);
        self.entry = Some(Box::new(entry(record.at, check, amount, day)));
    }

    fn overflow(&mut self, record: &Record) {
        let belongs = self.entry.is_some() && record.text(2, 7) == self.key;
        if !belongs {
            self.warn(record.at, WarningCode::Unexpected, "the overflow record (4) has no check before it");
        }
        let Some(found) = overflow(record) else { return };
        let Some(detail) = self.entry.as_mut().filter(|_| belongs).and_then(|entry| entry.details.last_mut()) else {
            return;
        };
        if detail.advice.len() < MAX_INVOICES {
            let usd = |value| fields::amount(value, dollars());
            detail.advice.push(Advice {
                number: found.number,
                kind: "IV".to_owned(),
                paid: found.paid.map(usd),
                due: None,
                discount: found.deduction.filter(|deduction| !deduction.is_zero()).map(usd),
            });
        }
    }

    fn flush(&mut self) {
        if let Some(entry) = self.entry.take() {
            (self.sink)(Event::Entry(entry));
        }
    }

    /// Columns 21 to 23 items, 24 to 33 amount.
    fn batch_total(&mut self, record: &Record) {
        let found = std::mem::take(&mut self.batch);
        self.check_totals(record, "batch", (record.number(21, 23), record.amount(24, 33)), found);
    }

    /// Columns 21 to 24 items, 25 to 34 amount.
    fn lockbox_total(&mut self, record: &Record) {
        let found = self.lockbox;
        self.check_totals(record, "lockbox", (record.number(21, 24), record.amount(25, 34)), found);
        self.end();
    }

    fn check_totals(&mut self, record: &Record, level: &str, stated: (Option<u64>, Option<Decimal>), found: Totals) {
        let (items, amount) = stated;
        if items != Some(found.items) || amount != Some(found.amount) {
            let show = |text: Option<String>| text.unwrap_or_else(|| "nothing".to_owned());
            let text = format!(
                "the {level} total states {} checks of {}, the records give {} of {}",
                show(items.map(|items| items.to_string())),
                show(amount.map(|amount| amount.to_string())),
                found.items,
                found.amount
            );
            self.warn(record.at, WarningCode::ControlDiffers, text);
        }
    }

    /// Columns 2 to 7: number of records.
    fn trailer(&mut self, record: &Record) {
        self.end();
        self.ended = true;
        let stated = record.number(2, 7);
        if stated != Some(self.records) {
            let text = format!("the trailer does not state the file's {} records", self.records);
            self.warn(record.at, WarningCode::ControlDiffers, text);
        }
    }

    fn end(&mut self) {
        self.flush();
        if self.open.take().is_none() {
            return;
        }
        if self.lockbox.items == 0 {
            let line = self.last_line;
            self.warn(line, WarningCode::Empty, "the deposit has no checks");
        }
        (self.batch, self.lockbox) = (Totals::default(), Totals::default());
        (self.sink)(Event::End(StatementTail::default()));
    }
}

fn entry(at: u64, check: Check, amount: Decimal, day: Option<NaiveDate>) -> Entry {
    let counterparty = Party { name: check.remitter, account: check.account, bank: check.routing };
    Entry {
        at: Some(Place::Line(at)),
        booked_on: day,
        value_on: day,
        amount: fields::amount(amount, dollars()),
        bank_reference: check.key,
        customer_reference: check.number,
        code: "CHECK".to_owned(),
        information: check.dated_on.map(|date| format!("check of {date}")).unwrap_or_default(),
        details: vec![Detail { counterparty, ..Detail::default() }],
        ..Entry::default()
    }
}

/// Lockboxes are a service of US banks: the format has no currency.
fn dollars() -> CurrencyCode {
    CurrencyCode::parse("USD").unwrap_or(CurrencyCode::NONE)
}
