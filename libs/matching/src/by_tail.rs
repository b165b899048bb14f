//! Rule 4, for texts with only the ends of numbers: `4711-4713`, `facture 0222, 0807`. The payer must be
//! known, each end must belong to just one of its items, and the amount must match exactly.

use std::collections::BTreeSet;

use crate::book::Item;
use crate::case::Case;
use crate::index::ItemIx;
use crate::mention::Reading;
use crate::number::{Gap, Kind, Run, without_zeros};
use crate::words::{Called, called};

type Items<'a> = Vec<(ItemIx, &'a Item)>;

/// Limits on the items of a payer, the ends in a text and the readings of them.
const MAX_OWED: usize = 2_000;
const MAX_ENDS: usize = 30;
const MAX_READINGS: usize = 64;
/// An end of fewer digits names an item only as the whole of its serial number.
const MIN_END: usize = 3;

/// The items named by the ends of their numbers, if just one reading matches the amount exactly.
pub(super) fn by_tail<'a>(case: &Case<'a>) -> Option<Items<'a>> {
    case.payer.one()?;
    let owed = case.owed();
    if owed.is_empty() || owed.len() > MAX_OWED {
        return None;
    }
    let ends: Vec<usize> = (0..case.runs.len()).filter(|at| is_end(case, *at)).take(MAX_ENDS).collect();
    let named: Vec<(usize, Vec<ItemIx>)> =
        ends.iter().map(|at| (*at, meant(case, *at, &owed))).filter(|(_, items)| !items.is_empty()).collect();
    if named.is_empty() {
        return None;
    }
    let mut readings: Vec<BTreeSet<ItemIx>> = vec![BTreeSet::new()];
    for (_, choices) in &named {
        let longer = readings.iter().flat_map(|set| choices.iter().map(|choice| with(set, [*choice])));
        readings = longer.take(MAX_READINGS).collect();
    }
    let between = between(case, &named, &owed);
    if !between.is_empty() {
        let wider: Vec<BTreeSet<ItemIx>> = readings.iter().map(|set| with(set, between.iter().copied())).collect();
        readings.extend(wider);
    }
    readings.sort();
    readings.dedup();
    let mut fitting = readings.into_iter().map(|set| case.items(set)).filter(|items| case.matches_exactly(items));
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first)
}

fn with(set: &BTreeSet<ItemIx>, more: impl IntoIterator<Item = ItemIx>) -> BTreeSet<ItemIx> {
    set.iter().copied().chain(more).collect()
}

/// Digits that may be the end of a number: not part of a date or an amount, not a year, and not named by more than
/// the end or called something else.
fn is_end(case: &Case<'_>, at: usize) -> bool {
    let Some(run) = case.runs.get(at).filter(|run| run.kind == Kind::Digits) else { return false };
    let (before, behind) = (at.checked_sub(1).and_then(|at| case.runs.get(at)), case.runs.get(at + 1));
    // A list may have commas too, between longer digits.
    let short = |other: &Run| other.kind == Kind::Digits && other.text.len().min(run.text.len()) < MIN_END;
    let in_amount = (run.gap == Gap::Point && before.is_some_and(short))
        || behind.is_some_and(|next| next.gap == Gap::Point && short(next));
    let is_year = run.text.len() == 4 && (run.text.starts_with("19") || run.text.starts_with("20"));
    let named = case
        .mentions
        .found
        .iter()
        .any(|mention| mention.reading <= Reading::Zeros && (mention.first..=mention.last).contains(&at));
    let suffixed = behind.is_some_and(|next| next.gap == Gap::None && next.kind == Kind::Letters);
    !in_amount && !is_year && !named && !suffixed && called(&case.runs, at) != Called::Other
}

/// The items with this serial number, or else with this ending; only of the series whose prefix precedes it, if any.
fn meant(case: &Case<'_>, at: usize, owed: &[(ItemIx, &Item)]) -> Vec<ItemIx> {
    let Some(run) = case.runs.get(at) else { return Vec::new() };
    let digits = without_zeros(&run.text);
    let (prefix, written) = written(case, at);
    let of_series = |item: &Item| prefix.is_none_or(|prefix| item.number.prefix() == prefix);
    let fitting = |(_, item): &&(ItemIx, &Item)| of_series(item) && item.number.compact().ends_with(&written);
    let whole = |(_, item): &&(ItemIx, &Item)| of_series(item) && without_zeros(item.number.serial()) == digits;
    let joined = written.len() > run.text.len();
    let whole: Vec<ItemIx> = if joined { Vec::new() } else { owed.iter().filter(whole).map(|(ix, _)| *ix).collect() };
    if !whole.is_empty() || written.len() < MIN_END {
        return if digits.len() >= 2 { whole } else { Vec::new() };
    }
    owed.iter().filter(fitting).map(|(ix, _)| *ix).collect()
}

/// The prefix of ours that the digits belong to, and the digits with the parts of a number before them: a year, a month.
fn written<'a>(case: &'a Case<'_>, at: usize) -> (Option<&'a str>, String) {
    let mut written = String::new();
    let mut next = at;
    while let Some(run) = case.runs.get(next) {
        let is_part =
            next == at || (run.kind == Kind::Digits && (run.text.len() < MIN_END || run.text.starts_with("20")));
        if !is_part {
            break;
        }
        written.insert_str(0, &run.text);
        if !matches!(run.gap, Gap::None | Gap::Dash | Gap::Blank) || next == 0 {
            return (None, written);
        }
        let blank = run.gap == Gap::Blank;
        next -= 1;
        if blank && case.runs.get(next).is_some_and(|run| run.kind == Kind::Digits) {
            return (None, written);
        }
    }
    let letters = case.runs.get(next).filter(|run| run.kind == Kind::Letters && case.book.is_prefix(&run.text));
    // "inv" before a number says that it is a document, whatever its series.
    (letters.map(|run| run.text.as_str()).filter(|_| called(&case.runs, at) != Called::Document), written)
}

/// The items between two ends with a dash, dots or a word for "to" between them.
fn between(case: &Case<'_>, named: &[(usize, Vec<ItemIx>)], owed: &[(ItemIx, &Item)]) -> Vec<ItemIx> {
    let serial = |ix: &ItemIx| case.book.item(*ix).and_then(|item| item.number.serial().parse::<u64>().ok());
    let mut inside = Vec::new();
    for ((first, low), (last, high)) in named.iter().zip(named.iter().skip(1)) {
        let word = case.runs.get(first + 1).is_some_and(|run| {
            last - first == 2 && ["TO", "BIS", "A", "THROUGH", "TM", "AL"].contains(&run.text.as_str())
        });
        let dash = last - first == 1 && case.runs.get(*last).is_some_and(|run| run.ranged);
        let ([low], [high]) = (low.as_slice(), high.as_slice()) else { continue };
        let (true, Some(from), Some(to)) = (word || dash, serial(low), serial(high)) else { continue };
        let prefix = case.book.item(*low).map(|item| item.number.prefix());
        let member = |(ix, item): &&(ItemIx, &Item)| {
            Some(item.number.prefix()) == prefix && serial(ix).is_some_and(|serial| from < serial && serial < to)
        };
        inside.extend(owed.iter().filter(member).map(|(ix, _)| *ix));
    }
    inside
}
