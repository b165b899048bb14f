//! Records of 94 columns, with any line ends.

use std::collections::VecDeque;
use std::io::{self, BufRead};

use encoding_rs::WINDOWS_1252;
use rust_decimal::Decimal;

use crate::fields;
use crate::lines::{Line, Lines};

/// Columns of a record.
pub(super) const COLUMNS: usize = 94;

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// The physical line of the record.
    pub(super) at: u64,
    columns: Vec<char>,
    /// Whether there is text after the last column.
    pub(super) too_long: bool,
}

impl Record {
    fn new(at: u64, bytes: &[u8]) -> Record {
        // Columns are bytes if the writer counted bytes, and characters if it counted characters.
        let text = match std::str::from_utf8(bytes) {
            Ok(text) if bytes.is_ascii() || bytes.len() != COLUMNS => text.into(),
            _ => WINDOWS_1252.decode_without_bom_handling(bytes).0,
        };
        let columns: Vec<char> = text.chars().take(COLUMNS).collect();
        let too_long = text.chars().skip(COLUMNS).any(|letter| !letter.is_whitespace());
        Record { at, columns, too_long }
    }

    /// The columns from `first` to `last`, counted from 1 as the rules do; fewer if the record is short.
    pub(super) fn raw(&self, first: usize, last: usize) -> String {
        let width = last.saturating_add(1).saturating_sub(first);
        self.columns.iter().skip(first.saturating_sub(1)).take(width).collect()
    }

    /// [`Record::raw`] without spaces around it.
    pub(super) fn text(&self, first: usize, last: usize) -> String {
        self.raw(first, last).trim().to_owned()
    }

    /// A number; `None` for spaces.
    pub(super) fn number(&self, first: usize, last: usize) -> Option<u64> {
        self.text(first, last).parse().ok()
    }

    /// An amount in cents, as dollars.
    pub(super) fn amount(&self, first: usize, last: usize) -> Option<Decimal> {
        fields::implied(&self.text(first, last), 2)
    }

    /// The number of columns.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// The record type.
    pub(super) fn kind(&self) -> char {
        self.columns.first().copied().unwrap_or(' ')
    }

    /// Whether the record is padding: nines, or blanks.
    pub(super) fn is_filler(&self) -> bool {
        self.columns.iter().all(|letter| letter.is_whitespace())
            || (self.columns.len() > 1 && self.columns.iter().all(|letter| *letter == '9' || letter.is_whitespace()))
    }
}

/// Reads records.
pub(super) struct Records<'a> {
    lines: Lines<'a>,
    waiting: VecDeque<Record>,
}

impl<'a> Records<'a> {
    pub(super) fn new(input: &'a mut dyn BufRead) -> Records<'a> {
        Records { lines: Lines::new(input), waiting: VecDeque::new() }
    }

    /// The next record; `None` at the end of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<Record>> {
        loop {
            if let Some(record) = self.waiting.pop_front() {
                return Ok(Some(record));
            }
            let Some(line) = self.lines.next()? else { return Ok(None) };
            self.cut(&line);
        }
    }

    /// A line of two records or more has no line ends between them; one that is a little longer is a record.
    fn cut(&mut self, line: &Line) {
        let end = line.bytes.iter().rposition(|byte| *byte > b' ').map_or(0, |last| last.saturating_add(1));
        if end >= COLUMNS.saturating_mul(2).saturating_sub(40) || line.continued {
            let chunks = line.bytes.chunks(COLUMNS).filter(|chunk| chunk.iter().any(|byte| *byte > b' '));
            self.waiting.extend(chunks.map(|chunk| Record::new(line.number, chunk)));
        } else if end > 0 {
            self.waiting.push_back(Record::new(line.number, &line.bytes));
        }
    }
}

/// Whether nine digits are a routing number: weights 3, 7, 1 (ABA).
pub(super) fn is_routing(digits: &str) -> bool {
    let sum = digits
        .chars()
        .zip([3, 7, 1].into_iter().cycle())
        .try_fold(0_u32, |sum, (digit, weight)| Some(sum.saturating_add(digit.to_digit(10)?.saturating_mul(weight))));
    digits.chars().count() == 9 && sum.is_some_and(|sum| sum % 10 == 0)
}
