//! The payments in a bank file: booked credit entries, each with its parts.

use std::collections::HashMap;

use chrono::NaiveDate;
use quittance_bankfiles::{Advice, Amount, Detail, Entry, EntryStatus, Event, Place, Refusal, Warning, WarningCode};
use quittance_kernel::{Currency, Money, reason::FIELD_REQUIRED};
use quittance_matching::{AdviceLine, minor};
use rust_decimal::Decimal;
use sha2::{Digest as _, Sha256};

use super::bank_csv::LineProblem;
use super::bank_import::ImportedStatement;
use super::bank_line::Fingerprint;
use super::method::Method;

/// The kind of file of an entry: statements book what notifications announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Source {
    /// CAMT.053, MT940, BAI2, OFX, lockbox.
    Statement,
    /// CAMT.052, CAMT.054, MT942.
    Notification,
}

impl Source {
    /// The name in storage.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Source::Statement => "statement",
            Source::Notification => "notification",
        }
    }

    /// The source with this label, if there is one.
    pub(crate) fn parse(label: &str) -> Option<Source> {
        [Source::Statement, Source::Notification].into_iter().find(|source| source.label() == label)
    }

    /// The other kind.
    #[must_use]
    pub(crate) const fn other(self) -> Source {
        match self {
            Source::Statement => Source::Notification,
            Source::Notification => Source::Statement,
        }
    }
}

/// A payment in an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilePayment {
    /// Positive.
    pub amount: Money,
    /// The payer's name as the bank has it.
    pub payer_name: String,
    /// The payer's account.
    pub payer_account: String,
    /// Remittance information with references.
    pub text: String,
    /// Documents in structured remittance information.
    pub advice: Vec<AdviceLine>,
}

/// A booked credit entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CreditEntry {
    /// Our account.
    pub account: String,
    /// Line in the file.
    pub line: u64,
    /// When the bank booked it.
    pub booked_on: NaiveDate,
    /// The value date.
    pub value_on: NaiveDate,
    /// SHA-256 over its full content.
    pub fingerprint: Fingerprint,
    /// How many equal entries precede it in the file.
    pub occurrence: i32,
    /// SHA-256 over account, day, amount and the bank's reference, if it has one.
    pub bank_key: Option<Fingerprint>,
    /// The kind of its file.
    pub source: Source,
    /// Its payments: one, or one for each part of a batch.
    pub payments: Vec<FilePayment>,
}

/// The result of reading a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ReadBankFile {
    /// The format of the file.
    pub format: String,
    /// Its statements.
    pub statements: Vec<ImportedStatement>,
    /// Entries with payments, in the file's order.
    pub entries: Vec<CreditEntry>,
    /// The number of lines: an entry has as many as it has parts.
    pub lines: usize,
    /// The number of ignored entries: debits, zero amounts, and those not booked.
    pub ignored: usize,
    /// The problems.
    pub problems: Vec<LineProblem>,
}

impl ReadBankFile {
    /// The method of its payments: a lockbox file lists checks.
    pub(crate) fn method(&self) -> Method {
        if self.format == quittance_bankfiles::LOCKBOX { Method::Check } else { Method::Transfer }
    }
}

/// Reads a file.
///
/// # Errors
/// The file's reader refuses it.
pub(crate) fn read(mut content: &[u8]) -> Result<ReadBankFile, Refusal> {
    let mut reader = Reader::default();
    let format = quittance_bankfiles::read(&mut content, &mut |event| reader.take(event))?;
    Ok(ReadBankFile { format, ..reader.file })
}

#[derive(Default)]
struct Reader {
    file: ReadBankFile,
    account: String,
    advice_only: bool,
    seen: HashMap<(String, Fingerprint), i32>,
}

