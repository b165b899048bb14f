//! Bank lines from a csv file, by the library's reader. An unreadable line is reported and does not stop the others. The content of a line is read
//! in a stable way, because lines are identified by it: see [`super::bank_line`].

use quittance_bankfiles::csv::{self, BadColumn, BadHeader, Line, Lines, Map};
use quittance_kernel::{BadDate, Currency, Money, MoneyError, UnknownCurrency, reason::FIELD_REQUIRED};

use super::bank_line::BankLine;

/// The most records, or parts of entries, of an import, and the most bytes. The caller checks the file against them.
pub(crate) const MAX_LINES: usize = 10_000;
/// See [`MAX_LINES`]: 3 MiB.
pub(crate) const MAX_BYTES: usize = 3 * 1024 * 1024;

/// The content of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ReadFile {
    /// The readable lines, credits and debits, in the file's order.
    pub lines: Vec<BankLine>,
    /// The problems of the other lines, in the file's order.
    pub problems: Vec<LineProblem>,
}

/// The problem of an unreadable line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LineProblem {
    /// First physical line of the record.
    pub line: u64,
    /// `UPPER_SNAKE_CASE`.
    pub reason: &'static str,
    /// In words. Names the column, but never its content.
    pub description: String,
}

/// Why a file is refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// It is empty, contains NUL bytes, or its first record cannot be read.
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

impl From<BadHeader> for FileError {
    fn from(bad: BadHeader) -> FileError {
        let BadHeader::Columns(_, faults) = bad else { return FileError::NotCsv };
        let missing = faults.into_iter().find_map(|fault| match fault {
            BadColumn::Missing(column) => Some(FileError::ColumnMissing(column)),
            // Such maps were refused with the request.
            BadColumn::Map(_) => None,
        });
        missing.unwrap_or(FileError::NotCsv)
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
    #[error("column {0:?} is not a date in the map's format")]
    Date(String),
    #[error("column {0:?} has a year before 1900 or after 2999")]
    Year(String),
    #[error("column {column:?}: {error}")]
    Amount { column: String, error: MoneyError },
    #[error("columns {0:?} and {1:?} both have an amount")]
    TwoAmounts(String, String),
    #[error("column {0:?} says neither credit nor debit")]
    SideUnknown(String),
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
            BadLine::FieldMissing(_) | BadLine::CurrencyMissing => FIELD_REQUIRED,
            BadLine::Date(_) => BadDate::Malformed.reason(),
            BadLine::Year(_) => BadDate::YearOutOfRange.reason(),
            BadLine::Amount { error, .. } => error.reason(),
            BadLine::TwoAmounts(..) => "AMOUNT_ON_BOTH_SIDES",
            BadLine::SideUnknown(_) => "SIDE_UNKNOWN",
            BadLine::Currency { error, .. } => error.reason(),
        }
    }
}

impl From<csv::BadLine> for BadLine {
    fn from(bad: csv::BadLine) -> BadLine {
        match bad {
            csv::BadLine::Misquoted => BadLine::Misquoted,
            csv::BadLine::NotUtf8 => BadLine::NotUtf8,
            csv::BadLine::TooManyFields => BadLine::TooManyFields,
            csv::BadLine::FieldMissing(column) => BadLine::FieldMissing(column),
            csv::BadLine::Date(column) => BadLine::Date(column),
            csv::BadLine::Year(column) => BadLine::Year(column),
            csv::BadLine::Amount(column) => BadLine::Amount { column, error: MoneyError::NotANumber },
            csv::BadLine::TwoAmounts(credit, debit) => BadLine::TwoAmounts(credit, debit),
            csv::BadLine::Side(column) => BadLine::SideUnknown(column),
            csv::BadLine::Currency(column) => BadLine::Currency { column, error: UnknownCurrency },
            csv::BadLine::CurrencyMissing => BadLine::CurrencyMissing,
        }
    }
}

/// Reads the file: UTF-8, a byte-order mark is skipped, fields are trimmed, empty lines and lines of empty fields are
/// none. Fields that a record lacks are empty.
///
/// # Errors
/// [`FileError`]; unreadable lines are not errors, but problems in the result.
pub(crate) fn read(content: &[u8], map: &Map) -> Result<ReadFile, FileError> {
    if content.contains(&0) {
        return Err(FileError::NotCsv);
    }
    let (mut input, mut file) = (content, ReadFile::default());
    let mut lines = Lines::open(&mut input, map, content.len())?;
    // Reading from memory cannot fail.
    while let Some((number, line)) = lines.next_line().map_err(|_| FileError::NotCsv)? {
        match line.map_err(BadLine::from).and_then(|line| bank_line(number, &line, map)) {
            Ok(line) => file.lines.push(line),
            Err(bad) => {
                let problem = LineProblem { line: number, reason: bad.reason(), description: bad.to_string() };
                file.problems.push(problem);
            }
        }
    }
    Ok(file)
}

fn bank_line(number: u64, line: &Line<'_>, map: &Map) -> Result<BankLine, BadLine> {
    let (booked_on, value_on) = (line.booked_on()?, line.value_on()?);
    let currency = currency(line, map)?;
    let (column, text) = line.amount()?;
    let amount = Money::parse(&text, currency).map_err(|error| BadLine::Amount { column: column.to_owned(), error })?;
    Ok(BankLine {
        line: number,
        booked_on,
        value_on,
        amount,
        payer_name: line.payer_name().to_owned(),
        payer_account: line.payer_account().to_owned(),
        text: line.remittance(),
        reference: line.reference().to_owned(),
    })
}

fn currency(line: &Line<'_>, map: &Map) -> Result<Currency, BadLine> {
    match (line.currency(), &map.currency_code) {
        (Some((column, text)), _) => {
            Currency::parse(text).map_err(|error| BadLine::Currency { column: column.to_owned(), error })
        }
        (None, Some(code)) => Currency::parse(code).map_err(|_| BadLine::CurrencyMissing),
        (None, None) => Err(BadLine::CurrencyMissing),
    }
}

#[cfg(test)]
#[path = "bank_csv_tests.rs"]
mod tests;
