//! Records: a physical line and its continuations (88).

use std::io::{self, BufRead};

use crate::lines::{Line, Lines};

/// The most bytes of continuations of a record.
const MAX_RECORD_BYTES: usize = 256 * 1024;

/// A record with its continuations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Record {
    /// The physical line it begins on.
    pub(super) at: u64,
    /// `01`, `02`, `03`, `16`, `49`, `98`, `99`; anything else as written.
    pub(super) code: String,
    /// The text after the code, one entry per line of the file; without the slash at its end.
    pub(super) lines: Vec<String>,
    /// Physical lines, for the counts of the trailers.
    pub(super) count: u64,
    /// Whether the file has more than is kept.
    pub(super) cut: bool,
    size: usize,
}

impl Record {
    fn begin(line: &Line, text: &str) -> Record {
        let (code, rest) = text.split_once([',', '/']).unwrap_or((text, ""));
        let code = code.trim().to_owned();
        // Only texts contain slashes; in other records a slash ends the record, whatever follows in the line.
        let rest = if code == "16" { rest } else { rest.split_once('/').map_or(rest, |(fields, _)| fields) };
        let mut record = Record { at: line.number, code, ..Record::default() };
        record.push(rest);
        record
    }

    fn push(&mut self, text: &str) {
        self.count = self.count.saturating_add(1);
        self.size = self.size.saturating_add(text.len()).saturating_add(24);
        if self.size > MAX_RECORD_BYTES {
            self.cut = true;
        } else {
            self.lines.push(without_end(text).to_owned());
        }
    }

    /// The fields of all lines, including empty ones.
    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().flat_map(|line| line.split(',')).map(str::trim)
    }
}

/// Reads records.
pub(super) struct Records<'a> {
    lines: Lines<'a>,
    record: Option<Record>,
}

impl<'a> Records<'a> {
    pub(super) fn new(input: &'a mut dyn BufRead) -> Records<'a> {
        Records { lines: Lines::new(input), record: None }
    }

    /// The next record; `None` at the end of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<Record>> {
        while let Some(line) = self.lines.next()? {
            if line.is_blank() {
                continue;
            }
            let text = line.text();
            let text = text.trim_end_matches(|letter: char| letter.is_whitespace() || letter == '\u{1a}');
            if let Some(rest) = continuation(text)
                && let Some(record) = &mut self.record
            {
                record.push(rest);
                continue;
            }
            let done = self.record.replace(Record::begin(&line, text));
            if done.is_some() {
                return Ok(done);
            }
        }
        Ok(self.record.take())
    }
}

fn continuation(text: &str) -> Option<&str> {
    let rest = text.trim_start().strip_prefix("88")?;
    rest.strip_prefix(',').or_else(|| rest.strip_prefix('/')).or_else(|| rest.is_empty().then_some(rest))
}

fn without_end(text: &str) -> &str {
    let text = text.trim_end();
    text.strip_suffix('/').unwrap_or(text)
}
