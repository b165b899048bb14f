//! Bank statements as csv, by a column map. The account is given by the caller, not the file. A
//! line that cannot be read gives a warning and does not stop the others.

mod bad;
mod columns;
mod map;
mod records;

use std::io::{self, BufRead};

pub use bad::{BadColumn, BadHeader, BadLine};
pub use columns::Line;
pub use map::{BadDateFormat, BadDelimiter, DateFormat, DecimalSeparator, Delimiter, Map, Side};

use crate::{Event, Place, Refusal, StatementHead, StatementTail, Warning, WarningCode};

/// The lines of a file, one by one, for callers that interpret the columns themselves; others use [`read`].
pub struct Lines<'a> {
    records: records::Records<'a>,
    columns: columns::Columns<'a>,
}

impl<'a> Lines<'a> {
    /// Finds the map's columns in the first record. A record longer than `max_record_bytes`, and than 128 KiB, may be reported as misquoted; twice as
    /// much is held in memory.
    ///
    /// # Errors
    /// [`BadHeader`] if the map contradicts itself, the first record cannot be read or lacks columns, or the file cannot be read.
    pub fn open(input: &'a mut dyn BufRead, map: &'a Map, max_record_bytes: usize) -> Result<Lines<'a>, BadHeader> {
        let mut records = records::Records::new(input, map, max_record_bytes);
        let columns = columns::Columns::find(map, &mut records)?;
        Ok(Lines { records, columns })
    }

    /// The next line with its first physical line, from 1; `None` at the end of the file. Empty lines and lines of empty fields are skipped.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn next_line(&mut self) -> io::Result<Option<(u64, Result<Line<'_>, BadLine>)>> {
        while let Some(record) = self.records.next()? {
            let number = record.line;
            if let Some(line) = self.columns.line(record).transpose() {
                return Ok(Some((number, line)));
            }
        }
        Ok(None)
    }
}

/// Reads a file as one statement with the given head. Fields are trimmed; empty lines and lines of empty fields
/// are skipped; missing fields are empty; other encodings than UTF-8 are read as Windows-1252, unless the map forbids it. Returns `csv`.
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
    let mut lines = Lines::open(input, map, records::MAX_RECORD_BYTES)?;
    sink(Event::Begin(head));
    let mut entries = 0_u64;
    while let Some((number, line)) = lines.next_line()? {
        match line.and_then(|line| line.entry()) {
            Ok(entry) => {
                entries = entries.saturating_add(1);
                sink(Event::Entry(Box::new(entry)));
            }
            Err(bad) => {
                sink(Event::Warning(Warning { at: Place::Line(number), code: bad.code(), message: bad.to_string() }));
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
