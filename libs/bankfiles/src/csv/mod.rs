//! Bank statements as csv, by a map that says which column holds what. The file names no account: the caller does. A
//! line that cannot be read is warned about and stops no other.

mod columns;
mod map;
mod records;

use std::io::BufRead;

pub use map::{BadDateFormat, BadDelimiter, DateFormat, DecimalSeparator, Delimiter, Map, Side};

use crate::{Event, Place, Refusal, StatementHead, StatementTail, Warning, WarningCode};

/// Reads a file as one statement, whose head the caller gives. Fields are trimmed; empty lines and lines of empty fields
/// are none; fields that a record lacks are empty; what is not UTF-8 is read as Windows-1252. Returns `csv`.
///
/// # Errors
/// [`Refusal`] if the map contradicts itself, the first record cannot be read or lacks columns, or the file cannot be
/// fetched.
pub fn read(
    input: &mut dyn BufRead,
    map: &Map,
    head: StatementHead,
    sink: &mut dyn FnMut(Event),
) -> Result<String, Refusal> {
    let mut records = records::Records::new(input, map.delimiter.byte(), map.skip_lines);
    let columns = columns::Columns::find(map, &mut records)?;
    sink(Event::Begin(head));
    let mut entries = 0_u64;
    while let Some(record) = records.next()? {
        match columns.entry(&record) {
            Ok(Some(entry)) => {
                entries = entries.saturating_add(1);
                sink(Event::Entry(Box::new(entry)));
            }
            Ok(None) => {}
            Err(bad) => {
                let warning = Warning { at: Place::Line(record.line), code: bad.code(), message: bad.to_string() };
                sink(Event::Warning(warning));
            }
        }
    }
    if entries == 0 {
        let message = "no line of the file could be read as an entry".to_owned();
        sink(Event::Warning(Warning { at: Place::File, code: WarningCode::Empty, message }));
    }
    sink(Event::End(StatementTail::default()));
    Ok("csv".to_owned())
}

#[cfg(test)]
#[path = "csv_tests.rs"]
mod tests;
