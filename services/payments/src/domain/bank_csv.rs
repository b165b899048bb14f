//! Reading bank lines from a csv file. A line that cannot be read is a problem of its own and stops no other.

use std::fmt;

use chrono::format::{Item, Numeric, StrftimeItems};
use chrono::{Datelike, NaiveDate};
use quittance_kernel::{BadDate, Currency, Money, MoneyError, UnknownCurrency};

use super::bank_line::BankLine;
use super::csv_records::{RawRecord, fields, records};

/// How many records an import has at most, and how many bytes. The caller holds the file against them.
pub const MAX_LINES: usize = 10_000;
/// See [`MAX_LINES`]: 3 MiB.
pub const MAX_BYTES: usize = 3 * 1024 * 1024;

/// Which column of a csv file holds what. Columns are named as in the first record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BankCsvMap {
    /// The booking date.
    pub booked_on: String,
    /// The value date; `None`, and an empty field: the booking date.
    pub value_on: Option<String>,
    /// Signed; credits are positive.
    pub amount: String,
    /// The currency; `None`, and an empty field: `currency_code`.
    pub currency: Option<String>,
    /// The payer's name.
    pub payer_name: Option<String>,
    /// The payer's account.
    pub payer_account: Option<String>,
    /// Remittance information; several columns are joined with a space.
    pub text: Vec<String>,
    /// The bank's reference.
    pub reference: Option<String>,
    /// For lines that name no currency.
    pub currency_code: Option<Currency>,
    /// How dates are written.
    pub date_format: DateFormat,
    /// What separates fields: one ASCII character.
    pub delimiter: u8,
    /// What separates decimals.
    pub decimal_separator: DecimalSeparator,
}

/// What separates decimals; the other of the two may separate groups of digits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum DecimalSeparator {
    /// `1,234.56`.
    #[default]
    Point,
    /// `1.234,56`.
    Comma,
}

impl DecimalSeparator {
    /// The character.
    pub const fn label(self) -> &'static str {
        match self {
            DecimalSeparator::Point => ".",
            DecimalSeparator::Comma => ",",
        }
    }

    /// The separator that is this character, if it is one.
    pub fn parse(label: &str) -> Option<DecimalSeparator> {
        [DecimalSeparator::Point, DecimalSeparator::Comma].into_iter().find(|separator| separator.label() == label)
    }

    const fn grouping(self) -> char {
        match self {
            DecimalSeparator::Point => ',',
            DecimalSeparator::Comma => '.',
        }
    }
}

/// A strftime format with a day, a month and a year in full.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DateFormat(String);

/// The text is not a format that tells a date: a year of two digits has no century.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a date format is strftime with a day, a month, and a year of four digits, such as %d.%m.%Y")]
pub struct BadDateFormat;

impl BadDateFormat {
    /// The machine-readable reason.
    pub fn reason(&self) -> &'static str {
        "DATE_FORMAT_INVALID"
    }
}

impl DateFormat {
    /// Reads a strftime format.
    ///
    /// # Errors
    /// [`BadDateFormat`] if it is malformed or has no year of four digits.
    pub fn parse(text: &str) -> Result<DateFormat, BadDateFormat> {
        let mut has_year = false;
        for item in StrftimeItems::new(text) {
            match item {
                Item::Error | Item::Numeric(Numeric::YearMod100 | Numeric::IsoYearMod100 | Numeric::YearDiv100, _) => {
                    return Err(BadDateFormat);
                }
                Item::Numeric(Numeric::Year, _) => has_year = true,
                _ => {}
            }
        }
        if has_year { Ok(DateFormat(text.to_owned())) } else { Err(BadDateFormat) }
    }

    /// The format as it was read.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn read(&self, text: &str) -> Result<NaiveDate, BadDate> {
        let date = NaiveDate::parse_from_str(text, &self.0).map_err(|_| BadDate::Malformed)?;
        // The library takes 13 for the year 13.
        if (1900..=2999).contains(&date.year()) { Ok(date) } else { Err(BadDate::YearOutOfRange) }
    }
}

impl Default for DateFormat {
    fn default() -> DateFormat {
        DateFormat("%Y-%m-%d".to_owned())
    }
}

impl fmt::Display for DateFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadFile {
    /// The lines that could be read, credits and debits, in the file's order.
    pub lines: Vec<BankLine>,
    /// Why the others could not, in the file's order.
    pub problems: Vec<LineProblem>,
}

