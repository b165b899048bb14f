//! Which numbers a person means who quotes a part of one.

/// How the numbers of a series look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SeriesFormat {
    /// Before the digits.
    pub prefix: String,
    /// The prefix without case, accents and punctuation.
    pub key: String,
    /// The minimum of digits, padded with zeros.
    pub min_digits: i32,
}

/// The texts from the first, included, to the second, not included, in the order of their bytes.
pub(crate) type Beginning = (String, String);

/// What to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NumberSearch {
    /// Whole numbers of series.
    pub numbers: Vec<String>,
    /// Beginnings of numbers of series.
    pub beginnings: Vec<Beginning>,
    /// The beginning of the key of any other number.
    pub key: Beginning,
    /// The last digits of any other number, without zeros before them.
    pub last_digits: Option<String>,
    /// What the key of such a number must have in it; `None` where its last digits are all that is quoted.
    pub part: Option<String>,
}

/// The texts that begin so.
fn beginning(text: &str) -> Beginning {
    (text.to_owned(), format!("{text}\u{10FFFF}"))
}

/// The digits without the zeros before them, or a single zero.
fn without_zeros(digits: &str) -> &str {
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() && !digits.is_empty() { "0" } else { significant }
}

impl NumberSearch {
    /// What a quoted text may mean. `key` is the text without case, accents and punctuation.
    pub(crate) fn of(quoted: &str, key: &str, series: &[SeriesFormat]) -> Self {
        let (mut numbers, mut beginnings) = (Vec::new(), Vec::new());
        for format in series {
            // The text goes on where a part of the prefix ends: "2026-10" means number 10 of "RE-2026-".
            let starts = format.key.char_indices().map(|(at, _)| at).chain([format.key.len()]);
            for digits in starts.filter_map(|at| key.strip_prefix(&format.key[at..])) {
                if is_digits(digits) {
                    let width = usize::try_from(format.min_digits).unwrap_or_default();
                    numbers.push(format!("{}{:0>width$}", format.prefix, without_zeros(digits)));
                }
            }
            if let Some(rest) = key.strip_prefix(&format.key) {
                beginnings.push(beginning(&format!("{}{rest}", format.prefix)));
            } else if format.key.starts_with(key) {
                beginnings.push(beginning(&format.prefix));
            }
        }
        numbers.sort();
        numbers.dedup();
        let (last_digits, part) = (last_digits(quoted), (!is_digits(quoted)).then(|| key.to_owned()));
        Self { numbers, beginnings, key: beginning(key), last_digits, part }
    }
}

/// The last digits in a text.
fn last_digits(quoted: &str) -> Option<String> {
    let mut runs = quoted.rsplit(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty());
    runs.next().map(|digits| without_zeros(digits).to_owned())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(quoted: &str) -> NumberSearch {
        let key: String = quoted.chars().filter(|c| c.is_alphanumeric()).collect();
        let format =
            |prefix: &str, key: &str| SeriesFormat { prefix: prefix.to_owned(), key: key.to_owned(), min_digits: 6 };
        NumberSearch::of(quoted, &key, &[format("RE-2026-", "re2026"), format("", "")])
    }

    #[test]
    fn a_number_is_found_by_its_digits_with_or_without_zeros_and_by_what_stands_before_them() {
        for key in ["10", "000010", "202610", "2026000010", "re2026000010"] {
            assert!(search(key).numbers.contains(&"RE-2026-000010".to_owned()), "{key}");
        }
        assert!(search("10").numbers.contains(&"000010".to_owned()));
        assert!(search("re").numbers.is_empty());
        assert_eq!(search("000").numbers, ["000000", "RE-2026-000000"]);
    }

    #[test]
    fn a_beginning_is_written_as_in_the_series() {
        let firsts = |key: &str| -> Vec<String> { search(key).beginnings.into_iter().map(|range| range.0).collect() };
        assert_eq!(firsts("re20260001"), ["RE-2026-0001", "re20260001"]);
        assert_eq!(firsts("re"), ["RE-2026-", "re"]);
        assert_eq!(firsts("xy"), ["xy"]);
    }

    #[test]
    fn other_numbers_are_compared_by_key_and_last_digits() {
        let other = |quoted: &str| {
            let NumberSearch { key, last_digits, part, .. } = search(quoted);
            (key.0, last_digits, part)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(other("0070"), ("0070".to_owned(), some("70"), None));
        assert_eq!(other("a-070"), ("a070".to_owned(), some("70"), some("a070")));
        assert_eq!(other("45/0071-"), ("450071".to_owned(), some("71"), some("450071")));
        assert_eq!(other("7a"), ("7a".to_owned(), some("7"), some("7a")));
        assert_eq!(other("ab"), ("ab".to_owned(), None, some("ab")));
    }
}
