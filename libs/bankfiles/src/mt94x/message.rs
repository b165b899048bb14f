//! A message: converts its fields to a statement.

use super::balance::{SwiftBalance, balance, count_and_sum, floor_limit_currency};
use super::entry::statement_line;
use super::information;
use super::tags::Field;
use crate::{
    Amount, Balance, BalanceKind, CurrencyCode, Detail, Entry, EntryStatus, Event, Party, Place, StatementHead,
    StatementTail, Sums, Warning, WarningCode, fields,
};

/// The most balances of a statement: `:65:` may repeat.
const MAX_BALANCES: usize = 1_000;

/// The message being read, and the output for its statement.
pub(super) struct Messages<'a> {
    sink: &'a mut dyn FnMut(Event),
    message: Option<Message>,
    first_is_interim: Option<bool>,
}

#[derive(Default)]
struct Message {
    at: u64,
    head: StatementHead,
    begun: bool,
    entry: Option<Box<Entry>>,
    /// The `:86:` fields of the entry.
    texts: Vec<Field>,
    texts_size: usize,
    closed: bool,
    tail: StatementTail,
    credits: Sums,
    debits: Sums,
}

impl<'a> Messages<'a> {
    pub(super) fn new(sink: &'a mut dyn FnMut(Event)) -> Messages<'a> {
        Messages { sink, message: None, first_is_interim: None }
    }

    /// Processes the next field.
    pub(super) fn take(&mut self, field: Field) {
        if field.cut {
            self.warn(field.at, WarningCode::BadField, format!(":{}: is longer than 64 KiB and is cut", field.tag));
        }
        if field.tag == "86" || field.tag == "NS" {
            self.text(field);
            return;
        }
        self.flush_entry();
        match field.tag.as_str() {
            "20" => self.start(&field),
            "25" | "25P" => self.account(&field),
            "60F" | "60M" | "60" => self.opening(&field),
            "61" => self.statement_line(&field),
            "62F" | "62M" | "64" | "65" => self.other_balance(&field),
            "34F" | "34" | "13D" | "13" => self.interim(&field),
            "90C" | "90D" => self.control(&field),
            _ => {}
        }
    }

    /// Ends the last message. Returns the format's name; `None` if there was no message.
    pub(super) fn finish(mut self) -> Option<String> {
        self.end();
        self.first_is_interim.map(|interim| if interim { "mt942" } else { "mt940" }.to_owned())
    }

    fn warn(&mut self, line: u64, code: WarningCode, message: impl Into<String>) {
        (self.sink)(Event::Warning(Warning { at: Place::Line(line), code, message: message.into() }));
    }

    fn start(&mut self, field: &Field) {
        self.end();
        let head = StatementHead {
            id: field.joined().trim().to_owned(),
            advice_only: field.interim,
            ..StatementHead::default()
        };
        self.message = Some(Message { at: field.at, head, ..Message::default() });
    }

    /// The current message; a field before any `:20:` begins one.
    fn message(&mut self, at: u64) -> &mut Message {
        if self.message.is_none() {
            self.warn(at, WarningCode::Missing, "the message has no :20:");
        }
        self.message.get_or_insert_with(|| Message { at, ..Message::default() })
    }

    fn account(&mut self, field: &Field) {
        let (account, currency) = split_account(field.first());
        // Some banks write one reference for several accounts.
        let other = |message: &&Message| message.begun && message.closed && message.head.account != account;
        if let Some(id) = self.message.as_ref().filter(other).map(|message| message.head.id.clone()) {
            self.end();
            self.warn(field.at, WarningCode::Missing, "the account's message has no :20:");
            let head = StatementHead { id, advice_only: field.interim, ..StatementHead::default() };
            self.message = Some(Message { at: field.at, head, ..Message::default() });
        }
        let head = &mut self.message(field.at).head;
        head.account = account;
        head.currency = currency.or(head.currency);
    }

    fn interim(&mut self, field: &Field) {
        let limit = field.tag.starts_with("34").then(|| floor_limit_currency(field.first())).flatten();
        let message = self.message(field.at);
        // :13D: is optional in an MT940 as well, the floor limit is not.
        message.head.advice_only |= field.tag.starts_with("34");
        message.head.currency = message.head.currency.or(limit);
    }

    fn opening(&mut self, field: &Field) {
        let Some(read) = self.read_balance(field) else { return };
        let message = self.message(field.at);
        if !message.begun {
            message.head.currency = read.currency.or(message.head.currency);
        }
        // The next page, or day, of the same account: the first opening balance and the last closing one stay.
        message.closed = false;
        let balance = message.balance(&field.tag, BalanceKind::Opening, &read);
        message.tail.opening.get_or_insert_with(|| balance.clone());
        message.keep(balance);
        self.begin();
    }

    fn other_balance(&mut self, field: &Field) {
        let Some(read) = self.read_balance(field) else { return };
        let closing = field.tag.starts_with("62");
        let message = self.message(field.at);
        if !message.begun {
            message.head.currency = message.head.currency.or(read.currency);
        }
        let kind = if closing { BalanceKind::Closing } else { BalanceKind::Other };
        let balance = message.balance(&field.tag, kind, &read);
        if closing {
            message.closed = true;
            message.tail.closing = Some(balance.clone());
        }
        message.keep(balance);
        self.begin();
    }

    fn read_balance(&mut self, field: &Field) -> Option<SwiftBalance> {
        let read = balance(&field.joined()).or_else(|| balance(field.first()));
        // Wrapped lines without a balance give a warning only.
        // The standard has the currency in every balance: digits without one are ambiguous.
        let Some(read) = read.filter(|read| read.currency.is_some()) else {
            let message = self.message(field.at);
            message.closed |= field.tag.starts_with("62");
            self.begin();
            self.warn(field.at, WarningCode::BadAmount, format!(":{}: is not written as a balance", field.tag));
            return None;
        };
        if read.day_moved {
            self.warn(field.at, WarningCode::BadDate, format!(":{}: has a day that does not exist", field.tag));
        }
        Some(read)
    }

    fn begin(&mut self) {
        let Some(message) = self.message.as_mut().filter(|message| !message.begun) else { return };
        message.begun = true;
        self.first_is_interim.get_or_insert(message.head.advice_only);
        (self.sink)(Event::Begin(message.head.clone()));
    }

    fn statement_line(&mut self, field: &Field) {
        self.message(field.at);
        self.begin();
        let Some(line) = statement_line(field) else {
            self.warn(field.at, WarningCode::BadField, ":61: is not written as a statement line and is left out");
            return;
        };
        if line.bad_date {
            self.warn(field.at, WarningCode::BadDate, ":61: has a day that does not exist");
        }
        let message = self.message(field.at);
        let currency = message.head.currency.unwrap_or(CurrencyCode::NONE);
        let side = if line.amount.is_sign_negative() { &mut message.debits } else { &mut message.credits };
        side.count = side.count.saturating_add(1);
        side.sum = side.sum.saturating_add(line.amount.abs());
        let mut entry = Entry {
            at: Some(Place::Line(field.at)),
            booked_on: line.booked_on,
            value_on: line.value_on,
            amount: Amount { value: line.amount, currency },
            status: if line.expected { EntryStatus::Pending } else { EntryStatus::Booked },
            reversal: line.reversal,
            bank_reference: line.bank_reference,
            customer_reference: line.customer_reference,
            code: line.code,
            information: line.supplement,
            ..Entry::default()
        };
        if !line.name.is_empty() {
            let account = entry.customer_reference.clone();
            let counterparty = Party { name: line.name, account, bank: String::new() };
            entry.details.push(Detail { counterparty, ..Detail::default() });
        }
        // Without an entry date the bank booked it on the value date.
        entry.booked_on = entry.booked_on.or(entry.value_on);
        message.entry = Some(Box::new(entry));
    }

    /// Text after an entry is the entry's; after the closing balance it is the statement's and is ignored.
    fn text(&mut self, field: Field) {
        let at = field.at;
        if let Some(message) = &mut self.message
            && message.entry.is_some()
        {
            message.texts_size =
                message.texts_size.saturating_add(field.lines.iter().map(|line| line.len().saturating_add(24)).sum());
            if message.texts_size <= 64 * 1024 {
                message.texts.push(field);
            }
        } else if self.message.is_none() {
            self.warn(at, WarningCode::Unexpected, format!(":{}: is outside a message", field.tag));
        } else if let Some(message) = &mut self.message
            && field.tag == "NS"
            && message.head.owner.is_empty()
        {
            message.head.owner = information::account_owner(&field);
        }
    }

    fn flush_entry(&mut self) {
        let Some(message) = &mut self.message else { return };
        let Some(mut entry) = message.entry.take() else { return };
        message.texts_size = 0;
        information::complete(&mut entry, &std::mem::take(&mut message.texts));
        (self.sink)(Event::Entry(entry));
    }

    /// Compares count and sum of an MT942 with its entries.
    fn control(&mut self, field: &Field) {
        let credit = field.tag == "90C";
        let message = self.message(field.at);
        let have = if credit { message.credits } else { message.debits };
        match count_and_sum(&field.joined()) {
            Some((count, sum)) if (count, sum) == (have.count, have.sum) => {}
            Some((count, sum)) => {
                let text =
                    format!(":{}: says {count} of {sum}, the entries give {} of {}", field.tag, have.count, have.sum);
                self.warn(field.at, WarningCode::ControlDiffers, text);
            }
            None => self.warn(field.at, WarningCode::BadField, format!(":{}: is not count and sum", field.tag)),
        }
        if let Some(message) = self.message.as_mut().filter(|message| !message.begun) {
            message.head.advice_only = true;
        }
    }

    fn end(&mut self) {
        self.flush_entry();
        self.begin();
        let Some(message) = self.message.take() else { return };
        let nothing = message.tail.balances.is_empty() && message.credits.count == 0 && message.debits.count == 0;
        if nothing {
            self.warn(message.at, WarningCode::Empty, "the message has neither balances nor entries");
        } else if !message.closed && !message.head.advice_only {
            self.warn(message.at, WarningCode::Missing, "the message has no closing balance :62F:");
        }
        (self.sink)(Event::End(message.tail));
    }
}

impl Message {
    fn balance(&self, tag: &str, kind: BalanceKind, read: &SwiftBalance) -> Balance {
        let currency = read.currency.or(self.head.currency).unwrap_or(CurrencyCode::NONE);
        Balance { kind, code: tag.to_owned(), amount: fields::amount(read.value, currency), on: read.on }
    }

    fn keep(&mut self, balance: Balance) {
        if self.tail.balances.len() < MAX_BALANCES {
            self.tail.balances.push(balance);
        }
    }
}

/// The account of `:25:`, without an optional currency after it and an optional BIC before it. A German bank
/// code is kept: the number alone does not identify the account.
fn split_account(text: &str) -> (String, Option<CurrencyCode>) {
    let text = text.trim();
    let (text, currency) = match text.len().checked_sub(3).and_then(|end| text.split_at_checked(end)) {
        Some((account, code))
            if CurrencyCode::parse(code).is_some()
                && code.bytes().all(|byte| byte.is_ascii_uppercase())
                && account.ends_with(|letter: char| letter.is_ascii_digit() || letter == ' ' || letter == '/')
                && account.bytes().any(|byte| byte.is_ascii_digit())
                && !fields::is_iban(text) =>
        {
            (account.trim_end_matches([' ', '/']), CurrencyCode::parse(code))
        }
        _ => (text, None),
    };
    let account = match text.split_once('/') {
        Some((bank, account)) if fields::is_bic(bank) && !account.is_empty() => account,
        _ => text,
    };
    (account.trim().to_owned(), currency)
}
