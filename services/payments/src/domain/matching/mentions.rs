//! Which documents a text names, and how surely.

use std::collections::HashSet;

use super::book::{Book, Item, ItemIx};
use super::number::{Gap, Kind, Number, Run, lookups, without_zeros};

/// The members of a range are named one by one up to this many.
const MAX_RANGE: u64 = 50;
/// Significant characters without which a number that lost its prefix is taken for chance.
const MIN_CERTAIN_CHARS: usize = 5;
/// Letters right behind a number that make it another one: `INV-17A`.
const MAX_SUFFIX: usize = 2;

/// How a document's number stands in the text, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Reading {
    /// Every letter and digit; what stands between them may differ.
    Exact,
    /// Leading zeros are lost or too many.
    Zeros,
    /// As a member of a list that continues an exact one: `INV1001/1002`.
    Listed,
    /// Between the first and the last of a range: `INV 1001-1003`.
    InRange,
    /// Its prefix is missing.
    NoPrefix,
}

/// A document that the text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Mention {
    /// The document.
    pub item: ItemIx,
    /// How it stands there.
    pub reading: Reading,
    /// Letters and digits that stand in the text for it.
    pub chars: usize,
    /// First run of the text that belongs to it.
    pub first: usize,
    /// Last run that belongs to it.
    pub last: usize,
}

/// What a text names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mentions {
    /// By place; where several documents have a number that reads the same, each is here.
    pub found: Vec<Mention>,
    /// Numbers of our own form that are no document's, without what stands between their parts.
    pub unknown: Vec<String>,
}

impl Mentions {
    /// What the text names of the book.
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
        let listed: Vec<Mention> = found.iter().flat_map(|head| members(text_runs, head, book)).collect();
        for mention in listed {
            if !found.iter().any(|known| known.item == mention.item) {
                found.push(mention);
            }
        }
        found.sort_by_key(|mention| (mention.first, mention.item));
        let unknown = unknown(text_runs, &found, book);
        Mentions { found, unknown }
    }

    /// Documents that stand there for sure: not by chance, and not as one possible reading of a range.
    pub(super) fn certain(&self) -> impl Iterator<Item = &Mention> {
        self.found.iter().filter(|mention| mention.reading != Reading::InRange && mention.is_certain())
    }

    /// Documents between the ends of ranges.
    pub(super) fn in_ranges(&self) -> impl Iterator<Item = &Mention> {
        self.found.iter().filter(|mention| mention.reading == Reading::InRange)
    }
}

impl Mention {
    fn is_certain(&self) -> bool {
        match self.reading {
            Reading::Exact | Reading::Zeros | Reading::Listed | Reading::InRange => true,
            Reading::NoPrefix => self.chars >= MIN_CERTAIN_CHARS,
        }
    }
}

