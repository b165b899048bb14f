//! Structured creditor references (ISO 11649): `RF`, two check digits, and up to 21 letters and digits.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

/// The minimum and maximum length of a reference, in characters.
const MIN_LENGTH: usize = 5;
const MAX_LENGTH: usize = 25;
/// `RF` and the check digits.
const HEAD_LENGTH: usize = 4;
/// Group size of a printed reference.
const GROUP_LENGTH: usize = 4;

/// A valid creditor reference, in capital letters and without spaces.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreditorReference(String);

/// Why a text is not a creditor reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCreditorReference {
    /// The text has the wrong form.
    #[error("a creditor reference is RF, two digits, and 1 to 21 letters or digits")]
    Malformed,
    /// The check digits are wrong: the reference was mistyped.
    #[error("the check digits of the creditor reference are wrong")]
    WrongCheckDigits,
}

impl CreditorReference {
    /// The reference for one of our numbers, such as an invoice number. Characters other than ASCII letters and digits are left out,
    /// so numbers that differ in nothing else get the same reference. `None` if 1 to 21 characters do not remain.
    pub fn from_base(base: &str) -> Option<CreditorReference> {
        let base: String =
            base.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect();
        let length = base.len() + HEAD_LENGTH;
        (MIN_LENGTH..=MAX_LENGTH)
            .contains(&length)
            .then(|| CreditorReference(format!("RF{:02}{base}", check_number(base.as_bytes()))))
    }

    /// Reads a reference in any case; spaces are ignored.
    ///
    /// # Errors
    /// [`BadCreditorReference`] if the form or the check digits are wrong.
    pub fn parse(text: &str) -> Result<CreditorReference, BadCreditorReference> {
        let mut compact = String::with_capacity(MAX_LENGTH);
        for letter in text.chars().filter(|letter| *letter != ' ') {
            if compact.len() == MAX_LENGTH || !letter.is_ascii_alphanumeric() {
                return Err(BadCreditorReference::Malformed);
            }
            compact.push(letter.to_ascii_uppercase());
        }
        let [b'R', b'F', tens, ones, base @ ..] = compact.as_bytes() else {
            return Err(BadCreditorReference::Malformed);
        };
        if base.is_empty() || !tens.is_ascii_digit() || !ones.is_ascii_digit() {
            return Err(BadCreditorReference::Malformed);
        }
        // 00, 01 and 99 leave the same remainders as 97, 98 and 02, yet no reference is issued with them.
        if check_number(base) != u32::from(tens - b'0') * 10 + u32::from(ones - b'0') {
            return Err(BadCreditorReference::WrongCheckDigits);
        }
        Ok(CreditorReference(compact))
    }

    /// Every valid reference in free text, each once, in the order of appearance. A reference is written together, or
    /// in groups of four separated by single spaces, and no letter or digit touches it. Where groups are followed by
    /// more short words it may be open where the reference ends: then every valid reading is returned.
    pub fn find_in(text: &str) -> Vec<CreditorReference> {
        let mut seen = HashSet::new();
        let words = Words { text };
        words
            .flat_map(readings)
            .filter_map(|reading| CreditorReference::parse(reading).ok())
            .filter(|reference| seen.insert(reference.clone()))
            .collect()
    }

    /// The reference without spaces, as in a payment file.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The reference in groups of four, as printed on an invoice.
    pub fn grouped(&self) -> String {
        let mut grouped = String::with_capacity(self.0.len() + self.0.len() / GROUP_LENGTH);
        for (i, letter) in self.0.chars().enumerate() {
            if i > 0 && i % GROUP_LENGTH == 0 {
                grouped.push(' ');
            }
            grouped.push(letter);
        }
        grouped
    }
}

impl fmt::Display for CreditorReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for CreditorReference {
    type Err = BadCreditorReference;

    fn from_str(text: &str) -> Result<CreditorReference, BadCreditorReference> {
        CreditorReference::parse(text)
    }
}

/// The check number of ISO 7064 (MOD 97-10): 98 less the remainder of base, `RF` and `00` read as one number, in which
/// letters count 10 to 35. The base is capital letters and digits.
fn check_number(base: &[u8]) -> u32 {
    let remainder = base.iter().chain(b"RF00").fold(0, |remainder, byte| {
        if byte.is_ascii_digit() {
            (remainder * 10 + u32::from(byte - b'0')) % 97
        } else {
            (remainder * 100 + u32::from(byte.saturating_sub(b'A')) + 10) % 97
        }
    });
    98 - remainder
}

/// The ends of a text that start with each of its words. A word is a longest run of letters and digits in any script.
struct Words<'a> {
    text: &'a str,
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let word = self.text.trim_start_matches(|letter: char| !letter.is_alphanumeric());
        self.text = &word[word_length(word)..];
        (!word.is_empty()).then_some(word)
    }
}

/// How many bytes the word at the start of the text has.
fn word_length(text: &str) -> usize {
    text.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(text.len())
}

