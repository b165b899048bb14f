//! Physical lines of a file, read one by one within a bounded memory.

use std::io::{self, BufRead};

use encoding_rs::WINDOWS_1252;

/// The longest piece of a line, in bytes; a multiple of NACHA's 94 columns, so that a file without line ends
/// is split between records.
pub(crate) const MAX_LINE_BYTES: usize = 94 * 700;

/// A line, or a piece of one that is longer than [`MAX_LINE_BYTES`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// The physical line, from 1.
    pub(crate) number: u64,
    /// Its bytes without the line end.
    pub(crate) bytes: Vec<u8>,
    /// Whether it continues an earlier piece of the same line.
    pub(crate) continued: bool,
}

impl Line {
    /// The line as text: UTF-8, or else Windows-1252.
    pub(crate) fn text(&self) -> String {
        text_of(&self.bytes)
    }

    /// Whether the line is not only bytes below space.
    pub(crate) fn is_blank(&self) -> bool {
        self.bytes.iter().all(|byte| *byte <= b' ')
    }
}

/// Text in UTF-8, or else in Windows-1252.
pub(crate) fn text_of(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

/// Splits a file into lines as an editor does: `\n`, `\r\n` and `\r` each end one. A UTF-8 byte order mark is skipped.
pub(crate) struct Lines<'a> {
    input: &'a mut dyn BufRead,
    number: u64,
    after_return: bool,
    within: bool,
}

impl<'a> Lines<'a> {
    /// The lines of a file.
    pub(crate) fn new(input: &'a mut dyn BufRead) -> Lines<'a> {
        Lines { input, number: 1, after_return: false, within: false }
    }

    /// The next line; `None` at the end of the file.
    pub(crate) fn next(&mut self) -> io::Result<Option<Line>> {
        let mut line = Line { number: self.number, bytes: Vec::new(), continued: self.within };
        loop {
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                let is_rest = !line.bytes.is_empty();
                self.within = false;
                return Ok(is_rest.then_some(line).map(without_mark));
            }
            if std::mem::take(&mut self.after_return) && chunk.first() == Some(&b'\n') {
                self.input.consume(1);
                continue;
            }
            let room = MAX_LINE_BYTES.saturating_sub(line.bytes.len());
            let seen = chunk.get(..chunk.len().min(room)).unwrap_or(chunk);
            let Some(end) = seen.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
                line.bytes.extend_from_slice(seen);
                let taken = seen.len();
                self.input.consume(taken);
                if line.bytes.len() >= MAX_LINE_BYTES {
                    self.within = true;
                    return Ok(Some(without_mark(line)));
                }
                continue;
            };
            line.bytes.extend(seen.iter().take(end));
            self.after_return = seen.get(end) == Some(&b'\r');
            self.input.consume(end.saturating_add(1));
            self.number = self.number.saturating_add(1);
            // The end of a line whose last piece was returned is not a new line.
            if std::mem::take(&mut self.within) && line.bytes.is_empty() {
                line = Line { number: self.number, ..Line::default() };
                continue;
            }
            return Ok(Some(without_mark(line)));
        }
    }
}

fn without_mark(mut line: Line) -> Line {
    if line.number == 1 && !line.continued && line.bytes.starts_with(b"\xEF\xBB\xBF") {
        line.bytes.drain(..3);
    }
    line
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn cut(bytes: &[u8], buffer: usize) -> Vec<(u64, String)> {
        let mut input = BufReader::with_capacity(buffer, bytes);
        let mut lines = Lines::new(&mut input);
        let mut out = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            out.push((line.number, line.text()));
        }
        out
    }

    #[test]
    fn every_line_end_is_counted_whatever_the_chunks() {
        for buffer in [1, 2, 3, 100] {
            let lines = cut(b"\xEF\xBB\xBFa\r\n\rb\n\nM\xfcller", buffer.max(1));
            let expected = [(1, "a"), (2, ""), (3, "b"), (4, ""), (5, "Müller")];
            assert_eq!(lines, expected.map(|(number, text)| (number, text.to_owned())), "{buffer}");
        }
    }

    #[test]
    fn a_long_line_comes_in_pieces() {
        let mut bytes = vec![b'x'; MAX_LINE_BYTES];
        bytes.extend_from_slice(b"\nrest");
        let lines = cut(&bytes, 4096);
        assert_eq!(
            lines.iter().map(|(number, text)| (*number, text.len())).collect::<Vec<_>>(),
            [(1, MAX_LINE_BYTES), (2, 4)]
        );
    }
}
