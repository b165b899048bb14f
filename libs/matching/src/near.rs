//! Numbers that are almost in the text: with a letter for a digit, one character mistyped, or only the end of
//! them. This is evidence only together with the payer and the amount.

use crate::book::Item;
use crate::number::{Gap, Kind, Number, Run, without_zeros};

/// The minimum length of a word to compare with numbers.
const MIN_WORD: usize = 4;

/// How near a number is to the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Nearness {
    /// Look-alike letters and digits are exchanged.
    Lookalike,
    /// One character is wrong, missing, too many or swapped with its neighbour.
    OneOff,
    /// Only its last digits are there.
    Serial,
    /// Two characters are wrong.
    TwoOff,
}

impl Nearness {
    /// The text of the evidence.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Nearness::Serial => "last digits",
            Nearness::Lookalike => "lookalike characters",
            Nearness::OneOff => "one character off",
            Nearness::TwoOff => "two characters off",
        }
    }
}

/// The parts of a text that may be a mistyped number.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    compact: Vec<String>,
    digits: Vec<String>,
}

impl Words {
    /// The words with digits, and each with the letters before it; without runs already used: an exactly named document
    /// is not a mistyped other one. Dates and years are left out.
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

    /// How near the item's number is.
    pub(super) fn nearness(&self, item: &Item) -> Option<Nearness> {
        let number = &item.number;
        let serial = without_zeros(number.serial());
        let by_serial = (serial.len() >= 3 && self.digits.iter().any(|digits| without_zeros(digits) == serial))
            .then_some(Nearness::Serial);
        let by_word = self.compact.iter().filter_map(|word| compare(word, number)).min();
        by_serial.into_iter().chain(by_word).min()
    }

    /// Whether the text has no such words.
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

/// Normalises characters that scanners and people confuse.
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