/// Candidates for a reference at the start of the text: its first word, or that word with one or more groups after it.
fn readings(text: &str) -> Vec<&str> {
    let mut end = word_length(text);
    if !text.is_char_boundary(2) || !text[..2].eq_ignore_ascii_case("RF") {
        return Vec::new();
    }
    let mut readings = vec![&text[..end]];
    let mut group = end;
    // A reference has at most 25 characters, which are seven groups.
    while group == GROUP_LENGTH && readings.len() < MAX_LENGTH.div_ceil(GROUP_LENGTH) {
        let Some(next) = text[end..].strip_prefix(' ') else { break };
        group = word_length(next);
        if group == 0 || group > GROUP_LENGTH {
            break;
        }
        end += 1 + group;
        readings.push(&text[..end]);
    }
    readings
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> Vec<String> {
        CreditorReference::find_in(text).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn published_examples_hold() {
        let reference = CreditorReference::from_base("539007547034").unwrap();
        assert_eq!(reference.as_str(), "RF18539007547034");
        assert_eq!(reference.grouped(), "RF18 5390 0754 7034");
        assert_eq!(CreditorReference::parse("rf18 5390 0754 7034"), Ok(reference));
        for other in ["RF332348236", "RF471234567890", "RF45G72UUR", "RF6518K5"] {
            assert_eq!(CreditorReference::from_base(&other[4..]).unwrap().as_str(), other);
        }
    }

    #[test]
    fn a_base_is_reduced_to_letters_and_digits() {
        let reference = CreditorReference::from_base("inv-2026/00001 ü").unwrap();
        assert_eq!(&reference.as_str()[4..], "INV202600001");
        assert_eq!(CreditorReference::from_base("-/ü"), None);
        assert!(CreditorReference::from_base(&"9".repeat(21)).is_some());
        assert_eq!(CreditorReference::from_base(&"9".repeat(22)), None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for bad in
            ["", "RF18", "RF", "RFAB539007547034", "XX18539007547034", "RF18-5390-0754-7034", "RF18539007547034é"]
        {
            assert_eq!(CreditorReference::parse(bad), Err(BadCreditorReference::Malformed), "{bad}");
        }
        let long = format!("RF18{}", "1".repeat(22));
        assert_eq!(CreditorReference::parse(&long), Err(BadCreditorReference::Malformed));
        let swapped = CreditorReference::parse("RF18539007547043");
        assert_eq!(swapped, Err(BadCreditorReference::WrongCheckDigits));
    }

    #[test]
    fn check_digits_have_one_form() {
        // Each base has one pair of check digits, though 00, 01 and 99 would leave the right remainder for some.
        for base in 0..2000 {
            let valid = (0..100).filter(|check| CreditorReference::parse(&format!("RF{check:02}{base}")).is_ok());
            assert_eq!(valid.count(), 1, "{base}");
        }
    }

    #[test]
    fn references_are_found_in_free_text() {
        let one = "RF18539007547034";
        for text in [
            "RF18539007547034",
            "/ref/rf18539007547034/inv 7",
            "EREF+RF18539007547034 SVWZ+THANKS",
            "Invoice RF18 5390 0754 7034 paid",
            "RF18 5390 0754 7034, RF18539007547034",
            "RF18: RF18 5390 0754 7034.",
            "zahlung für RF18 5390 0754 7034 grüße",
        ] {
            assert_eq!(found(text), [one], "{text}");
        }
        assert_eq!(found("RF332348236 and RF18539007547034"), ["RF332348236", one]);
        for text in
            ["", "XRF18539007547034", "RF185390075470345", "RF18  5390 0754 7034", "éRF18539007547034", "RFé", "R"]
        {
            assert!(found(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn every_valid_reading_is_returned() {
        // Of the words after a group of four some happen to make a longer valid reference.
        let short = CreditorReference::from_base("5390").unwrap().grouped();
        let word = (0..10_000)
            .map(|n| format!("{n:04}"))
            .find(|word| CreditorReference::parse(&format!("{short}{word}")).is_ok())
            .unwrap();
        assert_eq!(found(&format!("{short} {word} x")).len(), 2);
    }

    proptest! {
        #[test]
        fn any_text_is_searched_without_panic(
            text in any::<String>(),
            close in "(RF[0-9]{0,4}[é ]?|[0-9A-Zé]{1,4} ?|rfé){0,20}",
        ) {
            CreditorReference::find_in(&text);
            CreditorReference::find_in(&close);
            let _ = CreditorReference::parse(&text);
            let _ = CreditorReference::from_base(&text);
        }

        #[test]
        fn references_survive_every_way_of_writing(
            base in "[0-9A-Za-z]{1,21}",
            before in "[ -/]{0,3}",
            after in "[,-/]{0,3}",
        ) {
            let reference = CreditorReference::from_base(&base).unwrap();
            for written in [reference.to_string(), reference.grouped(), reference.grouped().to_lowercase()] {
                prop_assert_eq!(CreditorReference::parse(&written), Ok(reference.clone()));
                let text = format!("{before}{written}{after}");
                prop_assert!(CreditorReference::find_in(&text).contains(&reference));
            }
        }

        /// Swapping two neighbours is what people do, and the check digits notice it.
        #[test]
        fn swapped_neighbours_are_noticed(base in "[0-9]{2,21}", at in 0usize..20) {
            let reference = CreditorReference::from_base(&base).unwrap();
            let mut bytes = reference.as_str().as_bytes().to_vec();
            let at = HEAD_LENGTH + at % (base.len() - 1);
            prop_assume!(bytes[at] != bytes[at + 1]);
            bytes.swap(at, at + 1);
            let swapped = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(CreditorReference::parse(&swapped), Err(BadCreditorReference::WrongCheckDigits));
        }
    }
}
