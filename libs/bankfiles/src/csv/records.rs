//! The records of a csv file with the physical lines they start on. The file is split here and each record is parsed by the
//! csv library alone, so that an unreadable record does not affect others, and lines are counted as in an editor:
//! `\n`, `\r\n` and `\r` each end one, also within quotes.

use std::io::{self, BufRead};

use super::bad::BadLine;
use super::map::Map;
use crate::lines::text_of;

/// How far the end of quotes is searched for: beyond it they count as unclosed, so that a file full of stray quotes is
/// still read in time proportional to its size.
const MAX_QUOTED_BYTES: usize = 65_536;
const MAX_QUOTED_LINE_ENDS: usize = 200;

/// The longest record, in bytes.
pub(super) const MAX_RECORD_BYTES: usize = 2 * MAX_QUOTED_BYTES;

/// A record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Record {
    /// Its first physical line, from 1.
    pub(super) line: u64,
    /// Trimmed.
    pub(super) fields: Vec<String>,
    /// Its quotes are wrong, it is too long, or it is not UTF-8 although required. A misquoted one ends with its first line, so that the lines after
    /// it are still read.
    pub(super) fault: Option<BadLine>,
}

/// Splits a file into records. Empty lines are skipped.
pub(super) struct Records<'a> {
    input: &'a mut dyn BufRead,
    map: &'a Map,
    max_record_bytes: usize,
    buffer: Vec<u8>,
    start: usize,
    line: u64,
    ended: bool,
}

