//! The statement line `:61:`: `2603020302C1234,56NTRFREF//BANKREF`, with a line of further information.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::balance::swift_amount;
use super::tags::Field;
use crate::fields;

/// A parsed statement line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct StatementLine {
    pub(super) value_on: Option<NaiveDate>,
    pub(super) booked_on: Option<NaiveDate>,
    /// Whether a day does not exist, and was replaced by the last of its month or dropped.
    pub(super) bad_date: bool,
    /// Signed: `RC` reverses a credit and is a debit, `RD` a credit.
    pub(super) amount: Decimal,
    pub(super) reversal: bool,
    /// `EC` and `ED`: expected only.
    pub(super) expected: bool,
    /// `NTRF`, `S051`, `FMSC`.
    pub(super) code: String,
    pub(super) customer_reference: String,
    pub(super) bank_reference: String,
    /// The counterparty's name, if the bank writes it after a reference that is its account.
    pub(super) name: String,
    /// The supplementary lines.
    pub(super) supplement: String,
}

/// Reads the field: its first line, or, if that ends before the transaction type, all its lines as one.
pub(super) fn statement_line(field: &Field) -> Option<StatementLine> {
    let first = field.lines.first().map(String::as_str).unwrap_or_default();
    let rest = field.lines.get(1..).unwrap_or_default();
    match read(first).filter(|line| !line.code.is_empty() || rest.is_empty()) {
        Some(mut line) => {
            let parts = rest.iter().map(|line| line.trim());
            line.supplement = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
            Some(line)
        }
        None => read(&field.joined()),
    }
}

fn read(text: &str) -> Option<StatementLine> {
    let text = text.trim();
    let (dates, rest) = split_while(text, |letter| letter.is_ascii_digit() || letter == ' ');
    let dates = read_dates(&dates.replace(' ', ""))?;
    let (mark, rest) = Mark::take(rest.trim_start())?;
    let (digits, rest) = split_while(rest, |letter| letter.is_ascii_digit() || matches!(letter, ',' | '.' | ' ' | '-'));
    let value = swift_amount(&digits.replace(' ', ""))?;
    let mut line = StatementLine {
        amount: if mark.is_debit { -value } else { value },
        reversal: mark.reversal,
        expected: mark.expected,
        ..dates
    };
    let code_end = rest.char_indices().nth(4).map_or(rest.len(), |(end, _)| end);
    let (code, references) = rest.split_at_checked(code_end)?;
    code.trim().clone_into(&mut line.code);
    take_references(&mut line, references);
    Some(line)
}

/// The customer's reference has 16 characters; if there is more without `//`, a name follows them.
fn take_references(line: &mut StatementLine, text: &str) {
    let (customer, bank) = text.split_once("//").unwrap_or((text, ""));
    let end = customer.char_indices().nth(16).map_or(customer.len(), |(end, _)| end);
    let (reference, behind) = customer.split_at_checked(end).unwrap_or((customer, ""));
    let broken_word =
        !behind.is_empty() && !reference.ends_with(' ') && !behind.starts_with(' ') && !behind.contains("  ");
    let (reference, behind) =
        if broken_word && !reference.contains(' ') { (customer, "") } else { (reference, behind) };
    line.customer_reference = match reference.trim() {
        "NONREF" | "NON" | "N" | "EREF" | "PREF" | "MREF" | "KREF+" | "EREF+" | "NOTPROVIDED" => String::new(),
        reference => reference.to_owned(),
    };
    bank.trim().clone_into(&mut line.bank_reference);
    behind.trim().clone_into(&mut line.name);
}

/// The mark of debit or credit, with the third letter of the currency that may follow it.
struct Mark {
    is_debit: bool,
    reversal: bool,
    expected: bool,
}

impl Mark {
    fn take(text: &str) -> Option<(Mark, &str)> {
        let mut letters = text.chars();
        let first = letters.next()?.to_ascii_uppercase();
        let (prefix, side) = if matches!(first, 'R' | 'E') { (Some(first), letters.next()?) } else { (None, first) };
        let reversal = prefix == Some('R');
        let is_debit = match side.to_ascii_uppercase() {
            'C' => reversal,
            'D' => !reversal,
            _ => return None,
        };
        let rest = letters.as_str().trim_start();
        let rest = rest.strip_prefix(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(rest);
        Some((Mark { is_debit, reversal, expected: prefix == Some('E') }, rest))
    }
}

fn split_while(text: &str, keep: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|letter| !keep(letter)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// The value date and, if any, the entry date. By the standard they are `YYMMDD` and `MMDD`; banks also write years
/// everywhere and of four digits. The reading with the nearest dates is taken.
fn read_dates(digits: &str) -> Option<StatementLine> {
    const WIDTHS: [(usize, usize); 8] = [(6, 0), (6, 4), (8, 0), (6, 6), (8, 4), (6, 8), (8, 6), (8, 8)];
    let readings = WIDTHS.into_iter().filter(|(value, entry)| value.saturating_add(*entry) == digits.len());
    let dated = readings.filter_map(|(width, _)| {
        let (value, entry) = digits.split_at_checked(width)?;
        let (value_on, moved) = fields::date_in_month(value)?;
        let booked = match entry.len() {
            0 => None,
            4 => fields::day_near(entry, value_on),
            _ => fields::date_in_month(entry),
        };
        let distance = booked.map_or(0, |(booked_on, _)| booked_on.signed_duration_since(value_on).num_days().abs());
        let bad_entry = !entry.is_empty() && booked.is_none();
        let line = StatementLine {
            value_on: Some(value_on),
            booked_on: booked.map(|(booked_on, _)| booked_on),
            bad_date: moved || bad_entry || booked.is_some_and(|(_, moved)| moved),
            ..StatementLine::default()
        };
        Some(((bad_entry, distance), line))
    });
    let best = dated.min_by_key(|(rank, _)| *rank).map(|(_, line)| line);
    let has_digits = digits.len() >= 6;
    best.or_else(|| has_digits.then(|| StatementLine { bad_date: true, ..StatementLine::default() }))
}
