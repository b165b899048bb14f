//! A line of a bank statement, and its fingerprint. Banks reuse their references from year to year and list lines in
//! any order, so a line is identified by its full content, and by how many equal ones precede it in its file.

use std::collections::HashMap;

use chrono::NaiveDate;
use quittance_kernel::Money;
use sha2::{Digest, Sha256};

/// SHA-256 over the full content of a line.
pub(crate) type Fingerprint = [u8; 32];

/// A line of a bank statement. Texts are empty if the bank gives none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct BankLine {
    /// First physical line of its record in the file, from 1.
    pub line: u64,
    /// When the bank booked it.
    pub booked_on: NaiveDate,
    /// The value date.
    pub value_on: NaiveDate,
    /// The amount; credits are positive, debits negative.
    pub amount: Money,
    /// The payer's name as the bank has it.
    pub payer_name: String,
    /// The payer's account.
    pub payer_account: String,
    /// Remittance information.
    pub text: String,
    /// The bank's reference.
    pub reference: String,
}

/// The fingerprint of the line in this account (ours). Its place in the file is not included.
pub(crate) fn fingerprint(account: &str, line: &BankLine) -> Fingerprint {
    let fields = [
        account,
        &line.booked_on.to_string(),
        &line.value_on.to_string(),
        &line.amount.amount_text(),
        line.amount.currency().code(),
        &line.payer_name,
        &line.payer_account,
        &line.reference,
        &line.text,
    ];
    let mut hash = Sha256::new();
    for field in fields {
        // The length prefix keeps adjacent fields apart.
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}

/// Each line with its fingerprint and how many equal lines precede it: two equal lines of one day are two payments,
/// but the same two in tomorrow's file are not new.
pub(crate) fn with_occurrences(account: &str, lines: Vec<BankLine>) -> Vec<(Fingerprint, i32, BankLine)> {
    let mut seen: HashMap<Fingerprint, i32> = HashMap::new();
    let numbered = lines.into_iter().map(|line| {
        let fingerprint = fingerprint(account, &line);
        let next = seen.entry(fingerprint).or_default();
        let occurrence = *next;
        *next += 1;
        (fingerprint, occurrence, line)
    });
    numbered.collect()
}

#[cfg(test)]
mod tests {
    use quittance_kernel::{Currency, parse_date};

    use super::*;

    fn line() -> BankLine {
        BankLine {
            line: 2,
            booked_on: parse_date("2026-03-02").unwrap(),
            value_on: parse_date("2026-03-03").unwrap(),
            amount: Money::from_minor(12_000, Currency::EUR),
            payer_name: "Ada".to_owned(),
            payer_account: "DE1".to_owned(),
            text: "INV-1".to_owned(),
            reference: "R1".to_owned(),
        }
    }

    #[test]
    fn everything_a_line_says_counts_but_not_its_place() {
        let known = fingerprint("A", &line());
        assert_eq!(fingerprint("A", &BankLine { line: 9, ..line() }), known);
        assert_ne!(fingerprint("B", &line()), known);
        let others = [
            BankLine { booked_on: line().value_on, ..line() },
            BankLine { value_on: line().booked_on, ..line() },
            BankLine { amount: Money::from_minor(-12_000, Currency::EUR), ..line() },
            BankLine { amount: Money::from_minor(12_000, Currency::USD), ..line() },
            BankLine { payer_name: "Ad".to_owned(), payer_account: "aDE1".to_owned(), ..line() },
            BankLine { text: String::new(), reference: "R1INV-1".to_owned(), ..line() },
            BankLine { text: "R1".to_owned(), reference: "INV-1".to_owned(), ..line() },
        ];
        for other in others {
            assert_ne!(fingerprint("A", &other), known, "{other:?}");
        }
    }

    /// Fingerprints are stored, so they never change: SHA-256 of the fields with their lengths.
    #[test]
    fn the_fingerprint_is_what_it_always_was() {
        let known = "c7316867349d1bf9cb95c1a55088de39788c710a42d87da096fbfcc677db1398";
        assert_eq!(hex::encode(fingerprint("A", &line())), known);
    }

    #[test]
    fn equal_lines_are_numbered() {
        let other = BankLine { reference: "R2".to_owned(), ..line() };
        let lines = vec![line(), other, BankLine { line: 4, ..line() }];
        let numbered = with_occurrences("A", lines);
        let occurrences: Vec<i32> = numbered.iter().map(|(_, occurrence, _)| *occurrence).collect();
        assert_eq!(occurrences, [0, 0, 1]);
        assert_eq!(numbered[0].0, numbered[2].0);
    }
}
