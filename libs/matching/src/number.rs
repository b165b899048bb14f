//! Document numbers and texts, split into runs of letters and of digits. People and banks change what
//! stands between the runs (dashes, blanks, line breaks), lose leading zeros and prefixes, and seldom touch the rest.

/// The longest number to search for.
pub(super) const MAX_NUMBER_CHARS: usize = 100;
/// The most runs of digits of a number.
const MAX_DIGIT_RUNS: usize = 4;

/// What a run consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// ASCII digits.
    Digits,
    /// Letters, and digits of other scripts.
    Letters,
}

/// The separator between a run and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gap {
    /// Nothing: letters turn into digits, or the other way.
    None,
    /// White space, also line breaks.
    Blank,
    /// A dash, a slash, an underscore or a hash, with or without blanks.
    Dash,
    /// A point or a comma with nothing else: as within amounts and dates.
    Point,
    /// Anything else.
    Other,
}

/// A longest run of one kind, in capitals.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Run {
    /// What it consists of.
    pub kind: Kind,
    /// The run, in capitals.
    pub text: String,
    /// The separator before it.
    pub gap: Gap,
    /// Preceded by a comma, a plus sign or the like: as between the members of a list.
    pub listed: bool,
    /// Preceded by a dash or dots: as between the first and the last of a range.
    pub ranged: bool,
    /// Where it starts in the text, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

impl Run {
    fn is_digits(&self) -> bool {
        self.kind == Kind::Digits
    }
}

/// Cuts a text into runs.
pub fn runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut gap_from = 0;
    for (at, letter) in text.char_indices() {
        if !letter.is_alphanumeric() {
            continue;
        }
        let kind = if letter.is_ascii_digit() { Kind::Digits } else { Kind::Letters };
        let end = at + letter.len_utf8();
        if let Some(last) = runs.last_mut().filter(|last| last.end == at && last.kind == kind) {
            last.text.extend(letter.to_uppercase());
            last.end = end;
        } else {
            let between = &text[gap_from..at];
            let (gap, mark) = (gap_of(between), between.trim());
            let listed = matches!(mark, "," | ";" | "+" | "&" | "/" | "-" | "|" | "\u{2013}");
            let ranged = matches!(mark, "-" | "\u{2013}" | "\u{2014}" | ".." | "..." | "\u{2026}" | "~");
            runs.push(Run { kind, text: letter.to_uppercase().collect(), gap, listed, ranged, start: at, end });
        }
        gap_from = end;
    }
    runs
}

fn gap_of(between: &str) -> Gap {
    let mark = between.trim();
    match mark {
        "" if between.is_empty() => Gap::None,
        "" => Gap::Blank,
        "-" | "/" | "_" | "#" | "\u{2010}" | "\u{2011}" | "\u{2013}" | "\u{2014}" | "\\" | "|" => Gap::Dash,
        "." | "," if mark.len() == between.len() => Gap::Point,
        _ => Gap::Other,
    }
}

/// A document's number, prepared for comparison.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Number {
    text: String,
    runs: Vec<Run>,
    compact: String,
}

impl Number {
    /// Parses a document's number.
    pub fn new(text: &str) -> Number {
        let runs = runs(text);
        let compact = runs.iter().map(|run| run.text.as_str()).collect();
        Number { text: text.to_owned(), runs, compact }
    }

    /// The original number.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Letters and digits only, in capitals.
    pub fn compact(&self) -> &str {
        &self.compact
    }

    /// The letters it begins with; empty where it begins with a digit.
    pub fn prefix(&self) -> &str {
        self.runs.first().filter(|run| run.kind == Kind::Letters).map_or("", |run| run.text.as_str())
    }

    /// Its last run of digits: the serial number.
    pub fn serial(&self) -> &str {
        self.runs.iter().rev().find(|run| run.is_digits()).map_or("", |run| run.text.as_str())
    }

    /// The number whose last run of digits is this one.
    pub fn with_serial(&self, serial: &str) -> String {
        let at = self.runs.iter().rposition(Run::is_digits);
        self.runs.iter().enumerate().map(|(i, run)| if Some(i) == at { serial } else { run.text.as_str() }).collect()
    }

    /// Its lookup keys: all its digits without leading zeros, and the same without the leading zeros of every run.
    /// A number without digits is its own key.
    pub fn keys(&self) -> Vec<String> {
        let digits: Vec<&str> = self.runs.iter().filter(|run| run.is_digits()).map(|run| run.text.as_str()).collect();
        if digits.is_empty() {
            return if self.compact.is_empty() { Vec::new() } else { vec![self.compact.clone()] };
        }
        keys_of(&digits)
    }

    /// Its runs.
    pub(super) fn runs(&self) -> &[Run] {
        &self.runs
    }
}

fn keys_of(digits: &[&str]) -> Vec<String> {
    let whole = digits.concat();
    let whole = without_zeros(&whole);
    let short: String = digits.iter().map(|run| without_zeros(run)).collect();
    if whole == short { vec![short] } else { vec![whole.to_owned(), short] }
}

/// The number without leading zeros; the last digit stays.
pub(super) fn without_zeros(digits: &str) -> &str {
    let kept = digits.trim_start_matches('0');
    if kept.is_empty() { digits.get(digits.len().saturating_sub(1)..).unwrap_or_default() } else { kept }
}

/// Every lookup key of a number in the text, with the run it starts at: windows of up to four
/// runs of digits with at most short letters between them, and single words without digits.
pub fn lookups(runs: &[Run]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (start, run) in runs.iter().enumerate() {
        if !run.is_digits() {
            let alone = run.gap != Gap::None && runs.get(start + 1).is_none_or(|next| next.gap != Gap::None);
            if alone && run.text.chars().count() > 4 && run.text.len() <= MAX_NUMBER_CHARS {
                found.push((start, run.text.clone()));
            }
            continue;
        }
        let mut digits: Vec<&str> = Vec::new();
        let mut length = 0;
        for next in &runs[start..] {
            if next.is_digits() {
                length += next.text.len();
                if digits.len() == MAX_DIGIT_RUNS || length > MAX_NUMBER_CHARS {
                    break;
                }
                digits.push(&next.text);
                found.extend(keys_of(&digits).into_iter().map(|key| (start, key)));
            } else if next.text.chars().count() > 4 {
                break;
            }
        }
    }
    found
}
