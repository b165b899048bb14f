//! The records of a csv file with the physical lines they start on. The file is cut here and each record is read by the
//! csv library alone, so that a record that cannot be read spoils no other, and lines are counted as an editor does:
//! `\n`, `\r\n` and `\r` each end one, also within quotes.

use std::io::{self, BufRead};

use crate::lines::text_of;

/// How far the end of quotes is sought: beyond it they count as never closed, so that a file full of stray quotes is
/// still read in time proportional to its size.
const MAX_QUOTED_BYTES: usize = 65_536;
const MAX_QUOTED_LINE_ENDS: usize = 200;

/// How many bytes a record has at most.
const MAX_RECORD_BYTES: usize = 2 * MAX_QUOTED_BYTES;

/// A record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Record {
    /// Its first physical line, from 1.
    pub(super) line: u64,
    /// Trimmed.
    pub(super) fields: Vec<String>,
    /// Its quotes are wrong, or it is too long. It ends with its first line, so that the lines after it are still read.
    pub(super) misquoted: bool,
}

/// Cuts a file into records. Empty lines are none.
pub(super) struct Records<'a> {
    input: &'a mut dyn BufRead,
    delimiter: u8,
    skip_lines: u64,
    buffer: Vec<u8>,
    start: usize,
    line: u64,
    ended: bool,
}

impl<'a> Records<'a> {
    pub(super) fn new(input: &'a mut dyn BufRead, delimiter: u8, skip_lines: u64) -> Records<'a> {
        Records { input, delimiter, skip_lines, buffer: Vec::new(), start: 0, line: 1, ended: false }
    }

    /// The next record; `None` at the end of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<Record>> {
        loop {
            self.fill()?;
            let rest = self.buffer.get(self.start..).unwrap_or_default();
            if rest.is_empty() {
                return Ok(None);
            }
            let skipped = self.line <= self.skip_lines;
            let whole = if skipped { None } else { record_length(rest, self.delimiter) };
            let length = whole.unwrap_or_else(|| rest.iter().position(|byte| is_line_end(*byte)).unwrap_or(rest.len()));
            let bytes = rest.get(..length).unwrap_or_default();
            let behind = rest.get(length..).unwrap_or_default();
            // A line that does not end within the buffer has lost its beginning only.
            let is_rest = behind.is_empty() && !self.ended;
            let end = if behind.starts_with(b"\r\n") { 2 } else { usize::from(!behind.is_empty()) };
            let misquoted = whole.is_none() || is_rest;
            let record = (!skipped && !bytes.is_empty()).then(|| Record {
                line: self.line,
                fields: if misquoted { Vec::new() } else { fields(bytes, self.delimiter) },
                misquoted,
            });
            self.line = self.line.saturating_add(line_ends(bytes)).saturating_add(u64::from(end > 0));
            self.start = self.start.saturating_add(length).saturating_add(end);
            if is_rest {
                self.drop_line()?;
            }
            if record.is_some() {
                return Ok(record);
            }
        }
    }

    /// Sees to it that the longest record is in the buffer.
    fn fill(&mut self) -> io::Result<()> {
        if self.buffer.len().saturating_sub(self.start) >= MAX_RECORD_BYTES || self.ended {
            return Ok(());
        }
        self.buffer.drain(..self.start.min(self.buffer.len()));
        let first = self.start == 0 && self.line == 1;
        self.start = 0;
        while self.buffer.len() < MAX_RECORD_BYTES.saturating_mul(2) && !self.ended {
            match self.input.fill_buf() {
                Ok([]) => self.ended = true,
                Ok(chunk) => {
                    self.buffer.extend_from_slice(chunk);
                    let taken = chunk.len();
                    self.input.consume(taken);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if first && self.buffer.starts_with(b"\xEF\xBB\xBF") {
            self.start = 3;
        }
        Ok(())
    }

    /// Leaves out what is left of a line longer than the buffer.
    fn drop_line(&mut self) -> io::Result<()> {
        loop {
            self.fill()?;
            let rest = self.buffer.get(self.start..).unwrap_or_default();
            let end = rest.iter().position(|byte| is_line_end(*byte));
            self.start = self.start.saturating_add(end.unwrap_or(rest.len()));
            if end.is_some() || self.ended {
                return Ok(());
            }
        }
    }
}

/// The fields of a record; none where the library cannot read it.
fn fields(record: &[u8], delimiter: u8) -> Vec<String> {
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(record.len().clamp(1, MAX_RECORD_BYTES))
        .from_reader(record);
    let mut read = ::csv::ByteRecord::new();
    match reader.read_byte_record(&mut read) {
        Ok(_) => read.iter().map(|field| text_of(field).trim().to_owned()).collect(),
        Err(_) => Vec::new(),
    }
}

/// Where a scan of a record stands.
#[derive(Clone, Copy)]
enum Place {
    FieldStart,
    Unquoted,
    Quoted,
    /// After a quote within quotes: it closes them unless another follows at once.
    AfterQuote,
}

/// How long the record at the start is; `None` if its quotes are wrong: one never closes, or text follows where it does.
/// A quote opens only where a field starts; a doubled one within quotes stands for itself.
fn record_length(rest: &[u8], delimiter: u8) -> Option<usize> {
    let mut place = Place::FieldStart;
    let mut lines = 0_usize;
    for (at, byte) in rest.iter().copied().enumerate() {
        place = match (place, byte) {
            (Place::Quoted, b'"') => Place::AfterQuote,
            (Place::Quoted, byte) => {
                lines = lines.saturating_add(usize::from(is_line_end(byte)));
                if at > MAX_QUOTED_BYTES || lines > MAX_QUOTED_LINE_ENDS {
                    return None;
                }
                Place::Quoted
            }
            (Place::FieldStart | Place::AfterQuote, b'"') => Place::Quoted,
            (_, byte) if is_line_end(byte) => return Some(at),
            (_, byte) if byte == delimiter => Place::FieldStart,
            (Place::AfterQuote, b' ') => Place::AfterQuote,
            (Place::AfterQuote, _) => return None,
            (Place::FieldStart | Place::Unquoted, _) => Place::Unquoted,
        };
    }
    (!matches!(place, Place::Quoted)).then_some(rest.len())
}

fn line_ends(bytes: &[u8]) -> u64 {
    let ends = bytes.iter().filter(|byte| is_line_end(**byte)).count();
    let pairs = bytes.windows(2).filter(|pair| *pair == b"\r\n").count();
    u64::try_from(ends.saturating_sub(pairs)).unwrap_or(u64::MAX)
}

fn is_line_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}
