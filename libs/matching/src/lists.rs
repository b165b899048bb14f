//! Lists and ranges of document numbers: `INV1001/1002`, `INV-1001 to 1003`.

use crate::book::{Book, Item};
use crate::index::ItemIx;
use crate::mention::{MAX_SUFFIX, Mention, Reading};
use crate::number::{Gap, Kind, Run};

/// The most members of an expanded range.
const MAX_RANGE: u64 = 50;
/// The documents of a list or a range after its first one.
pub(super) fn members(text: &[Run], head: &Mention, known: &[Mention], book: &Book) -> Vec<Mention> {
    let Some(item) = book.item(head.item) else { return Vec::new() };
    let mut found = Vec::new();
    let mut before = item.number.serial().to_owned();
    let mut at = head.last + 1;
    while let Some((run, is_range)) = continues(text, &mut at) {
        let full = item.number.serial();
        // A complete number takes precedence over a continuation.
        let own = known.iter().any(|other| other.reading <= Reading::Zeros && (other.first..=other.last).contains(&at));
        let cut = text.get(at + 1).is_some_and(is_suffix);
        if own || cut || before.is_empty() || run.text.len() > full.len() {
            break;
        }
        let kept = &full[..full.len() - run.text.len()];
        let serial = format!("{kept}{}", run.text);
        let here = at;
        let mut add = |serial: &str, reading| {
            let like = |ix: &&ItemIx| book.item(**ix).is_some_and(|other| same_series(item, other));
            for ix in book.compact(&item.number.with_serial(serial)).iter().filter(like) {
                let (first, last, called) = (here, here, head.called);
                found.push(Mention { item: *ix, reading, chars: serial.len(), first, last, called });
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

/// The documents between the two ends of a range: a dash, dots or a word for "to".
pub(super) fn between(text: &[Run], found: &[Mention], book: &Book) -> Vec<Mention> {
    let mut sorted: Vec<&Mention> = found.iter().collect();
    sorted.sort_by_key(|mention| mention.first);
    let mut inside = Vec::new();
    for (first, last) in sorted.iter().zip(sorted.iter().skip(1)) {
        let joined = match last.first.checked_sub(first.last) {
            Some(1) => text.get(last.first).is_some_and(|run| run.ranged),
            Some(2) => text.get(last.first - 1).is_some_and(is_to),
            _ => false,
        };
        let (Some(from), Some(to)) = (book.item(first.item), book.item(last.item)) else { continue };
        if !joined || from.number.with_serial(to.number.serial()) != to.number.compact() {
            continue;
        }
        let width = from.number.serial().len();
        let (Ok(low), Ok(high)) = (from.number.serial().parse::<u64>(), to.number.serial().parse::<u64>()) else {
            continue;
        };
        if high <= low || high - low > MAX_RANGE {
            continue;
        }
        for serial in low + 1..high {
            for item in book.compact(&from.number.with_serial(&format!("{serial:0width$}"))) {
                let (first, last, called) = (first.last, first.last, first.called);
                inside.push(Mention { item: *item, reading: Reading::InRange, chars: width, first, last, called });
            }
        }
    }
    inside
}

/// Letters glued behind a number: another number.
pub(super) fn is_suffix(run: &Run) -> bool {
    run.gap == Gap::None && run.kind == Kind::Letters && run.text.chars().count() <= MAX_SUFFIX
}

fn is_to(run: &Run) -> bool {
    run.kind == Kind::Letters && ["TO", "BIS", "A", "THROUGH", "TM", "AL"].contains(&run.text.as_str())
}

/// The next run of digits of a list, and whether the text before it may mean a range.
fn continues<'a>(text: &'a [Run], at: &mut usize) -> Option<(&'a Run, bool)> {
    let run = text.get(*at)?;
    let joined =
        run.kind == Kind::Letters && ["UND", "AND", "ET", "E", "Y", "U", "EN", "PLUS"].contains(&run.text.as_str());
    let ranged = is_to(run);
    if joined || ranged {
        *at += 1;
        let run = text.get(*at).filter(|run| run.kind == Kind::Digits && run.gap == Gap::Blank)?;
        return Some((run, ranged));
    }
    let listed = run.listed || run.ranged || matches!(run.gap, Gap::Blank | Gap::Dash);
    (run.kind == Kind::Digits && listed).then_some((run, run.ranged || run.gap == Gap::Dash))
}

fn same_series(left: &Item, right: &Item) -> bool {
    left.number.prefix() == right.number.prefix()
}
