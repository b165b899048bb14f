//! Warnings and refusals, with their places.

use std::fmt;

use serde::{Serialize, Serializer};

/// A place in a file.
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

/// The machine-readable code of a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WarningCode {
    /// Opening balance and booked entries do not give the closing balance.
    BalancesDoNotTie,
    /// A control total, count or hash does not match the file's records.
    ControlDiffers,
    /// A required record or element is missing.
    Missing,
    /// A record or element that is unknown, or misplaced.
    Unexpected,
    /// A date that does not exist or is malformed.
    BadDate,
    /// A malformed amount: the element that contains it is left out.
    BadAmount,
    /// A currency that is not three letters.
    BadCurrency,
    /// An amount without a side: taken as a credit.
    NoSide,
    /// Another malformed field.
    BadField,
    /// Bytes that are not text in the file's encoding.
    BadText,
    /// The file is truncated.
    Truncated,
    /// The file has no statement, or a statement no entries.
    Empty,
}

impl WarningCode {
    /// The code in output.
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

/// A mistake in a file that did not prevent reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// The place.
    pub at: Place,
    /// The machine-readable code.
    pub code: WarningCode,
    /// A sentence for people.
    pub message: String,
}

/// A reason to refuse a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {message}")]
pub struct Fault {
    /// The place.
    pub at: Place,
    /// A sentence for people.
    pub message: String,
}

/// A refused file, with every reason found.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It has none of the expected content.
    #[error("{}", Faults(.0))]
    Faults(Vec<Fault>),
    /// The input could not be read.
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
