//! Column maps.

use std::fmt;

use chrono::format::{Item, Numeric, StrftimeItems};
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;

/// The column map of a csv file. Columns are named as in the first record; in a file without one they are
/// numbers from 1.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Map {
    /// The booking date.
    pub booked_on: String,
    /// The value date; default, also for an empty field: the booking date.
    #[serde(default)]
    pub value_on: Option<String>,
    /// Signed, credits positive; or, with `side`, unsigned. Either this or `credit` and `debit`.
    #[serde(default)]
    pub amount: Option<String>,
    /// Amounts of credits, if they have their own column.
    #[serde(default)]
    pub credit: Option<String>,
    /// Amounts of debits, whatever their sign.
    #[serde(default)]
    pub debit: Option<String>,
    /// The column that says credit or debit; it overrides the amount's sign.
    #[serde(default)]
    pub side: Option<Side>,
    /// Whether `amount` is positive for outgoing money, as in card statements.
    #[serde(default)]
    pub inverted: bool,
    /// The currency; default, also for an empty field: `currency_code`.
    #[serde(default)]
    pub currency: Option<String>,
    /// The currency of lines without one.
    #[serde(default)]
    pub currency_code: Option<String>,
    /// The counterparty's name.
    #[serde(default)]
    pub payer_name: Option<String>,
    /// The counterparty's account.
    #[serde(default)]
    pub payer_account: Option<String>,
    /// Remittance information; several columns are joined with a space.
    #[serde(default)]
    pub text: Vec<String>,
    /// The bank's reference.
    #[serde(default)]
    pub reference: Option<String>,
    /// The date format.
    #[serde(default)]
    pub date_format: DateFormat,
    /// The field delimiter.
    #[serde(default)]
    pub delimiter: Delimiter,
    /// The decimal separator.
    #[serde(default)]
    pub decimal_separator: DecimalSeparator,
    /// Physical lines before the first record.
    #[serde(default)]
    pub skip_lines: u64,
    /// Whether there is no header: columns are numbers.
    #[serde(default)]
    pub no_header: bool,
    /// Whether the file must be UTF-8: another line is an error, and not read as Windows-1252.
    #[serde(default)]
    pub utf8_only: bool,
}

/// A column that says credit or debit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// The column.
    pub column: String,
    /// Its values for credits, case-insensitive: `C`, `CRDT`, `H`.
    pub credit: Vec<String>,
    /// Its values for debits: `D`, `DBIT`, `S`.
    pub debit: Vec<String>,
}

/// The decimal separator; the other of the two may group digits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
pub enum DecimalSeparator {
    /// `1,234.56`.
    #[default]
    #[serde(rename = ".")]
    Point,
    /// `1.234,56`.
    #[serde(rename = ",")]
    Comma,
}

impl DecimalSeparator {
    /// The character.
    pub const fn character(self) -> char {
        match self {
            DecimalSeparator::Point => '.',
            DecimalSeparator::Comma => ',',
        }
    }

    pub(super) const fn grouping(self) -> char {
        match self {
            DecimalSeparator::Point => ',',
            DecimalSeparator::Comma => '.',
        }
    }
}

/// The field delimiter: one ASCII character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "char")]
pub struct Delimiter(u8);

/// The character cannot be a delimiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a delimiter is one ASCII character, neither a quote, a letter, a digit nor a line end")]
pub struct BadDelimiter;

impl Delimiter {
    /// The character as a byte.
    pub const fn byte(self) -> u8 {
        self.0
    }
}

impl Default for Delimiter {
    fn default() -> Delimiter {
        Delimiter(b',')
    }
}

impl TryFrom<char> for Delimiter {
    type Error = BadDelimiter;

    fn try_from(character: char) -> Result<Delimiter, BadDelimiter> {
        let byte = u8::try_from(character).map_err(|_| BadDelimiter)?;
        let separates = (byte == b'\t' || byte.is_ascii_punctuation()) && byte != b'"';
        if separates { Ok(Delimiter(byte)) } else { Err(BadDelimiter) }
    }
}

/// A strftime format with a day, a month and a year in full.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct DateFormat(String);

/// The text is not a usable format: a year of two digits has no century.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a date format is strftime with a day, a month, and a year of four digits, such as %d.%m.%Y")]
pub struct BadDateFormat;

/// Why a text is not a date in a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WrongDate {
    /// It does not match, or the day does not exist.
    Malformed,
    /// Its year is not from 1900 to 2999.
    Year,
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

    pub(super) fn read(&self, text: &str) -> Result<NaiveDate, WrongDate> {
        let date = NaiveDate::parse_from_str(text, &self.0).map_err(|_| WrongDate::Malformed)?;
        // The library would accept 13 as the year 13.
        if (1900..=2999).contains(&date.year()) { Ok(date) } else { Err(WrongDate::Year) }
    }
}

impl Default for DateFormat {
    fn default() -> DateFormat {
        DateFormat("%Y-%m-%d".to_owned())
    }
}

impl TryFrom<String> for DateFormat {
    type Error = BadDateFormat;

    fn try_from(text: String) -> Result<DateFormat, BadDateFormat> {
        DateFormat::parse(&text)
    }
}

impl fmt::Display for DateFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
