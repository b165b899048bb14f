//! What is wrong with a file, and where.

use std::fmt;

use serde::{Serialize, Serializer};

/// Where in a file something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A physical line, from 1.
    Line(u64),
    /// A byte, from 0: for files without lines.
    Byte(u64),
    /// The file as a whole.
    File,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(line) => write!(f, "line {line}"),
            Place::Byte(byte) => write!(f, "byte {byte}"),
            Place::File => f.write_str("file"),
        }
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What is wrong, for machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WarningCode {
    /// Opening balance and booked entries do not give the closing balance.
    BalancesDoNotTie,
    /// A control total, count or hash is not what the file's records give.
    ControlDiffers,
    /// A record or element that must be there is not.
    Missing,
    /// A record or element that is not known here, or not in this place.
    Unexpected,
    /// A date that does not exist or is not written as it should be.
    BadDate,
    /// An amount that is not written as it should be: what holds it is left out.
    BadAmount,
    /// A currency that is not three letters.
    BadCurrency,
    /// An amount without a side: taken as a credit.
    NoSide,
    /// Another field that is not written as it should be.
    BadField,
    /// Bytes that are no text in the file's encoding.
    BadText,
    /// The file ends in the middle of something.
    Truncated,
    /// The file, or a statement of it, holds no entries or no statement.
    Empty,
}

impl WarningCode {
    /// The code as it is printed.
    pub const fn label(self) -> &'static str {
        match self {
            WarningCode::BalancesDoNotTie => "BALANCES_DO_NOT_TIE",
            WarningCode::ControlDiffers => "CONTROL_DIFFERS",
            WarningCode::Missing => "MISSING",
            WarningCode::Unexpected => "UNEXPECTED",
            WarningCode::BadDate => "BAD_DATE",
            WarningCode::BadAmount => "BAD_AMOUNT",
            WarningCode::BadCurrency => "BAD_CURRENCY",
            WarningCode::NoSide => "NO_SIDE",
            WarningCode::BadField => "BAD_FIELD",
            WarningCode::BadText => "BAD_TEXT",
            WarningCode::Truncated => "TRUNCATED",
            WarningCode::Empty => "EMPTY",
        }
    }
}

/// Something a file gets wrong that did not keep it from being read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Where.
    pub at: Place,
    /// What, for machines.
    pub code: WarningCode,
    /// What, for people.
    pub message: String,
}

/// Why a file is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {message}")]
pub struct Fault {
    /// Where.
    pub at: Place,
    /// What.
    pub message: String,
}

/// A file that is not read, with every reason found.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It holds nothing of what it should hold.
    #[error("{}", Faults(.0))]
    Faults(Vec<Fault>),
    /// Its bytes could not be fetched.
    #[error("the file cannot be read")]
    Io(#[from] std::io::Error),
}

impl Refusal {
    /// A refusal for one reason.
    pub fn one(at: Place, message: impl Into<String>) -> Refusal {
        Refusal::Faults(vec![Fault { at, message: message.into() }])
    }
}

struct Faults<'a>(&'a [Fault]);

impl fmt::Display for Faults<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, fault) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str("\n")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}