/// Reads the number whose first digits (or only word) are expected at this run.
fn read_at(text: &[Run], at: usize, item: ItemIx, number: &Number, book: &Book) -> Option<Mention> {
    let wanted = number.runs();
    let body_from = wanted.iter().position(|run| run.kind == Kind::Digits).unwrap_or(0);
    let mut reading = Reading::Exact;
    let mut chars = 0;
    let mut next = at;
    for (place, want) in wanted.get(body_from..)?.iter().enumerate() {
        let inside = place > 0;
        match want.kind {
            Kind::Digits => {
                let (end, same) = read_digits(text, next, &want.text, inside)?;
                if !same {
                    reading = reading.max(Reading::Zeros);
                }
                chars += want.text.len();
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
            // Another series' number.
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
    let cut = text
        .get(next)
        .is_some_and(|run| run.gap == Gap::None && run.kind == Kind::Letters && run.text.chars().count() <= MAX_SUFFIX);
    if cut || (!has_prefix && is_part_of_an_amount(text, at, last)) {
        return None;
    }
    Some(Mention { item, reading, chars, first, last })
}

/// Reads digits from the run on, over blanks within them. Returns where they end, and whether they are the same to the
/// last zero.
fn read_digits(text: &[Run], from: usize, want: &str, inside: bool) -> Option<(usize, bool)> {
    let mut got = String::new();
    for (at, run) in text.iter().enumerate().skip(from) {
        if run.kind != Kind::Digits {
            return None;
        }
        if got.is_empty() {
            if inside && run.gap == Gap::Other {
                return None;
            }
        } else if run.gap != Gap::Blank {
            return None;
        }
        got.push_str(&run.text);
        if got == want {
            return Some((at + 1, true));
        }
        if without_zeros(&got) == without_zeros(want) {
            return Some((at + 1, false));
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

/// Without what stands nowhere but inside a longer number that was found.
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

/// The documents that a list or a range goes on to name after its first one.
fn members(text: &[Run], head: &Mention, book: &Book) -> Vec<Mention> {
    let Some(item) = book.item(head.item) else { return Vec::new() };
    let mut found = Vec::new();
    let mut before = item.number.serial().to_owned();
    let mut at = head.last + 1;
    while let Some((run, is_range)) = continues(text, &mut at) {
        let full = item.number.serial();
        if before.is_empty() || run.text.len() > full.len() {
            break;
        }
        let kept = &full[..full.len() - run.text.len()];
        let serial = format!("{kept}{}", run.text);
        let here = at;
        let mut add = |serial: &str, reading| {
            let like = |ix: &&ItemIx| book.item(**ix).is_some_and(|other| same_series(item, other));
            for ix in book.compact(&item.number.with_serial(serial)).iter().filter(like) {
                found.push(Mention { item: *ix, reading, chars: serial.len(), first: here, last: here });
            }
        };
        if is_range
            && let (Ok(from), Ok(to)) = (before.parse::<u64>(), serial.parse::<u64>())
            && to > from
            && to - from <= MAX_RANGE
        {
            for between in from + 1..to {
                add(&format!("{between:0width$}", width = full.len()), Reading::InRange);
            }
        }
        add(&serial, Reading::Listed);
        before = serial;
        at += 1;
    }
    found
}

/// The next run of digits of a list, and whether what stands before it may mean a range.
fn continues<'a>(text: &'a [Run], at: &mut usize) -> Option<(&'a Run, bool)> {
    let run = text.get(*at)?;
    let joined =
        run.kind == Kind::Letters && ["UND", "AND", "ET", "E", "Y", "U", "EN", "PLUS"].contains(&run.text.as_str());
    let ranged = run.kind == Kind::Letters && ["TO", "BIS", "A", "THROUGH", "TM", "AL"].contains(&run.text.as_str());
    if joined || ranged {
        *at += 1;
        let run = text.get(*at).filter(|run| run.kind == Kind::Digits && run.gap == Gap::Blank)?;
        return Some((run, ranged));
    }
    let listed = run.kind == Kind::Digits && (run.listed || matches!(run.gap, Gap::Blank | Gap::Dash));
    listed.then_some((run, run.gap == Gap::Dash))
}

fn same_series(left: &Item, right: &Item) -> bool {
    left.number.prefix() == right.number.prefix()
}

/// What is written like one of our numbers, prefix first, and is none.
fn unknown(text: &[Run], found: &[Mention], book: &Book) -> Vec<String> {
    let mut unknown = Vec::new();
    for (at, run) in text.iter().enumerate() {
        let named = found.iter().any(|mention| (mention.first..=mention.last).contains(&at));
        if named || run.kind != Kind::Letters || !book.is_prefix(&run.text) {
            continue;
        }
        let mut number = run.text.clone();
        let behind = text.iter().skip(at + 1).take_while(|run| run.kind == Kind::Digits && run.gap != Gap::Other);
        for run in behind.take(4) {
            number.push_str(&run.text);
        }
        if number.len() > run.text.len() {
            unknown.push(number);
        }
    }
    unknown
}
