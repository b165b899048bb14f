//! Validates the rows of a foreign file, in file order: accepted ones become documents, the others are left out with a reason.

use std::{collections::HashSet, io::Read as _, path::Path};

use anyhow::Context as _;
use chrono::NaiveDate;
use flate2::read::MultiGzDecoder;
use quittance_kernel::{Currency, Money};
use serde::Serialize;

use super::map::{Field, Map};

/// Texts that mean a missing date, in any case.
const MISSING: [&str; 4] = ["nan", "nat", "none", "null"];
/// Texts that mean disputed, in any case.
const YES: [&str; 4] = ["yes", "true", "1", "y"];

/// A row that becomes an invoice, and a payment if it was paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) customer: String,
    pub(crate) number: String,
    pub(crate) issued_on: NaiveDate,
    pub(crate) due_on: NaiveDate,
    pub(crate) paid_on: Option<NaiveDate>,
    pub(crate) amount: Money,
    pub(crate) disputed: bool,
}

/// A row that is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Rejected {
    /// First physical line of its record.
    pub(crate) line: u64,
    /// The reason.
    pub(crate) reason: &'static str,
}

/// A validated book.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) rows: Vec<Row>,
    pub(crate) rejected: Vec<Rejected>,
}

/// Reads a file (gzipped if its name ends in .gz) and validates its rows.
pub(crate) fn read(path: &Path, map: &Map) -> anyhow::Result<Book> {
    let mut bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    if path.extension().is_some_and(|e| e == "gz") {
        let mut text = Vec::new();
        MultiGzDecoder::new(bytes.as_slice())
            .read_to_end(&mut text)
            .with_context(|| format!("unpacking {}", path.display()))?;
        bytes = text;
    }
    let text = String::from_utf8(bytes).with_context(|| format!("{} is not UTF-8", path.display()))?;
    judge(text.strip_prefix('\u{feff}').unwrap_or(&text), map)
}

fn judge(text: &str, map: &Map) -> anyhow::Result<Book> {
    let columns = Columns::new(map);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut lines = Lines::new(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut names = Vec::new();
    if reader.read_record(&mut record)? {
        names = record.iter().map(str::to_owned).collect();
    }
    let mut book = Book::default();
    let mut seen = HashSet::new();
    while reader.read_record(&mut record)? {
        let offset = record.position().map_or(0, csv::Position::byte);
        let line = lines.line_of_record_at(usize::try_from(offset)?);
        match columns.row(&names, &record) {
            Ok(row) if seen.contains(&row.number) => book.rejected.push(Rejected { line, reason: "duplicate invoice" }),
            Ok(row) => {
                seen.insert(row.number.clone());
                book.rows.push(row);
            }
            Err(reason) => book.rejected.push(Rejected { line, reason }),
        }
    }
    Ok(book)
}

/// Counts physical lines: `\n`, `\r` and `\r\n` each end one.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, line: 1 }
    }

    /// The line a record starts on, given an offset at its start or at the line ends before it. Offsets come in rising order.
    fn line_of_record_at(&mut self, offset: usize) -> u64 {
        while self.at < self.bytes.len() && (self.at < offset || matches!(self.bytes[self.at], b'\n' | b'\r')) {
            match self.bytes[self.at] {
                b'\n' => self.line += 1,
                b'\r' if self.bytes.get(self.at + 1) != Some(&b'\n') => self.line += 1,
                _ => {}
            }
            self.at += 1;
        }
        self.line
    }
}

struct Columns {
    customer: Field,
    invoice: Field,
    issued: Field,
    due: Field,
    paid: Field,
    amount: Field,
    currency: Field,
    disputed: Field,
}

impl Columns {
    fn new(map: &Map) -> Self {
        Self {
            customer: map.field("customer"),
            invoice: map.field("invoice"),
            issued: map.field("issued"),
            due: map.field("due"),
            paid: map.field("paid"),
            amount: map.field("amount"),
            currency: map.field("currency"),
            disputed: map.field("disputed"),
        }
    }

