//! The report: converts its records to statements, and checks its control totals.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::codes::{CLOSING_LEDGER, Kind, OPENING_LEDGER, decimals, kind};
use super::information;
use super::record::Record;
use super::transaction::{Funds, Transaction, summaries, transaction};
use crate::{
    Balance, BalanceKind, CurrencyCode, Entry, EntryStatus, Event, Place, StatementHead, StatementTail, Warning,
    WarningCode, fields, parse_amount,
};

/// The most balances of an account.
const MAX_BALANCES: usize = 1_000;

/// The totals stated by a trailer, and those computed.
#[derive(Default)]
struct Control {
    /// In the smallest unit, signed as written.
    total: Decimal,
    members: u64,
    records: u64,
}

struct Account {
    at: u64,
    currency: CurrencyCode,
    tail: StatementTail,
    control: Control,
    entries: u64,
    figures: u64,
}

#[derive(Default)]
struct Group {
    open: bool,
    currency: Option<CurrencyCode>,
    as_of: Option<NaiveDate>,
    control: Control,
}

/// The report being read, and the output for its statements.
pub(super) struct Report<'a> {
    sink: &'a mut dyn FnMut(Event),
    version: String,
    file: Control,
    group: Group,
    account: Option<Account>,
    begun: bool,
    ended: bool,
    last_line: u64,
}

