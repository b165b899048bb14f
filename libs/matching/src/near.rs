//! Numbers that are almost in the text: with a letter read for a digit, one character mistyped, or nothing but the end of
//! them. Alone that proves nothing; together with the payer and the amount it does.

use crate::book::Item;
use crate::number::{Gap, Kind, Number, Run, without_zeros};

/// A word of the text shorter than this is compared with no number.
const MIN_WORD: usize = 4;

/// How near a number comes to the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Nearness {
    /// Letters stand for digits that look alike, or the other way.
    Lookalike,
    /// One character is wrong, missing, too many or swapped with its neighbour.
    OneOff,
    /// Its last digits stand there alone.
    Serial,
    /// Two characters are wrong.
    TwoOff,
}

impl Nearness {
    /// As evidence.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Nearness::Serial => "last digits",
            Nearness::Lookalike => "lookalike characters",
            Nearness::OneOff => "one character off",
            Nearness::TwoOff => "two characters off",
        }
    }
}

/// What of a text may be a mangled number.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    compact: Vec<String>,
    digits: Vec<String>,
}

impl Words {
    /// The words with digits, and each with the letters before it; without runs that are taken: what a document stands for
    /// letter by letter is no other one mistyped. Dates and years are no words.
    pub(super) fn of(runs: &[Run], taken: &dyn Fn(usize) -> bool) -> Words {
        let mut words = Words::default();
        let mut word = String::new();
        let mut letters_before = "";
        let mut joined = String::new();
        for (at, run) in runs.iter().enumerate() {
            let dotted = run.gap == Gap::Point || runs.get(at + 1).is_some_and(|next| next.gap == Gap::Point);
            if taken(at) || (run.kind == Kind::Digits && dotted) {
                word.clear();
                joined.clear();
                letters_before = "";
                continue;
            }
            if run.kind == Kind::Digits {
                words.digits.push(run.text.clone());
            }
            if !matches!(run.gap, Gap::None | Gap::Dash) {
                word.clear();
                joined.clear();
                if matches!(run.gap, Gap::Blank | Gap::Point) {
                    joined.push_str(letters_before);
                }
            }
            word.push_str(&run.text);
            joined.push_str(&run.text);
            let ends = runs.get(at + 1).is_none_or(|next| !matches!(next.gap, Gap::None | Gap::Dash));
            if ends && word.bytes().any(|byte| byte.is_ascii_digit()) {
                for candidate in [&word, &joined] {
                    if candidate.len() >= MIN_WORD && !is_year(candidate) && !words.compact.contains(candidate) {
                        words.compact.push(candidate.clone());
                    }
                }
            }
            letters_before = if run.kind == Kind::Letters && ends { run.text.as_str() } else { "" };
        }
        words
    }

    /// How near the item's number comes.
    pub(super) fn nearness(&self, item: &Item) -> Option<Nearness> {
        let number = &item.number;
        let serial = without_zeros(number.serial());
        let by_serial = (serial.len() >= 3 && self.digits.iter().any(|digits| without_zeros(digits) == serial))
            .then_some(Nearness::Serial);
        let by_word = self.compact.iter().filter_map(|word| compare(word, number)).min();
        by_serial.into_iter().chain(by_word).min()
    }

    /// Whether there is any.
    pub(super) fn is_empty(&self) -> bool {
        self.compact.is_empty()
    }
}

fn is_year(word: &str) -> bool {
    word.len() == 4
        && (word.starts_with("19") || word.starts_with("20"))
        && word.bytes().all(|byte| byte.is_ascii_digit())
}

fn compare(word: &str, number: &Number) -> Option<Nearness> {
    let whole = number.compact();
    if whole.len() < MIN_WORD + 1 {
        return None;
    }
    if lookalike(word) == lookalike(whole) {
        return Some(Nearness::Lookalike);
    }
    // The prefix may be missing altogether.
    let body: String = whole.chars().skip(number.prefix().chars().count()).collect();
    [whole, body.as_str()]
        .into_iter()
        .filter(|written| written.len() > MIN_WORD && written.len().abs_diff(word.len()) <= 2)
        .filter_map(|written| match strsim::osa_distance(written, word) {
            0 => Some(Nearness::Lookalike),
            1 => Some(Nearness::OneOff),
            2 => Some(Nearness::TwoOff),
            _ => None,
        })
        .min()
}

/// Characters that scanners and people take for one another, made the same.
fn lookalike(word: &str) -> String {
    let same = |letter| match letter {
        'O' | 'Q' | 'D' => '0',
        'I' | 'L' => '1',
        'Z' => '2',
        'S' => '5',
        'G' => '6',
        'B' => '8',
        other => other,
    };
    word.chars().map(same).collect()
}