/// Why a line could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineProblem {
    /// First physical line of the record.
    pub line: u64,
    /// `UPPER_SNAKE_CASE`.
    pub reason: &'static str,
    /// In words. Says which column, and nothing of what stands in it.
    pub description: String,
}

/// Why a file is refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// It is empty, has zero bytes, or its first record cannot be read.
    #[error("the file is not csv in UTF-8")]
    NotCsv,
    /// The first record does not name a column.
    #[error("the file has no column {0:?}")]
    ColumnMissing(String),
}

impl FileError {
    /// The machine-readable reason.
    pub fn reason(&self) -> &'static str {
        match self {
            FileError::NotCsv => "FILE_NOT_CSV",
            FileError::ColumnMissing(_) => "COLUMN_MISSING",
        }
    }
}

/// Why one record cannot be read.
#[derive(Debug, thiserror::Error)]
enum BadLine {
    #[error("a quote does not close, or text follows where it does")]
    Misquoted,
    #[error("the line has more fields than the first line")]
    TooManyFields,
    #[error("the line is not UTF-8")]
    NotUtf8,
    #[error("column {0:?} is empty")]
    FieldMissing(String),
    #[error("column {column:?}: {error}")]
    Date { column: String, error: BadDate },
    #[error("column {column:?}: {error}")]
    Amount { column: String, error: MoneyError },
    #[error("column {column:?}: {error}")]
    Currency { column: String, error: UnknownCurrency },
    #[error("no currency is given, neither in the line nor for the file")]
    CurrencyMissing,
}

impl BadLine {
    fn reason(&self) -> &'static str {
        match self {
            BadLine::Misquoted => "LINE_MISQUOTED",
            BadLine::TooManyFields => "LINE_TOO_MANY_FIELDS",
            BadLine::NotUtf8 => "LINE_NOT_UTF8",
            BadLine::FieldMissing(_) => "FIELD_MISSING",
            BadLine::Date { error, .. } => error.reason(),
            BadLine::Amount { error, .. } => error.reason(),
            BadLine::Currency { error, .. } => error.reason(),
            BadLine::CurrencyMissing => "CURRENCY_MISSING",
        }
    }
}

/// Reads the file: UTF-8, a byte-order mark is skipped, fields are trimmed, empty lines and lines of empty fields are
/// none. Fields that a record lacks are empty.
///
/// # Errors
/// [`FileError`]; lines that cannot be read are no error, but problems in the answer.
pub fn read(content: &[u8], map: &BankCsvMap) -> Result<ReadFile, FileError> {
    let content = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content);
    if content.contains(&0) {
        return Err(FileError::NotCsv);
    }
    let records = records(content, map.delimiter);
    let (header, records) = records.split_first().ok_or(FileError::NotCsv)?;
    if header.misquoted {
        return Err(FileError::NotCsv);
    }
    let header = fields(header.bytes, map.delimiter).map_err(|_| FileError::NotCsv)?;
    let header = csv::StringRecord::from_byte_record(header).map_err(|_| FileError::NotCsv)?;
    let columns = Columns::find(map, &header)?;
    let mut file = ReadFile::default();
    for record in records {
        match columns.read(record) {
            Ok(Some(line)) => file.lines.push(line),
            Ok(None) => {}
            Err(bad) => {
                let problem = LineProblem { line: record.line, reason: bad.reason(), description: bad.to_string() };
                file.problems.push(problem);
            }
        }
    }
    Ok(file)
}

/// Where the columns of the map are.
struct Columns<'a> {
    map: &'a BankCsvMap,
    count: usize,
    booked_on: usize,
    value_on: Option<usize>,
    amount: usize,
    currency: Option<usize>,
    payer_name: Option<usize>,
    payer_account: Option<usize>,
    text: Vec<usize>,
    reference: Option<usize>,
}