impl<'a> Records<'a> {
    pub(super) fn new(input: &'a mut dyn BufRead, map: &'a Map, max_record_bytes: usize) -> Records<'a> {
        let max_record_bytes = max_record_bytes.max(MAX_RECORD_BYTES);
        Records { input, map, max_record_bytes, buffer: Vec::new(), start: 0, line: 1, ended: false }
    }

    /// The next record; `None` at the end of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<Record>> {
        loop {
            self.fill()?;
            let rest = self.buffer.get(self.start..).unwrap_or_default();
            if rest.is_empty() {
                return Ok(None);
            }
            let skipped = self.line <= self.map.skip_lines;
            let whole = if skipped { None } else { record_length(rest, self.map.delimiter.byte()) };
            let length = whole.unwrap_or_else(|| rest.iter().position(|byte| is_line_end(*byte)).unwrap_or(rest.len()));
            let bytes = rest.get(..length).unwrap_or_default();
            let behind = rest.get(length..).unwrap_or_default();
            // Of a line that does not end within the buffer only the beginning is dropped.
            let is_rest = behind.is_empty() && !self.ended;
            let end = if behind.starts_with(b"\r\n") { 2 } else { usize::from(!behind.is_empty()) };
            let misquoted = whole.is_none() || is_rest;
            let record = (!skipped && !bytes.is_empty()).then(|| {
                let read = if misquoted { Err(BadLine::Misquoted) } else { fields(bytes, self.map) };
                let fault = read.as_ref().err().cloned();
                Record { line: self.line, fields: read.unwrap_or_default(), fault }
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

    /// Fills the buffer so that it has the longest record.
    fn fill(&mut self) -> io::Result<()> {
        if self.buffer.len().saturating_sub(self.start) >= self.max_record_bytes || self.ended {
            return Ok(());
        }
        self.buffer.drain(..self.start.min(self.buffer.len()));
        let first = self.start == 0 && self.line == 1;
        self.start = 0;
        while self.buffer.len() < self.max_record_bytes.saturating_mul(2) && !self.ended {
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

    /// Skips the rest of a line longer than the buffer.
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

/// The fields of a record, without the blanks around them.
fn fields(record: &[u8], map: &Map) -> Result<Vec<String>, BadLine> {
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(map.delimiter.byte())
        // Only ASCII blanks: others are part of the content, by which lines are identified.
        .trim(::csv::Trim::All)
        .buffer_capacity(record.len().clamp(1, MAX_RECORD_BYTES))
        .from_reader(record);
    let mut read = ::csv::ByteRecord::new();
    reader.read_byte_record(&mut read).map_err(|_| BadLine::Misquoted)?;
    let text = |field: &[u8]| match std::str::from_utf8(field) {
        Err(_) if map.utf8_only => Err(BadLine::NotUtf8),
        _ => Ok(text_of(field)),
    };
    read.iter().map(text).collect()
}

/// The state of scanning a record.
#[derive(Clone, Copy)]
enum Place {
    FieldStart,
    Unquoted,
    Quoted,
    /// After a quote within quotes: it closes them unless another follows at once.
    AfterQuote,
}

/// How long the record at the start is; `None` if its quotes are wrong: one never closes, or text follows where it does.
/// A quote opens only where a field starts; a doubled one within quotes is a literal quote.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut_by(text: &[u8], map: &str) -> Vec<(u64, String, bool)> {
        let map: Map = toml::from_str(&format!("booked_on = 'D'\n{map}")).unwrap();
        let mut input = text;
        let mut records = Records::new(&mut input, &map, MAX_RECORD_BYTES);
        let mut cut = Vec::new();
        while let Some(record) = records.next().unwrap() {
            cut.push((record.line, record.fields.join("|"), record.fault.is_some()));
        }
        cut
    }

    fn cut(text: &str) -> Vec<(u64, String, bool)> {
        cut_by(text.as_bytes(), "")
    }

    fn seen<const N: usize>(records: [(u64, &str, bool); N]) -> Vec<(u64, String, bool)> {
        records.map(|(line, fields, is_bad)| (line, fields.to_owned(), is_bad)).to_vec()
    }

    #[test]
    fn lines_are_counted_as_an_editor_does() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "", "1,\"x", "y\"", "", "", "2,z"].join(end);
            let quoted = format!("1|x{end}y");
            assert_eq!(cut(&text), seen([(1, "a|b", false), (3, &quoted, false), (7, "2|z", false)]), "{end:?}");
            assert_eq!(cut(&format!("{text}{end}")).len(), 3);
        }
    }

    #[test]
    fn quotes_open_at_the_start_of_a_field_only() {
        assert_eq!(cut("a\"b,c\nd"), seen([(1, "a\"b|c", false), (2, "d", false)]));
        assert_eq!(cut("a\"\"b\nd"), seen([(1, "a\"\"b", false), (2, "d", false)]));
        assert_eq!(cut("\"a\"\"\nb\" ,c\nd"), seen([(1, "a\"\nb|c", false), (3, "d", false)]));
        assert_eq!(cut("\"\",\"\"\nd"), seen([(1, "|", false), (2, "d", false)]));
    }

    #[test]
    fn a_stray_quote_spoils_one_line() {
        assert_eq!(cut("1,\"x\n2,y\n3,z"), seen([(1, "", true), (2, "2|y", false), (3, "3|z", false)]));
        // Read leniently, the second line would vanish in the first.
        assert_eq!(cut("1,\"x\n2,\"y\n3,z"), seen([(1, "", true), (2, "", true), (3, "3|z", false)]));
    }

    #[test]
    fn a_file_of_stray_quotes_is_read_in_time() {
        let text = "y\",\"z\n".repeat(20_000);
        assert_eq!(cut(&text).len(), 20_000);
    }

    #[test]
    fn blanks_around_a_field_go_and_hard_spaces_stay() {
        assert_eq!(cut(" a\t,\" b \",\u{a0}c"), seen([(1, "a|b|\u{a0}c", false)]));
    }

    #[test]
    fn what_is_not_utf8_is_read_as_windows_1252_or_told() {
        assert_eq!(cut_by(b"M\xFCller\nx", ""), seen([(1, "Müller", false), (2, "x", false)]));
        assert_eq!(cut_by(b"M\xFCller\nx", "utf8_only = true"), seen([(1, "", true), (2, "x", false)]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_cut_in_order(bytes in prop::collection::vec(prop::sample::select(b"a,\"\n\r ".to_vec()), 0..60)) {
            let records = cut_by(&bytes, "");
            prop_assert!(records.is_sorted_by(|left, right| left.0 < right.0));
        }
    }
}