impl<'a> Report<'a> {
    pub(super) fn new(sink: &'a mut dyn FnMut(Event)) -> Report<'a> {
        Report {
            sink,
            version: String::new(),
            file: Control::default(),
            group: Group::default(),
            account: None,
            begun: false,
            ended: false,
            last_line: 0,
        }
    }

    /// Processes the next record.
    pub(super) fn take(&mut self, record: &Record) {
        self.last_line = record.at.saturating_add(record.count).saturating_sub(1);
        if record.cut {
            self.warn(record.at, WarningCode::BadField, "the record is longer than 256 KiB and is cut");
        }
        match record.code.as_str() {
            "01" => self.file_header(record),
            "02" => self.group_header(record),
            "03" => self.account(record),
            "16" => self.transaction(record),
            "49" => self.account_trailer(record),
            "98" => self.group_trailer(record),
            "99" => self.file_trailer(record),
            code => {
                let text = format!("{:?} is not a record code", code.chars().take(10).collect::<String>());
                self.warn(record.at, WarningCode::Unexpected, text);
            }
        }
    }

    /// Ends the report. Returns the format's name; `None` if it has no account.
    pub(super) fn finish(mut self) -> Option<String> {
        let line = self.last_line;
        if self.begun && !self.ended {
            self.warn(line, WarningCode::Truncated, "the file ends without a file trailer (99)");
        }
        self.end_account(None);
        let name = if self.version == "3" { "btrs" } else { "bai2" };
        self.begun.then(|| name.to_owned())
    }

    fn warn(&mut self, line: u64, code: WarningCode, message: impl Into<String>) {
        (self.sink)(Event::Warning(Warning { at: Place::Line(line), code, message: message.into() }));
    }

    /// Sender, receiver, date, time, id, record length, block size, version.
    fn file_header(&mut self, record: &Record) {
        self.end_account(Some(record.at));
        record.fields().nth(7).unwrap_or_default().clone_into(&mut self.version);
        self.file = Control { records: record.count, ..Control::default() };
        self.group = Group::default();
        self.ended = false;
    }

    /// Receiver, originator, status, as-of date, as-of time, currency, modifier.
    fn group_header(&mut self, record: &Record) {
        self.end_account(Some(record.at));
        if self.group.open {
            self.warn(record.at, WarningCode::Missing, "the group before has no trailer (98)");
        }
        let mut parts = record.fields().skip(3);
        let date = parts.next().unwrap_or_default();
        let as_of = fields::date(date);
        if as_of.is_none() {
            self.warn(record.at, WarningCode::BadDate, "the group's as-of date is not YYMMDD");
        }
        let currency = parts.nth(1).and_then(CurrencyCode::parse);
        let control = Control { records: record.count, ..Control::default() };
        self.group = Group { open: true, currency, as_of, control };
    }

    /// Number, currency, then type code, amount, item count and funds type for each figure.
    fn account(&mut self, record: &Record) {
        self.end_account(Some(record.at));
        let mut parts = record.fields();
        let number = parts.next().unwrap_or_default();
        let named = parts.next().unwrap_or_default();
        if CurrencyCode::parse(named).is_none() && !named.is_empty() {
            self.warn(record.at, WarningCode::BadCurrency, "the account's currency is not three letters");
        }
        let stated = CurrencyCode::parse(named).or(self.group.currency);
        // The standard's default.
        let currency = stated.or(CurrencyCode::parse("USD")).unwrap_or(CurrencyCode::NONE);
        let head = StatementHead { account: number.to_owned(), currency: Some(currency), ..StatementHead::default() };
        self.begun = true;
        (self.sink)(Event::Begin(head));
        let control = Control { records: record.count, ..Control::default() };
        let tail = StatementTail::default();
        let mut account = Account { at: record.at, currency, tail, control, entries: 0, figures: 0 };
        for summary in summaries(parts) {
            self.figure(&mut account, summary.code, summary.amount);
        }
        self.account = Some(account);
    }

    fn figure(&mut self, account: &mut Account, code: &str, amount: &str) {
        let number = code.parse::<u16>().ok().filter(|_| code.len() == 3);
        if amount.is_empty() && number.is_some() {
            return;
        }
        let value = read_amount(amount, account.currency);
        let (Some(number), Some(value)) = (number, value) else {
            let text = "a type code and amount are not written as they should be and are left out";
            self.warn(account.at, WarningCode::BadAmount, text);
            return;
        };
        account.figures = account.figures.saturating_add(1);
        account.control.total = account.control.total.saturating_add(smallest_units(value, account.currency));
        if kind(number) != Kind::Status {
            return;
        }
        let balance_kind = match number {
            OPENING_LEDGER => BalanceKind::Opening,
            CLOSING_LEDGER => BalanceKind::Closing,
            _ => BalanceKind::Other,
        };
        let amount = fields::amount(value, account.currency);
        let balance = Balance { kind: balance_kind, code: code.to_owned(), amount, on: self.group.as_of };
        match balance_kind {
            BalanceKind::Opening => account.tail.opening = Some(balance.clone()),
            BalanceKind::Closing => account.tail.closing = Some(balance.clone()),
            BalanceKind::Other => {}
        }
        if account.tail.balances.len() < MAX_BALANCES {
            account.tail.balances.push(balance);
        }
    }

    fn transaction(&mut self, record: &Record) {
        let Some(mut account) = self.account.take() else {
            self.warn(record.at, WarningCode::Unexpected, "a transaction (16) is outside an account");
            return;
        };
        account.control.records = account.control.records.saturating_add(record.count);
        let read = transaction(record);
        if let Some(value) = self.value_of(record.at, &read, &account) {
            let units = smallest_units(value, account.currency);
            account.control.total = account.control.total.saturating_add(units);
            if let Some(entry) = self.entry(record.at, &read, value, account.currency) {
                account.entries = account.entries.saturating_add(1);
                (self.sink)(Event::Entry(entry));
            }
        }
        self.account = Some(account);
    }

    fn value_of(&mut self, at: u64, read: &Transaction<'_>, account: &Account) -> Option<Decimal> {
        if read.amount.is_empty() {
            if read.code != "890" {
                self.warn(at, WarningCode::Missing, "the transaction has no amount: taken as zero");
            }
            return Some(Decimal::ZERO);
        }
        let value = read_amount(read.amount, account.currency);
        if value.is_none() {
            self.warn(at, WarningCode::BadAmount, "the transaction's amount is not digits: it is left out");
        }
        value
    }

    fn entry(&mut self, at: u64, read: &Transaction<'_>, value: Decimal, currency: CurrencyCode) -> Option<Box<Entry>> {
        let side = read.code.parse().ok().filter(|_| read.code.len() == 3).map_or(Kind::None, kind);
        let debit = match side {
            Kind::Credit => false,
            Kind::Debit => true,
            Kind::Status | Kind::None if value.is_zero() => return None,
            Kind::Status | Kind::None => {
                let text =
                    format!("type code {:?} has no side: left out", read.code.chars().take(10).collect::<String>());
                self.warn(at, WarningCode::NoSide, text);
                return None;
            }
        };
        let value_on = match read.funds {
            Funds::Unknown | Funds::Immediate => self.group.as_of,
            Funds::On(day) => day,
            Funds::Later => None,
        };
        let mut entry = Entry {
            at: Some(Place::Line(at)),
            booked_on: self.group.as_of,
            value_on,
            amount: fields::amount(if debit { -value } else { value }, currency),
            status: EntryStatus::Booked,
            bank_reference: read.bank_reference.to_owned(),
            customer_reference: read.customer_reference.to_owned(),
            code: read.code.to_owned(),
            ..Entry::default()
        };
        information::complete(&mut entry, &read.text);
        Some(Box::new(entry))
    }

    /// Control total, number of records.
    fn account_trailer(&mut self, record: &Record) {
        let Some(mut account) = self.account.take() else {
            self.warn(record.at, WarningCode::Unexpected, "an account trailer (49) is outside an account");
            return;
        };
        account.control.records = account.control.records.saturating_add(record.count);
        let mut parts = record.fields();
        let total = parts.next().unwrap_or_default().to_owned();
        let records = parts.next().unwrap_or_default().to_owned();
        self.check_total(record.at, "account", &total, account.control.total);
        self.check_count(record.at, "account", "records", &records, account.control.records);
        let stated = units(&total).unwrap_or(account.control.total);
        self.group.control.total = self.group.control.total.saturating_add(stated);
        self.account = Some(account);
        self.end_account(None);
    }

    /// Ends the open account, if any. `missing` is the line before which its trailer is missing.
    fn end_account(&mut self, missing: Option<u64>) {
        let Some(account) = self.account.take() else { return };
        if let Some(line) = missing {
            self.warn(line, WarningCode::Missing, "the account before has no trailer (49)");
            self.group.control.total = self.group.control.total.saturating_add(account.control.total);
        }
        self.group.control.members = self.group.control.members.saturating_add(1);
        self.group.control.records = self.group.control.records.saturating_add(account.control.records);
        if account.entries == 0 && account.figures == 0 {
            self.warn(account.at, WarningCode::Empty, "the account has neither figures nor transactions");
        }
        (self.sink)(Event::End(account.tail));
    }

    /// Control total, number of accounts, number of records.
    fn group_trailer(&mut self, record: &Record) {
        self.end_account(Some(record.at));
        let mut group = std::mem::take(&mut self.group);
        if !group.open {
            self.warn(record.at, WarningCode::Unexpected, "a group trailer (98) is outside a group");
        }
        group.control.records = group.control.records.saturating_add(record.count);
        let total = self.check(record, "group", "accounts", &group.control);
        self.file.total = self.file.total.saturating_add(total);
        self.file.members = self.file.members.saturating_add(1);
        self.file.records = self.file.records.saturating_add(group.control.records);
    }

    /// Control total, number of groups, number of records.
    fn file_trailer(&mut self, record: &Record) {
        self.end_account(Some(record.at));
        if self.group.open {
            self.warn(record.at, WarningCode::Missing, "the group before has no trailer (98)");
            self.group.open = false;
        }
        let mut file = std::mem::take(&mut self.file);
        file.records = file.records.saturating_add(record.count);
        self.check(record, "file", "groups", &file);
        self.ended = true;
    }

    /// Checks a trailer. Returns its stated total, or the computed one if there is none.
    fn check(&mut self, record: &Record, level: &str, members: &str, found: &Control) -> Decimal {
        let mut parts = record.fields();
        let total = parts.next().unwrap_or_default().to_owned();
        let count = parts.next().unwrap_or_default().to_owned();
        let records = parts.next().unwrap_or_default().to_owned();
        self.check_total(record.at, level, &total, found.total);
        self.check_count(record.at, level, members, &count, found.members);
        self.check_count(record.at, level, "records", &records, found.records);
        units(&total).unwrap_or(found.total)
    }

    fn check_total(&mut self, at: u64, level: &str, stated: &str, found: Decimal) {
        match units(stated) {
            Some(stated) if stated == found => {}
            Some(stated) => {
                let text = format!("the {level}'s control total is {stated}, its amounts give {found}");
                self.warn(at, WarningCode::ControlDiffers, text);
            }
            None if stated.is_empty() => {}
            None => self.warn(at, WarningCode::BadAmount, format!("the {level}'s control total is not digits")),
        }
    }

    fn check_count(&mut self, at: u64, level: &str, what: &str, stated: &str, found: u64) {
        match stated.parse::<u64>() {
            Ok(stated) if stated == found => {}
            Ok(stated) => {
                let text = format!("the {level} states {stated} {what} and has {found}");
                self.warn(at, WarningCode::ControlDiffers, text);
            }
            Err(_) if stated.is_empty() => {}
            Err(_) => self.warn(at, WarningCode::BadField, format!("the {level}'s number of {what} is not digits")),
        }
    }
}

/// An amount without a point, which some banks write nevertheless.
fn read_amount(text: &str, currency: CurrencyCode) -> Option<Decimal> {
    if text.contains('.') { parse_amount(text, '.').ok() } else { fields::implied(text, decimals(currency)) }
}

/// Control totals add amounts as written, whatever the currency.
fn smallest_units(value: Decimal, currency: CurrencyCode) -> Decimal {
    let scale = Decimal::from(10_u32.saturating_pow(decimals(currency)));
    value.checked_mul(scale).unwrap_or(value).normalize()
}

fn units(text: &str) -> Option<Decimal> {
    if text.contains('.') { parse_amount(&text.replace('.', ""), '.').ok() } else { fields::implied(text, 0) }
}
