//! What keeps a file or a record from being read by a map.

use crate::{Place, Refusal, WarningCode};

/// Why one record cannot be read. Says which column, and nothing of what stands in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLine {
    /// Its quotes are wrong, or it is too long.
    #[error("a quote does not close, text follows where it does, or the line is too long")]
    Misquoted,
    /// The map takes UTF-8 only, and this is something else.
    #[error("the line is not UTF-8")]
    NotUtf8,
    /// A delimiter in a text that should have been quoted moves every field after it.
    #[error("the line has more fields than the first line")]
    TooManyFields,
    /// A column that must say something says nothing.
    #[error("column {0:?} is empty")]
    FieldMissing(String),
    /// Not a date as the map says.
    #[error("column {0:?} is no date as the map says")]
    Date(String),
    /// A date of another age, most often a year of two digits.
    #[error("column {0:?} has a year before 1900 or after 2999")]
    Year(String),
    /// Not a number as the map says.
    #[error("column {0:?} is no amount")]
    Amount(String),
    /// Both of the columns for credits and debits.
    #[error("columns {0:?} and {1:?} both have an amount")]
    TwoAmounts(String, String),
    /// None of the words that the map has for credits and debits.
    #[error("column {0:?} says neither credit nor debit")]
    Side(String),
    /// Not three letters.
    #[error("column {0:?} is no currency of three letters")]
    Currency(String),
    /// Neither the line nor the map names one.
    #[error("no currency is given, neither in the line nor for the file")]
    CurrencyMissing,
}

impl BadLine {
    /// For machines.
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

/// Why a file is not read by a map.
#[derive(Debug, thiserror::Error)]
pub enum BadHeader {
    /// There is no first record, or it cannot be read.
    #[error("{0}: the file has no first record that names columns")]
    Unreadable(Place),
    /// The map contradicts itself, or names columns that the first record does not.
    #[error("{0}: the map does not fit the file")]
    Columns(Place, Vec<BadColumn>),
    /// The bytes could not be fetched.
    #[error("the file cannot be read")]
    Io(#[from] std::io::Error),
}

/// What is wrong between a map and a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadColumn {
    /// The file has no such column.
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
