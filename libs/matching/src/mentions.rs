//! The documents named in a text, and how reliably.

use std::collections::HashSet;

use crate::book::Book;
use crate::index::ItemIx;
use crate::lists::{between, is_suffix, members};
use crate::mention::{MAX_SUFFIX, MIN_CERTAIN_CHARS, Mention, Reading};
use crate::number::{Gap, Kind, Number, Run, lookups, without_zeros};
use crate::words::{Called, called};

/// The minimum of digits of a number that a word calls a document.
const MIN_CALLED_DIGITS: usize = 4;

/// The documents named in a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mentions {
    /// By position; documents with equal numbers are all listed.
    pub found: Vec<Mention>,
    /// Numbers of our own form that belong to no document, without separators.
    pub unknown: Vec<String>,
}

impl Mentions {
    /// Finds the documents of the book named in the text.
    pub(super) fn of(text_runs: &[Run], book: &Book) -> Mentions {
        let mut read: Vec<Mention> = Vec::new();
        let mut seen = HashSet::new();
        for (at, key) in lookups(text_runs) {
            for ix in book.keyed(&key) {
                if seen.insert((at, *ix))
                    && let Some(item) = book.item(*ix)
                    && let Some(mention) = read_at(text_runs, at, *ix, &item.number, book)
                {
                    read.push(mention);
                }
            }
        }
        let mut found = longest(read);
        let mut listed: Vec<Mention> = found.iter().flat_map(|head| members(text_runs, head, &found, book)).collect();
        listed.extend(between(text_runs, &found, book));
        for mention in listed {
            // A list is more reliable than digits without their prefix.
            found.retain(|known| known.item != mention.item || known.reading <= mention.reading);
            if !found.iter().any(|known| known.item == mention.item) {
                found.push(mention);
            }
        }
        found.sort_by_key(|mention| (mention.first, mention.item));
        let unknown = unknown(text_runs, &found, book);
        Mentions { found, unknown }
    }

    /// Documents named for certain: not by chance, and not as one possible reading of a range.
    pub(super) fn certain(&self) -> impl Iterator<Item = &Mention> {
        self.found.iter().filter(|mention| mention.reading != Reading::InRange && mention.is_certain())
    }

    /// Documents between the ends of ranges.
    pub(super) fn in_ranges(&self) -> impl Iterator<Item = &Mention> {
        self.found.iter().filter(|mention| mention.reading == Reading::InRange)
    }
}

/// Matches a number whose first digits (or only word) are at this run.
fn read_at(text: &[Run], at: usize, item: ItemIx, number: &Number, book: &Book) -> Option<Mention> {
    let wanted = number.runs();
    let body_from = wanted.iter().position(|run| run.kind == Kind::Digits).unwrap_or(0);
    let mut reading = Reading::Exact;
    let mut chars = 0;
    let mut next = at;
    for (place, group) in wanted.get(body_from..)?.chunk_by(|left, right| left.kind == right.kind).enumerate() {
        let inside = place > 0;
        let Some(want) = group.first() else { continue };
        match want.kind {
            Kind::Digits => {
                let runs: Vec<&str> = group.iter().map(|run| run.text.as_str()).collect();
                let (end, same) = read_digits(text, next, &runs, inside)?;
                if !same {
                    reading = reading.max(Reading::Zeros);
                }
                chars += text.get(next..end)?.iter().map(|run| run.text.len()).sum::<usize>();
                next = end;
            }
            Kind::Letters => match text.get(next) {
                Some(run) if run.text == want.text && (!inside || run.gap != Gap::Other) => {
                    chars += want.text.len();
                    next += 1;
                }
                _ if inside => reading = Reading::NoPrefix,
                _ => return None,
            },
        }
    }
    let last = next.checked_sub(1)?;
    let (mut first, before) = (at, at.checked_sub(1).and_then(|before| text.get(before)));
    let gap = text.get(at)?.gap;
    let before = before
        .filter(|run| run.kind == Kind::Letters && matches!(gap, Gap::None | Gap::Blank | Gap::Dash | Gap::Point));
    if body_from > 0 {
        match before {
            Some(run) if run.text == number.prefix() => {
                chars += run.text.len();
                first = at - 1;
            }
            // A number of another series.
            Some(run) if book.is_prefix(&run.text) => return None,
            _ => reading = Reading::NoPrefix,
        }
    } else if let Some(run) = before
        && gap == Gap::None
        && (book.is_prefix(&run.text) || run.text == "RF")
    {
        return None;
    }
    let has_prefix = first < at;
    let cut = text.get(next).is_some_and(is_suffix);
    let what = called(text, first);
    if cut || (!has_prefix && (what == Called::Other || is_part_of_an_amount(text, at, last))) {
        return None;
    }
    Some(Mention { item, reading, chars, first, last, called: what == Called::Document })
}

/// Matches a number's consecutive runs of digits. Returns where they end, and whether they are equal to the
/// last zero.
fn read_digits(text: &[Run], from: usize, runs: &[&str], inside: bool) -> Option<(usize, bool)> {
    if let Some(end) = read_whole(text, from, runs, inside) {
        return Some((end, true));
    }
    let mut next = from;
    for (place, want) in runs.iter().enumerate() {
        next = read_without_zeros(text, next, want, inside || place > 0)?;
    }
    Some((next, false))
}

