//! Tags and what follows them: `:61:` and the lines up to the next tag.

use std::io::{self, BufRead};

use crate::lines::Lines;

/// The most bytes of a field; SWIFT allows 390 in `:86:`, banks write some thousand.
const MAX_FIELD_BYTES: usize = 64 * 1024;

/// The longest line by SWIFT: a full one may break anywhere.
const FULL_LINE: usize = 65;

const TAGS: [&str; 23] = [
    "20", "21", "25", "25P", "28", "28C", "60F", "60M", "61", "86", "62F", "62M", "64", "65", "13", "13D", "13C",
    "34F", "34", "90C", "90D", "NS", "60",
];

/// A field of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Field {
    /// Without colons.
    pub(super) tag: String,
    /// The physical line of the tag.
    pub(super) at: u64,
    /// What follows the tag, then the lines after it, spaces kept.
    pub(super) lines: Vec<String>,
    /// Bytes of the lines.
    size: usize,
    /// Whether the file has more than is kept.
    pub(super) cut: bool,
    /// Whether a block header before it marks an MT942.
    pub(super) interim: bool,
}

impl Field {
    /// The lines as one, without the breaks.
    pub(super) fn joined(&self) -> String {
        self.lines.concat()
    }

    /// The first line without spaces around it.
    pub(super) fn first(&self) -> &str {
        self.lines.first().map_or("", |line| line.trim())
    }

    fn push(&mut self, line: &str) {
        let line: String = line.chars().filter(|letter| !letter.is_control() || *letter == '\t').collect();
        self.size = self.size.saturating_add(line.len()).saturating_add(24);
        if self.size > MAX_FIELD_BYTES {
            self.cut = true;
        } else {
            self.lines.push(line);
        }
    }
}

/// Splits a file into fields.
#[expect(clippy::struct_excessive_bools, reason = "independent flags of the reader's state")]
pub(super) struct Fields<'a> {
    lines: Lines<'a>,
    field: Option<Field>,
    /// Between `{4:` and `-}` a line of one hyphen is text.
    in_block: bool,
    /// Whether a hyphen ended the message: text before the next tag belongs to no field.
    ended: bool,
    /// Whether the last block header is an MT942's.
    interim: bool,
    /// Characters of the line before.
    last_width: usize,
    /// Whether the message has its closing balance, or has not begun.
    closed: bool,
}

impl<'a> Fields<'a> {
    pub(super) fn new(input: &'a mut dyn BufRead) -> Fields<'a> {
        Fields {
            lines: Lines::new(input),
            field: None,
            in_block: false,
            ended: true,
            interim: false,
            last_width: 0,
            closed: true,
        }
    }

    /// The next field; `None` at the end of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<Field>> {
        while let Some(line) = self.lines.next()? {
            let done = self.take(&line.text(), line.number);
            if done.is_some() {
                return Ok(done);
            }
        }
        Ok(self.field.take())
    }

    /// Processes a line. Returns the field that it ends.
    fn take(&mut self, line: &str, at: u64) -> Option<Field> {
        let mut line = line;
        if is_block(line) {
            self.interim =
                line.contains("{2:O942") || line.contains("{2:I942") || (self.interim && !line.contains("{2:"));
            self.ended = true;
            self.in_block = false;
            let (_, text) = line.split_once("{4:")?;
            self.in_block = true;
            line = text;
        }
        let width = line.chars().count();
        let full = self.last_width >= FULL_LINE;
        self.last_width = width;
        if let Some((tag, value)) = split_tag(line).filter(|(tag, value)| !(full && self.is_time(tag, value))) {
            return self.begin(tag, value, at);
        }
        if self.is_end(line) {
            self.ended = true;
        } else if !self.ended
            && let Some(field) = &mut self.field
        {
            field.push(line);
        }
        None
    }

    fn begin(&mut self, tag: &str, value: &str, at: u64) -> Option<Field> {
        self.closed = match tag {
            "20" => false,
            "62F" | "62M" => true,
            _ => self.closed,
        };
        self.ended = false;
        let mut field = Field { tag: tag.to_owned(), at, interim: self.interim, ..Field::default() };
        field.push(value);
        self.field.replace(field)
    }

    /// A text broken before a colon may continue like a tag: `12` and `:20:37`.
    fn is_time(&self, tag: &str, value: &str) -> bool {
        let within_text = !self.closed && self.field.as_ref().is_some_and(|field| field.tag == "86");
        let mut next = value.chars();
        let two_digits = next.by_ref().take(2).all(|letter| letter.is_ascii_digit());
        within_text
            && matches!(tag, "20" | "21" | "25" | "28")
            && two_digits
            && !next.next().is_some_and(char::is_alphanumeric)
    }

    fn is_end(&self, line: &str) -> bool {
        let line = line.trim_end();
        !self.in_block && (line == "-" || line == "-XXX" || line == "\u{3}")
    }
}

/// `{1:`, and `-}`, with the control characters of a transmission before them.
fn is_block(line: &str) -> bool {
    let line = line.trim_start_matches(char::is_control);
    let mut start = line.chars();
    let header = (start.next(), start.next(), start.next());
    line.starts_with("-}") || matches!(header, (Some('{'), Some('1'..='5' | 'S'), Some(':')))
}

fn split_tag(line: &str) -> Option<(&str, &str)> {
    let (tag, value) = line.strip_prefix(':')?.split_once(':')?;
    if !TAGS.contains(&tag) {
        return None;
    }
    // The tag of an entry without a date after it is wrapped text.
    let dated = value.trim_start().bytes().take(6).filter(u8::is_ascii_digit).count() == 6;
    (tag != "61" || dated || value.trim().is_empty()).then_some((tag, value))
}