impl Reader {
    fn take(&mut self, event: Event) {
        match event {
            Event::Begin(head) => {
                self.account = head.account.chars().filter(|letter| !letter.is_whitespace()).collect();
                self.advice_only = head.advice_only;
                let statement =
                    ImportedStatement { id: head.id, account: self.account.clone(), ..ImportedStatement::default() };
                self.file.statements.push(statement);
            }
            Event::Entry(entry) => self.entry(&entry),
            Event::End(tail) => {
                if let Some(statement) = self.file.statements.last_mut() {
                    let balance = |balance: &quittance_bankfiles::Balance| balance.amount.value.to_string();
                    let currency =
                        tail.closing.as_ref().or(tail.opening.as_ref()).map(|balance| balance.amount.currency);
                    statement.opening = tail.opening.as_ref().map(balance);
                    statement.closing = tail.closing.as_ref().map(balance);
                    statement.currency = currency.map(|currency| currency.to_string()).unwrap_or_default();
                }
            }
            Event::Warning(warning) => self.warning(warning),
        }
    }

    fn warning(&mut self, warning: Warning) {
        if warning.code == WarningCode::BalancesDoNotTie
            && let Some(statement) = self.file.statements.last_mut()
        {
            statement.does_not_tie = true;
        }
        self.file.problems.push(LineProblem {
            line: line_of(Some(warning.at)),
            reason: warning.code.label(),
            description: warning.message,
        });
    }

    fn entry(&mut self, entry: &Entry) {
        if let Some(statement) = self.file.statements.last_mut() {
            statement.entries = statement.entries.saturating_add(1);
        }
        self.file.lines = self.file.lines.saturating_add(entry.details.len().max(1));
        if entry.status != EntryStatus::Booked || entry.amount.value <= Decimal::ZERO {
            self.file.ignored = self.file.ignored.saturating_add(1);
            return;
        }
        match self.credit(entry) {
            Ok(credit) => self.file.entries.push(credit),
            Err((reason, description)) => {
                let line = line_of(entry.at);
                self.file.problems.push(LineProblem { line, reason, description });
            }
        }
    }

    fn credit(&mut self, entry: &Entry) -> Result<CreditEntry, (&'static str, String)> {
        let day = entry.booked_on.or(entry.value_on);
        let booked_on = day.ok_or((FIELD_REQUIRED, "the entry has no date".to_owned()))?;
        let value_on = entry.value_on.unwrap_or(booked_on);
        let payments = payments(entry)?;
        let account = self.account.clone();
        let fingerprint = fingerprint(&account, booked_on, value_on, entry);
        let next = self.seen.entry((account.clone(), fingerprint)).or_default();
        let occurrence = *next;
        *next = next.saturating_add(1);
        let reference = bank_reference(entry);
        let bank_key = (!reference.is_empty())
            .then(|| hash(&[&account, &booked_on.to_string(), &plain(entry.amount), &reference]));
        let source = if self.advice_only { Source::Notification } else { Source::Statement };
        let line = line_of(entry.at);
        Ok(CreditEntry { account, line, booked_on, value_on, fingerprint, occurrence, bank_key, source, payments })
    }
}

/// The bank's reference of the entry, or of its only part.
fn bank_reference(entry: &Entry) -> String {
    match entry.details.as_slice() {
        [only] if entry.bank_reference.is_empty() => only.bank_reference.clone(),
        _ => entry.bank_reference.clone(),
    }
}

fn line_of(place: Option<Place>) -> u64 {
    match place {
        Some(Place::Line(line)) => line,
        Some(Place::Byte(_) | Place::File) | None => 0,
    }
}