/// The same digits, wherever the text splits them: between the number's own runs by any joiner, within them by
/// white space only.
fn read_whole(text: &[Run], from: usize, runs: &[&str], inside: bool) -> Option<usize> {
    let whole = runs.concat();
    let ends: Vec<usize> = runs
        .iter()
        .scan(0, |end, run| {
            *end += run.len();
            Some(*end)
        })
        .collect();
    let mut got = String::new();
    for (at, run) in text.iter().enumerate().skip(from) {
        let joins = match run.gap {
            Gap::None | Gap::Blank => true,
            Gap::Dash | Gap::Point => ends.contains(&got.len()) || got.is_empty(),
            Gap::Other => got.is_empty() && !inside,
        };
        if run.kind != Kind::Digits || !joins {
            return None;
        }
        got.push_str(&run.text);
        if got == whole {
            return Some(at + 1);
        }
        if got.len() >= whole.len() {
            return None;
        }
    }
    None
}

/// One run of digits, ignoring white space within it and leading zeros.
fn read_without_zeros(text: &[Run], from: usize, want: &str, inside: bool) -> Option<usize> {
    let mut got = String::new();
    for (at, run) in text.iter().enumerate().skip(from) {
        let joins = if got.is_empty() { !inside || run.gap != Gap::Other } else { run.gap == Gap::Blank };
        if run.kind != Kind::Digits || !joins {
            return None;
        }
        got.push_str(&run.text);
        if without_zeros(&got) == without_zeros(want) {
            return Some(at + 1);
        }
        if without_zeros(&got).len() >= without_zeros(want).len() {
            return None;
        }
    }
    None
}

/// Digits with a point or comma before or behind them and more digits beyond: `1.234,56`, `12.03.2026`.
fn is_part_of_an_amount(text: &[Run], first: usize, last: usize) -> bool {
    let touches = |run: Option<&Run>, other: Option<&Run>| {
        run.is_some_and(|run| run.gap == Gap::Point && run.kind == Kind::Digits)
            && other.is_some_and(|run| run.kind == Kind::Digits)
    };
    let before = first.checked_sub(1).and_then(|at| text.get(at));
    let within = (first + 1..=last).any(|at| text.get(at).is_some_and(|run| run.gap == Gap::Point));
    let behind = text.get(last + 1);
    let decimals = behind.is_some_and(|run| run.text.len() <= 2);
    within || touches(text.get(first), before) || (decimals && touches(behind, text.get(last)))
}

/// Without those found only inside a longer number.
fn longest(mut read: Vec<Mention>) -> Vec<Mention> {
    read.sort_by_key(|mention| (std::cmp::Reverse((mention.last - mention.first, mention.chars)), mention.reading));
    let mut kept: Vec<Mention> = Vec::new();
    for mention in read {
        let hidden = kept.iter().any(|longer| {
            let covers = longer.first <= mention.first && mention.last <= longer.last;
            covers && (longer.last - longer.first > mention.last - mention.first || longer.reading < mention.reading)
        });
        let known = kept.iter().any(|other| other.item == mention.item && other.reading <= mention.reading);
        if !hidden && !known {
            kept.push(mention);
        }
    }
    kept
}

/// Text in the form of our numbers, with a prefix, or called a document, that belongs to no known document.
fn unknown(text: &[Run], found: &[Mention], book: &Book) -> Vec<String> {
    let mut unknown = Vec::new();
    for (at, run) in text.iter().enumerate() {
        let named = |at: usize| found.iter().any(|mention| (mention.first..=mention.last).contains(&at));
        if named(at) {
            continue;
        }
        if run.kind == Kind::Letters && book.is_prefix(&run.text) {
            let behind = text.iter().skip(at + 1).take_while(|run| run.kind == Kind::Digits && run.gap != Gap::Other);
            let digits: String = behind.take(4).map(|run| run.text.as_str()).collect();
            if !digits.is_empty() && !named(at + 1) {
                unknown.push(format!("{}{digits}", run.text));
            }
        } else if run.kind == Kind::Digits && run.text.len() >= MIN_CALLED_DIGITS && is_called_document(text, at) {
            unknown.push(run.text.clone());
        }
    }
    if found.is_empty() && unknown.is_empty() {
        unknown.extend(only_number(text));
    }
    unknown
}

/// The text's only long number, unless it is called something else.
fn only_number(text: &[Run]) -> Option<String> {
    let is_long = |(at, run): &(usize, &Run)| {
        run.kind == Kind::Digits && run.text.len() >= MIN_CERTAIN_CHARS && called(text, *at) != Called::Other
    };
    let mut long = text.iter().enumerate().filter(is_long);
    let (_, first) = long.next()?;
    long.next().is_none().then(|| first.text.clone())
}

/// Words before it, or before the letters attached to it, call it a document.
fn is_called_document(text: &[Run], at: usize) -> bool {
    let glued = text.get(at).is_some_and(|run| matches!(run.gap, Gap::None | Gap::Dash));
    let short_before = at
        .checked_sub(1)
        .and_then(|before| text.get(before))
        .is_some_and(|run| run.kind == Kind::Letters && run.text.chars().count() <= MAX_SUFFIX);
    called(text, at) == Called::Document || (glued && short_before && called(text, at - 1) == Called::Document)
}
