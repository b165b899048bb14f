//! Errors of reading a file or a record by a map.

use crate::{Place, Refusal, WarningCode};

/// Why one record cannot be read. Names the column, but never its content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLine {
    /// Its quotes are wrong, or it is too long.
    #[error("a quote does not close, text follows where it does, or the line is too long")]
    Misquoted,
    /// The map requires UTF-8, and the record is not.
    #[error("the line is not UTF-8")]
    NotUtf8,
    /// It has too many fields: an unquoted delimiter in a text shifts every field after it.
    #[error("the line has more fields than the first line")]
    TooManyFields,
    /// A required column is empty.
    #[error("column {0:?} is empty")]
    FieldMissing(String),
    /// Not a date in the map's format.
    #[error("column {0:?} is not a date in the map's format")]
    Date(String),
    /// A date out of range, mostly a year of two digits.
    #[error("column {0:?} has a year before 1900 or after 2999")]
    Year(String),
    /// Not a number in the map's format.
    #[error("column {0:?} is not an amount")]
    Amount(String),
    /// Both the credit and the debit column have an amount.
    #[error("columns {0:?} and {1:?} both have an amount")]
    TwoAmounts(String, String),
    /// None of the map's words for credits and debits.
    #[error("column {0:?} says neither credit nor debit")]
    Side(String),
    /// Not three letters.
    #[error("column {0:?} is not a currency of three letters")]
    Currency(String),
    /// Neither the line nor the map has a currency.
    #[error("no currency is given, neither in the line nor for the file")]
    CurrencyMissing,
}

impl BadLine {
    /// The machine-readable code.
    pub(super) fn code(&self) -> WarningCode {
        match self {
            BadLine::Misquoted | BadLine::TooManyFields => WarningCode::BadField,
            BadLine::NotUtf8 => WarningCode::BadText,
            BadLine::FieldMissing(_) => WarningCode::Missing,
            BadLine::Date(_) | BadLine::Year(_) => WarningCode::BadDate,
            BadLine::Amount(_) | BadLine::TwoAmounts(..) => WarningCode::BadAmount,
            BadLine::Side(_) => WarningCode::NoSide,
            BadLine::Currency(_) | BadLine::CurrencyMissing => WarningCode::BadCurrency,
        }
    }
}

/// Why a file cannot be read by a map.
#[derive(Debug, thiserror::Error)]
pub enum BadHeader {
    /// The first record is missing or cannot be read.
    #[error("{0}: the file has no first record that names columns")]
    Unreadable(Place),
    /// The map contradicts itself, or names columns missing in the first record.
    #[error("{0}: the map does not match the file")]
    Columns(Place, Vec<BadColumn>),
    /// The input could not be read.
    #[error("the file cannot be read")]
    Io(#[from] std::io::Error),
}

/// A conflict between a map and a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadColumn {
    /// The file lacks the column.
    #[error("the file has no column {0:?}")]
    Missing(String),
    /// The map contradicts itself.
    #[error("{0}")]
    Map(&'static str),
}

impl From<BadHeader> for Refusal {
    fn from(bad: BadHeader) -> Refusal {
        match bad {
            BadHeader::Unreadable(at) => Refusal::one(at, "the file has no first record that names columns"),
            BadHeader::Columns(at, faults) => {
                let fault = |fault: BadColumn| crate::Fault { at, message: fault.to_string() };
                Refusal::Faults(faults.into_iter().map(fault).collect())
            }
            BadHeader::Io(error) => Refusal::Io(error),
        }
    }
}
