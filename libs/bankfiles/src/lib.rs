//! Parsers and writers of bank files: bytes in, typed statements out, and back. No file system, no clock.
//!
//! Mistakes in a file are read as far as possible and give warnings with their place; a file without any of the
//! expected content is refused, with every reason. A statement is emitted entry by entry, so that a file of any size
//! needs no more memory than its longest entry.

mod amount;
pub mod bai2;
pub mod camt;
mod clean;
pub mod csv;
mod detect;
mod dispatch;
mod fields;
mod lines;
pub mod lockbox;
mod model;
pub mod mt94x;
pub mod nacha;
pub mod ofx;
pub mod pain;
mod tally;
mod text;
mod warning;
mod xml;

pub use amount::{Amount, BadAmount, CurrencyCode, MAX_DIGITS, MAX_WHOLE_DIGITS, parse_amount};
pub use detect::{Format, detect};
pub use dispatch::read;
pub use lockbox::LOCKBOX;
pub use model::{
    Advice, Balance, BalanceKind, Charge, Detail, Entry, EntryStatus, Event, Party, StatementHead, StatementTail,
};
pub use tally::{Sums, Tally};
pub use warning::{Fault, Place, Refusal, Warning, WarningCode};