/// One payment for each part, if the parts have amounts and add up; else one for the entry.
fn payments(entry: &Entry) -> Result<Vec<FilePayment>, (&'static str, String)> {
    let parts: Option<Vec<Amount>> = entry.details.iter().map(|detail| detail.amount).collect();
    let adds_up = parts.as_ref().is_some_and(|parts| {
        let same = parts.iter().all(|part| part.currency == entry.amount.currency && part.value > Decimal::ZERO);
        let sum = parts.iter().try_fold(Decimal::ZERO, |sum, part| sum.checked_add(part.value));
        same && sum == Some(entry.amount.value)
    });
    if let (Some(parts), true) = (parts, adds_up && entry.details.len() > 1) {
        let parts = entry.details.iter().zip(parts);
        return parts.map(|(detail, amount)| payment(amount, &[detail], "")).collect();
    }
    let details: Vec<&Detail> = entry.details.iter().collect();
    Ok(vec![payment(entry.amount, &details, &entry.information)?])
}

/// A payment of these parts. The bank's own text is used if the payer gives none.
fn payment(amount: Amount, details: &[&Detail], information: &str) -> Result<FilePayment, (&'static str, String)> {
    let currency = Currency::parse(amount.currency.as_str()).map_err(|error| (error.reason(), error.to_string()))?;
    let money = Money::new(amount.value, currency).map_err(|error| (error.reason(), error.to_string()))?;
    let texts = details.iter().map(|detail| text(detail)).filter(|text| !text.is_empty());
    let text = texts.collect::<Vec<_>>().join("\n");
    let first = details.first();
    Ok(FilePayment {
        amount: money,
        payer_name: first.map(|detail| detail.counterparty.name.clone()).unwrap_or_default(),
        payer_account: first.map(|detail| detail.counterparty.account.clone()).unwrap_or_default(),
        text: if text.is_empty() { information.to_owned() } else { text },
        advice: details
            .iter()
            .flat_map(|detail| &detail.advice)
            .filter_map(|advice| advice_line(advice, money))
            .collect(),
    })
}

/// The payer's text, its structured references, and its own id of the payment if it may be one of our numbers.
fn text(detail: &Detail) -> String {
    let references = detail.creditor_references.iter().filter(|reference| !detail.remittance.contains(*reference));
    let id = Some(&detail.end_to_end_id).filter(|id| !id.is_empty() && !detail.remittance.contains(*id));
    let remittance = Some(&detail.remittance).filter(|text| !text.is_empty());
    references.chain(remittance).chain(id).map(String::as_str).collect::<Vec<_>>().join("\n")
}

/// A document with the amount paid on it, in the payment's currency.
fn advice_line(advice: &Advice, money: Money) -> Option<AdviceLine> {
    if advice.number.is_empty() {
        return None;
    }
    let paid = advice.paid.filter(|paid| paid.currency.as_str() == money.currency().code());
    let paid = paid.and_then(|paid| Money::new(paid.value, money.currency()).ok());
    Some(AdviceLine { number: advice.number.clone(), paid: paid.and_then(minor) })
}

fn plain(amount: Amount) -> String {
    format!("{} {}", amount.value.normalize(), amount.currency)
}

/// The full content of an entry: account, days, amount, references, parties and texts, but not its line.
fn fingerprint(account: &str, booked_on: NaiveDate, value_on: NaiveDate, entry: &Entry) -> Fingerprint {
    let mut fields: Vec<String> = vec![
        account.to_owned(),
        booked_on.to_string(),
        value_on.to_string(),
        plain(entry.amount),
        entry.bank_reference.clone(),
        entry.customer_reference.clone(),
        entry.information.clone(),
    ];
    for detail in &entry.details {
        fields.extend([
            detail.amount.map(plain).unwrap_or_default(),
            detail.counterparty.name.clone(),
            detail.counterparty.account.clone(),
            detail.end_to_end_id.clone(),
            detail.bank_reference.clone(),
            detail.creditor_references.join(" "),
            detail.remittance.clone(),
        ]);
    }
    hash(&fields.iter().map(String::as_str).collect::<Vec<_>>())
}

fn hash(fields: &[&str]) -> Fingerprint {
    let mut hash = Sha256::new();
    for field in fields {
        // The length prefix keeps adjacent fields apart.
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}

#[cfg(test)]
#[path = "bank_file_tests.rs"]
mod tests;