impl<'a> Columns<'a> {
    fn find(map: &'a BankCsvMap, header: &csv::StringRecord) -> Result<Columns<'a>, FileError> {
        let place = |name: &String| {
            header.iter().position(|column| column == name.trim()).ok_or_else(|| FileError::ColumnMissing(name.clone()))
        };
        let optional = |name: &Option<String>| name.as_ref().map(place).transpose();
        Ok(Columns {
            map,
            count: header.len(),
            booked_on: place(&map.booked_on)?,
            value_on: optional(&map.value_on)?,
            amount: place(&map.amount)?,
            currency: optional(&map.currency)?,
            payer_name: optional(&map.payer_name)?,
            payer_account: optional(&map.payer_account)?,
            text: map.text.iter().map(place).collect::<Result<_, _>>()?,
            reference: optional(&map.reference)?,
        })
    }

    /// The line of the record; `None` if all its fields are empty.
    fn read(&self, raw: &RawRecord<'_>) -> Result<Option<BankLine>, BadLine> {
        if raw.misquoted {
            return Err(BadLine::Misquoted);
        }
        let record = fields(raw.bytes, self.map.delimiter).map_err(|_| BadLine::Misquoted)?;
        let record = csv::StringRecord::from_byte_record(record).map_err(|_| BadLine::NotUtf8)?;
        if record.iter().all(str::is_empty) {
            return Ok(None);
        }
        // A delimiter in a text that should have been quoted moves every field after it.
        if record.iter().skip(self.count).any(|field| !field.is_empty()) {
            return Err(BadLine::TooManyFields);
        }
        let field = |place: usize| record.get(place).unwrap_or_default();
        let text_of = |place: Option<usize>| place.map_or("", field).to_owned();
        let booked_on = self.date(&self.map.booked_on, field(self.booked_on))?;
        let value_on = match (self.value_on.map_or("", field), &self.map.value_on) {
            (text, Some(column)) if !text.is_empty() => self.date(column, text)?,
            (_, _) => booked_on,
        };
        let currency = self.currency(self.currency.map_or("", field))?;
        let amount = self.amount(field(self.amount), currency)?;
        let text: Vec<&str> = self.text.iter().map(|place| field(*place)).filter(|text| !text.is_empty()).collect();
        Ok(Some(BankLine {
            line: raw.line,
            booked_on,
            value_on,
            amount,
            payer_name: text_of(self.payer_name),
            payer_account: text_of(self.payer_account),
            text: text.join(" "),
            reference: text_of(self.reference),
        }))
    }

    fn date(&self, column: &str, text: &str) -> Result<NaiveDate, BadLine> {
        if text.is_empty() {
            return Err(BadLine::FieldMissing(column.to_owned()));
        }
        self.map.date_format.read(text).map_err(|error| BadLine::Date { column: column.to_owned(), error })
    }

    fn currency(&self, text: &str) -> Result<Currency, BadLine> {
        match &self.map.currency {
            Some(column) if !text.is_empty() => {
                Currency::parse(text).map_err(|error| BadLine::Currency { column: column.clone(), error })
            }
            _ => self.map.currency_code.ok_or(BadLine::CurrencyMissing),
        }
    }

    fn amount(&self, text: &str, currency: Currency) -> Result<Money, BadLine> {
        let column = &self.map.amount;
        if text.is_empty() {
            return Err(BadLine::FieldMissing(column.clone()));
        }
        let plain = plain_number(text, self.map.decimal_separator).ok_or(MoneyError::NotANumber);
        plain
            .and_then(|plain| Money::parse(&plain, currency))
            .map_err(|error| BadLine::Amount { column: column.clone(), error })
    }
}

/// The number without plus sign and grouping and with a point; `None` where a grouping separator stands elsewhere than
/// before three last digits, because then it more likely is the decimal separator: 12,50 is not 1250.
fn plain_number(text: &str, separator: DecimalSeparator) -> Option<String> {
    let unsigned = text.strip_prefix('+').filter(|rest| !rest.starts_with('-')).unwrap_or(text);
    let (whole, decimals) = match unsigned.split_once(separator.label()) {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (unsigned, None),
    };
    if let Some((before, last)) = whole.rsplit_once(separator.grouping()) {
        let digits = before.strip_prefix('-').unwrap_or(before);
        let mut groups = digits.split(separator.grouping()).skip(1);
        let first_is_short = digits.find(separator.grouping()).unwrap_or(digits.len()) <= 3;
        // In India groups before the last have two digits.
        if last.len() != 3 || digits.is_empty() || !first_is_short || !groups.all(|group| matches!(group.len(), 2 | 3))
        {
            return None;
        }
    }
    let whole = whole.replace(separator.grouping(), "");
    Some(decimals.map_or_else(|| whole.clone(), |decimals| format!("{whole}.{decimals}")))
}

#[cfg(test)]
#[path = "bank_csv_tests.rs"]
mod tests;
