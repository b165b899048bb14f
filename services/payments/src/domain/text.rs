//! Document numbers in remittance text. What a text may name is looked up exactly; what of it was found counts only
//! where it stands as a word of its own.

use std::cmp::Reverse;
use std::collections::HashSet;

/// How many characters a document number has at most.
pub const MAX_NUMBER_CHARS: usize = 100;
/// How many numbers one text is looked up for at most.
pub const MAX_CANDIDATES: usize = 2_000;
/// A number written with separators or spaces has at most this many words after its first.
const MAX_WORDS_AFTER: usize = 5;

/// What in the text may be a document number, each once: the whole text; each token between white space, with and
/// without the punctuation around it; and each run of at most six neighbouring words with the separators between them.
/// Words are runs of letters and digits in any script. At most [`MAX_CANDIDATES`] are returned, those with a digit first,
/// and none has more than [`MAX_NUMBER_CHARS`] characters.
pub fn candidate_numbers(text: &str) -> Vec<String> {
    let tokens = text.split_whitespace().flat_map(|token| {
        [
            token,
            token.trim_end_matches(is_separator),
            token.trim_start_matches(is_separator),
            token.trim_matches(is_separator),
        ]
    });
    let words = words(text);
    let runs = (0..=MAX_WORDS_AFTER)
        .flat_map(|after| words.iter().zip(words.iter().skip(after)).map(|(&(start, _), &(_, end))| &text[start..end]));
    let mut seen = HashSet::new();
    let possible = std::iter::once(text.trim()).chain(tokens).chain(runs);
    let possible = possible.filter(|number| is_number_length(number) && seen.insert(*number));
    let (mut numbers, others): (Vec<&str>, Vec<&str>) = possible.partition(|number| number.contains(char::is_numeric));
    numbers.extend(others);
    numbers.into_iter().take(MAX_CANDIDATES).map(str::to_owned).collect()
}

/// Which of the numbers the text names, longest first and then in the order of appearance. A number counts where no
/// letter or digit touches it; one that stands nowhere but inside a longer one that was found is dropped, so
/// `INV-123-1` does not name `INV-123`. If the whole text is one of the numbers, it is the only one.
pub fn mentions<'a>(text: &str, numbers: &[&'a str]) -> Vec<&'a str> {
    let whole = text.trim();
    if let Some(number) = numbers.iter().find(|number| !number.is_empty() && **number == whole) {
        return vec![number];
    }
    let mut unique = HashSet::new();
    let mut found: Vec<(&'a str, Vec<usize>)> = numbers
        .iter()
        .filter(|number| unique.insert(**number))
        .map(|number| (*number, occurrences(text, number)))
        .filter(|(_, starts)| !starts.is_empty())
        .collect();
    found.sort_by_key(|(number, starts)| (Reverse(number.len()), starts.first().copied()));
    // For each byte of the text, how far the longer numbers that start there or before it reach.
    let mut reach = vec![0; text.len() + 1];
    let mut named = Vec::new();
    for equally_long in found.chunk_by(|(left, _), (right, _)| left.len() == right.len()) {
        for (number, starts) in equally_long {
            if starts.iter().any(|start| reach[*start] < start + number.len()) {
                named.push(*number);
            }
        }
        extend(&mut reach, equally_long);
    }
    named
}

/// Takes the numbers' places in the text into the reach.
fn extend(reach: &mut [usize], found: &[(&str, Vec<usize>)]) {
    for (number, starts) in found {
        for start in starts {
            reach[*start] = reach[*start].max(start + number.len());
        }
    }
    let mut furthest = 0;
    for end in reach {
        furthest = furthest.max(*end);
        *end = furthest;
    }
}

/// Where the number stands in the text with no letter or digit next to it.
fn occurrences(text: &str, number: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut from = 0;
    let Some(first) = number.chars().next() else { return starts };
    while let Some(at) = text[from..].find(number) {
        let start = from + at;
        let touched_before = text[..start].chars().next_back().is_some_and(char::is_alphanumeric);
        let touched_after = text[start + number.len()..].chars().next().is_some_and(char::is_alphanumeric);
        if !touched_before && !touched_after {
            starts.push(start);
        }
        // The next one may overlap this one.
        from = start + first.len_utf8();
    }
    starts
}

/// Where each word starts and ends.
fn words(text: &str) -> Vec<(usize, usize)> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, letter) in text.char_indices() {
        match (start, letter.is_alphanumeric()) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                words.push((from, at));
                start = None;
            }
            (None, false) | (Some(_), true) => {}
        }
    }
    words.extend(start.map(|from| (from, text.len())));
    words
}