    /// The row, or the first reason for leaving it out, in the order of the checks.
    fn row(&self, names: &[String], record: &csv::StringRecord) -> Result<Row, &'static str> {
        let value = |field: &Field| value(field, names, record);
        let customer = Some(value(&self.customer)).filter(|v| !v.is_empty()).ok_or("missing customer")?;
        let number = Some(value(&self.invoice)).filter(|v| !v.is_empty()).ok_or("missing invoice")?;
        let dates = [&self.issued, &self.due, &self.paid].map(|field| date(field, &value(field)));
        let [issued_on, due_on, paid_on] = dates;
        let (issued_on, due_on, paid_on) = (issued_on?, due_on?, paid_on?);
        let issued_on = issued_on.ok_or("missing date")?;
        let due_on = due_on.ok_or("missing date")?;
        let currency = Currency::parse(&value(&self.currency)).map_err(|_| "bad currency")?;
        let amount = amount(&value(&self.amount), currency).ok_or("bad amount")?;
        if due_on < issued_on {
            return Err("due before issued");
        }
        if paid_on.is_some_and(|paid_on| paid_on < issued_on) {
            return Err("paid before issued");
        }
        let disputed = YES.contains(&value(&self.disputed).to_lowercase().as_str());
        Ok(Row { customer, number, issued_on, due_on, paid_on, amount, disputed })
    }
}

/// A trimmed value; empty if the record is too short or the file has no such column. Of columns with the same name the last is used.
fn value(field: &Field, names: &[String], record: &csv::StringRecord) -> String {
    if let Some(constant) = &field.constant {
        return constant.clone();
    }
    let column = field
        .column
        .as_ref()
        .and_then(|column| (0..names.len().min(record.len())).rev().find(|i| names[*i] == *column));
    let text = column.and_then(|i| record.get(i)).unwrap_or_default();
    text.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)).to_owned()
}

fn date(field: &Field, text: &str) -> Result<Option<NaiveDate>, &'static str> {
    if text.is_empty() || MISSING.contains(&text.to_lowercase().as_str()) {
        return Ok(None);
    }
    field.format.as_ref().and_then(|format| format.read(text)).map(Some).ok_or("bad date")
}

/// 1 to 15 digits, or these with a point and as many digits behind it as the currency has; not zero.
fn amount(text: &str, currency: Currency) -> Option<Money> {
    let is_plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if !is_plain {
        return None;
    }
    Money::parse(text, currency).ok().filter(|money| money.is_positive())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "customer='c'\ninvoice='n'\nissued='i'\ndue='d'\npaid='p'\namount='a'\ncurrency='k'\ndisputed='x'\ndate_format='%Y-%m-%d'";

    fn judged(rows: &str) -> Book {
        let folder = std::env::temp_dir().join(format!("quittance-judge-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{:x}.toml", rows.len()));
        std::fs::write(&path, MAP).unwrap();
        judge(&format!("c,n,i,d,p,a,k,x\r\n{rows}"), &Map::read(&path).unwrap()).unwrap()
    }

    #[test]
    fn each_reason_is_found_in_its_order_and_with_its_line() {
        let rows = "A,1,2024-01-01,2024-01-31,,10.00,EUR,\r\n\
                    ,2,x,2024-01-31,,10,EUR,\r\n\
                    A,,x,2024-01-31,,10,EUR,\r\n\
                    \r\n\
                    A,3,24-01-01,2024-01-31,,10,EUR,\r\n\
                    A,4,,2024-01-31,,10,EUR,\r\n\
                    \"A\nB\",5,2024-01-01,2024-01-31,,10,XAU,\r\n\
                    A,6,2024-01-01,2024-01-31,,10.001,EUR,\r\n\
                    A,7,2024-02-01,2024-01-31,,10,EUR,\r\n\
                    A,8,2024-01-01,2024-01-31,2023-12-31,10,EUR,\r\n\
                    A,1,2024-01-01,2024-01-31,,10,EUR,\r\n\
                    A,9,2024-01-01,2024-01-31,NaT,0,EUR,\r\n";
        let book = judged(rows);
        let found: Vec<(u64, &str)> = book.rejected.iter().map(|r| (r.line, r.reason)).collect();
        let expected = [
            (3, "missing customer"),
            (4, "missing invoice"),
            (6, "bad date"),
            (7, "missing date"),
            (8, "bad currency"),
            (10, "bad amount"),
            (11, "due before issued"),
            (12, "paid before issued"),
            (13, "duplicate invoice"),
            (14, "bad amount"),
        ];
        assert_eq!(found, expected);
        assert_eq!(book.rows.len(), 1);
    }

    #[test]
    fn short_and_long_records_and_blanks_are_read() {
        let book = judged(
            " A , 1 ,2024-01-01,2024-01-31,none, 5 ,JPY, YES ,extra,more\nB,2,2024-01-01,2024-01-31,2024-02-01,5,JPY\n",
        );
        assert_eq!(book.rejected, []);
        assert_eq!((book.rows[0].customer.as_str(), book.rows[0].paid_on, book.rows[0].disputed), ("A", None, true));
        assert!(!book.rows[1].disputed);
    }
}
