//! A transaction: `STMTTRN`.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    Amount, BadAmount, CurrencyCode, Detail, Entry, EntryStatus, Party, Place, Warning, WarningCode, parse_amount,
};

/// A transaction being read: its elements as written.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    line: u64,
    pending: bool,
    kind: String,
    posted: String,
    available: String,
    amount: Option<String>,
    id: String,
    corrects: String,
    check_number: String,
    reference_number: String,
    name: String,
    memo: String,
    account: String,
    bank: String,
    currency: String,
}

impl Transaction {
    pub(super) fn new(line: u64, pending: bool) -> Transaction {
        Transaction { line, pending, ..Transaction::default() }
    }

    /// Processes an element. `within` is the innermost aggregate around it.
    pub(super) fn take(&mut self, within: &str, name: &str, text: &str) {
        let field = match (within, name) {
            ("STMTTRN" | "STMTTRNP", "TRNTYPE") => &mut self.kind,
            ("STMTTRN" | "STMTTRNP", "DTPOSTED" | "DTTRAN") => &mut self.posted,
            ("STMTTRN" | "STMTTRNP", "DTAVAIL") => &mut self.available,
            ("STMTTRN" | "STMTTRNP", "TRNAMT") => self.amount.get_or_insert_default(),
            ("STMTTRN" | "STMTTRNP", "FITID") => &mut self.id,
            ("STMTTRN" | "STMTTRNP", "CORRECTFITID") => &mut self.corrects,
            ("STMTTRN" | "STMTTRNP", "CHECKNUM") => &mut self.check_number,
            ("STMTTRN" | "STMTTRNP", "REFNUM") => &mut self.reference_number,
            ("STMTTRN" | "STMTTRNP" | "PAYEE", "NAME" | "PAYEE") => &mut self.name,
            ("STMTTRN" | "STMTTRNP", "MEMO" | "MEMO2") => return add_line(&mut self.memo, text),
            ("BANKACCTTO" | "CCACCTTO", "ACCTID") => &mut self.account,
            ("BANKACCTTO" | "CCACCTTO", "BANKID") => &mut self.bank,
            ("CURRENCY", "CURSYM") | ("STMTTRN" | "STMTTRNP", "CURRENCY") => &mut self.currency,
            _ => return,
        };
        text.clone_into(field);
    }

    /// Converts it to an entry; `None` if its amount cannot be read.
    pub(super) fn entry(self, account_currency: Option<CurrencyCode>) -> (Option<Entry>, Vec<Warning>) {
        let at = Place::Line(self.line);
        let mut warnings = Vec::new();
        let mut warn = |code, message: String| warnings.push(Warning { at, code, message });
        let booked_on = day_or_warn("DTPOSTED", &self.posted, &mut warn);
        let value_on = day_or_warn("DTAVAIL", &self.available, &mut warn);
        if self.posted.is_empty() {
            warn(WarningCode::Missing, "the transaction has no date (DTPOSTED)".to_owned());
        }
        if !self.corrects.is_empty() {
            warn(WarningCode::Unexpected, format!("the transaction corrects the earlier one {}", self.corrects));
        }
        let Some(given) = &self.amount else {
            warn(WarningCode::Missing, "a transaction without an amount (TRNAMT) is left out".to_owned());
            return (None, warnings);
        };
        let Ok(value) = amount(given) else {
            warn(WarningCode::BadAmount, format!("TRNAMT is not an amount: `{}`", shortened(given)));
            return (None, warnings);
        };
        let currency = CurrencyCode::parse(&self.currency).or(account_currency).unwrap_or(CurrencyCode::NONE);
        let status = if self.pending { EntryStatus::Pending } else { EntryStatus::Booked };
        let entry = Entry {
            at: Some(at),
            booked_on,
            value_on,
            amount: Amount { value, currency },
            status,
            bank_reference: self.id,
            customer_reference: if self.check_number.is_empty() { self.reference_number } else { self.check_number },
            code: self.kind,
            information: self.memo.clone(),
            details: detail(self.name, self.account, self.bank, self.memo),
            ..Entry::default()
        };
        (Some(entry), warnings)
    }
}

fn day_or_warn(name: &str, text: &str, warn: &mut impl FnMut(WarningCode, String)) -> Option<NaiveDate> {
    let day = day(text);
    if day.is_none() && !text.is_empty() {
        warn(WarningCode::BadDate, format!("{name} is not a date: `{}`", shortened(text)));
    }
    day
}

fn detail(name: String, account: String, bank: String, remittance: String) -> Vec<Detail> {
    let detail = Detail { counterparty: Party { name, account, bank }, remittance, ..Detail::default() };
    if detail == Detail::default() { Vec::new() } else { vec![detail] }
}

fn add_line(text: &mut String, line: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(line);
}

/// OFX 3.2.9: digits with a point or a comma before the decimals, and a sign.
pub(super) fn amount(text: &str) -> Result<Decimal, BadAmount> {
    parse_amount(text, '.').or_else(|_| parse_amount(text, ','))
}

/// OFX 3.2.8: `YYYYMMDD`, maybe with a time and a time zone. The day is used as written.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    let digits = text.get(..8).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    NaiveDate::from_ymd_opt(
        digits.get(..4)?.parse().ok()?,
        digits.get(4..6)?.parse().ok()?,
        digits.get(6..)?.parse().ok()?,
    )
}

/// A text for a message, truncated if long.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}