fn is_separator(letter: char) -> bool {
    !letter.is_alphanumeric()
}

fn is_number_length(number: &str) -> bool {
    !number.is_empty() && number.chars().nth(MAX_NUMBER_CHARS).is_none()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_sought_in_every_way_they_are_written() {
        for (text, number) in [
            ("INV-2026/00017", "INV-2026/00017"),
            ("  INV 17  ", "INV 17"),
            ("Invoice INV-17, thanks", "INV-17"),
            ("Invoice (INV-17).", "INV-17"),
            ("pay #17, please", "#17"),
            ("EREF+INV-17 SVWZ+x", "INV-17"),
            ("a b-c/d e.f g", "a b-c/d e.f"),
            ("Rechnung Ä-17/β", "Ä-17/β"),
            ("两張 发票17号 謝謝", "发票17号"),
            ("1_2_3_4_5_6_7", "1_2_3_4_5_6_7"),
        ] {
            assert!(candidate_numbers(text).iter().any(|candidate| candidate == number), "{text}");
        }
        assert!(!candidate_numbers("x a b c d e f g y").contains(&"a b c d e f g".to_owned()));
        assert!(candidate_numbers(" .,- ").iter().all(|candidate| !candidate.contains(' ')));
        assert!(candidate_numbers("").is_empty());
    }

    #[test]
    fn a_long_text_is_looked_up_for_its_digits_first() {
        let text = format!("{} INV-99", "word ".repeat(700).chars().collect::<String>());
        assert!(candidate_numbers(&text)[0].contains("99"));
        let digits: Vec<String> = (0..5_000).map(|n| n.to_string()).collect();
        assert_eq!(candidate_numbers(&digits.join(" ")).len(), MAX_CANDIDATES);
    }

    #[test]
    fn longer_numbers_hide_what_stands_only_in_them() {
        let numbers = ["INV-123", "INV-123-1", "123", "INV-9"];
        assert_eq!(mentions("paying INV-123-1", &numbers), ["INV-123-1"]);
        assert_eq!(mentions("paying INV-123-1 and INV-123", &numbers), ["INV-123-1", "INV-123"]);
        assert_eq!(mentions("INV-123/INV-9", &numbers), ["INV-123", "INV-9"]);
        assert_eq!(mentions("123, INV-123", &numbers), ["INV-123", "123"]);
    }

    #[test]
    fn only_whole_words_count() {
        for text in ["XINV-9", "INV-90", "INV-9é", "inv-9", "éINV-9", "INV- 9"] {
            assert!(mentions(text, &["INV-9"]).is_empty(), "{text}");
        }
        for text in ["(INV-9)", "EREF+INV-9\nthanks", "INV-9", "_INV-9_", "INV-90 INV-9"] {
            assert_eq!(mentions(text, &["INV-9"]), ["INV-9"], "{text}");
        }
    }

    #[test]
    fn the_whole_text_wins_alone() {
        assert_eq!(mentions(" INV 7 of 8 ", &["INV 7", "8", "INV 7 of 8"]), ["INV 7 of 8"]);
        assert!(mentions("", &["", "1"]).is_empty());
    }

    #[test]
    fn overlapping_places_are_all_seen() {
        assert_eq!(mentions("1-1-1", &["1-1"]), ["1-1"]);
        assert_eq!(mentions("A-1-B", &["A-1", "1-B"]), ["A-1", "1-B"]);
    }

    proptest! {
        #[test]
        fn any_text_is_searched_without_panic(text in any::<String>(), close in "([A-Zé]{0,3}[-/. #]?[0-9β]{0,3} ?){0,40}") {
            for text in [text, close] {
                let candidates = candidate_numbers(&text);
                prop_assert!(candidates.len() <= MAX_CANDIDATES);
                prop_assert!(candidates.iter().all(|number| number.chars().count() <= MAX_NUMBER_CHARS));
                let numbers: Vec<&str> = candidates.iter().map(String::as_str).collect();
                for number in mentions(&text, &numbers) {
                    prop_assert!(text.contains(number));
                }
            }
        }

        /// A number that stands in a text by itself is looked up and recognised.
        #[test]
        fn a_number_among_words_is_found(
            number in "[A-Z]{1,3}[-/ ][0-9]{1,4}([-/][0-9]{1,3}){0,2}",
            before in "([a-z]{1,8}[ ,:(]{1,2}){0,6}",
            after in "([ ,:)]{1,2}[a-z]{1,8}){0,6}",
        ) {
            let text = format!("{before}{number}{after}");
            prop_assert!(candidate_numbers(&text).contains(&number));
            prop_assert_eq!(mentions(&text, &[&number]), [number.as_str()]);
        }
    }
}
