//! The files that banks send and take: bytes in, typed statements out, and back. Nothing here reads a disk or a clock.
//!
//! What a file gets wrong is read where it can be and warned about where it stands; a file that holds nothing of what
//! it should hold is refused, with every reason. A statement is handed on entry by entry, so that a file of any size
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
