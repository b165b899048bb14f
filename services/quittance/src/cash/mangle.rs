//! Errors of people and banks in document numbers.

use fastrand::Rng;

/// A seller's format of document numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `INV-2026-000123`.
    YearAndSerial,
    /// `INV00123`.
    Short,
    /// `900123`.
    Digits,
    /// `RE/26/123`.
    Slashes,
    /// `A-00123`.
    Letter,
}

impl Style {
    pub(super) const ALL: [Style; 5] =
        [Style::YearAndSerial, Style::Short, Style::Digits, Style::Slashes, Style::Letter];

    /// The number of the document with this serial.
    pub(super) fn number(self, serial: usize) -> String {
        match self {
            Style::YearAndSerial => format!("INV-2026-{serial:06}"),
            Style::Short => format!("INV{serial:05}"),
            Style::Digits => format!("{}", 900_000 + serial),
            Style::Slashes => format!("RE/26/{serial}"),
            Style::Letter => format!("A-{serial:05}"),
        }
    }
}

/// The last run of digits, and the text before it.
pub(super) fn split(number: &str) -> (&str, &str) {
    let at = number.rfind(|letter: char| !letter.is_ascii_digit()).map_or(0, |at| at + 1);
    number.split_at(at)
}

/// A number as transmitted by a bank: other separators, a line break, missing zeros or prefix.
pub(super) fn rewritten(rng: &mut Rng, number: &str) -> String {
    let separated = |by: &str| number.replace(['-', '/'], by);
    match rng.u8(..8) {
        0 => number.to_lowercase(),
        1 => separated(" "),
        2 => separated("/"),
        3 => separated(""),
        4 => broken(rng, number),
        5 => without_prefix(number),
        6 => without_zeros(number),
        _ => separated(" - "),
    }
}

/// A number cut in two by the end of a line.
fn broken(rng: &mut Rng, number: &str) -> String {
    let at = rng.usize(1..number.len());
    format!("{}\n{}", &number[..at], &number[at..])
}

/// `INV-2026-000123` as `2026-000123`, if enough is left.
fn without_prefix(number: &str) -> String {
    let rest = number.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    if rest.len() < 5 { number.to_owned() } else { rest.to_owned() }
}

/// `INV-2026-000123` as `INV-2026-123`.
fn without_zeros(number: &str) -> String {
    let (head, serial) = split(number);
    format!("{head}{}", serial.trim_start_matches('0'))
}

/// A number with one mistake in its last digits.
pub(super) fn mistyped(rng: &mut Rng, number: &str) -> String {
    let mut letters: Vec<char> = number.chars().collect();
    let serial = split(number).0.len();
    let at = rng.usize(serial..letters.len());
    match rng.u8(..5) {
        0 => letters[at] = char::from(b'0' + rng.u8(..10)),
        1 if at + 1 < letters.len() => letters.swap(at, at + 1),
        2 => {
            letters.remove(at);
        }
        3 => letters.insert(at, char::from(b'0' + rng.u8(..10))),
        _ => {
            for letter in &mut letters[serial..] {
                *letter = match *letter {
                    '0' => 'O',
                    '1' => 'l',
                    '5' => 'S',
                    '8' => 'B',
                    other => other,
                };
            }
        }
    }
    letters.into_iter().collect()
}

/// A sentence around the named documents.
pub(super) fn sentence(rng: &mut Rng, named: &str) -> String {
    let date = format!("{:02}.{:02}.2026", rng.u8(1..=28), rng.u8(1..=12));
    match rng.u8(..7) {
        0 => named.to_owned(),
        1 => format!("Invoice {named}"),
        2 => format!("Rechnung Nr. {named} vom {date}"),
        3 => format!("EREF+NOTPROVIDED SVWZ+{named} KD-NR {}", rng.u32(10_000..99_999)),
        4 => format!("PAYMENT {named} PO {} THANK YOU", rng.u64(4_500_000_000..4_599_999_999)),
        5 => format!("/REMI/USTD//{named}/"),
        _ => format!("facture {named} du {date}"),
    }
}

/// Words that name nothing.
pub(super) fn small_talk(rng: &mut Rng) -> &'static str {
    const WORDS: [&str; 6] = ["", "Payment", "Zahlung", "per your statement, thank you", "transfer", "NOTPROVIDED"];
    WORDS[rng.usize(..WORDS.len())]
}
