//! Series of document numbers.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::{CreditorReference, SeriesId, reason::FIELD_REQUIRED};

use super::refusal::Refusal;

/// The longest code, in characters.
pub(crate) const MAX_CODE: usize = 20;
/// The longest prefix, in characters.
pub(crate) const MAX_PREFIX: usize = 20;
/// The most digits to pad a number to.
pub(crate) const MAX_DIGITS: u8 = 12;
/// The default number of digits to pad a number to.
pub(crate) const STANDARD_DIGITS: u8 = 6;
/// The last number of a series.
const LAST_NUMBER: i64 = 999_999_999_999;

/// The kind of documents of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum SeriesKind {
    /// Invoices: gapless, in order of issue.
    Invoice,
    /// Credit notes: gapless, in order of issue.
    CreditNote,
    /// Migrated documents with their number from another system.
    External,
}

impl SeriesKind {
    const ALL: [SeriesKind; 3] = [SeriesKind::Invoice, SeriesKind::CreditNote, SeriesKind::External];

    /// The name in storage.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            SeriesKind::Invoice => "invoice",
            SeriesKind::CreditNote => "credit_note",
            SeriesKind::External => "external",
        }
    }

    /// The kind with this label, if there is one.
    pub(crate) fn parse(label: &str) -> Option<SeriesKind> {
        SeriesKind::ALL.into_iter().find(|kind| kind.label() == label)
    }

    /// The kind of series of an invoice: one with an external number is migrated.
    pub(crate) const fn of_invoice(external_number: Option<&str>) -> SeriesKind {
        match external_number {
            Some(_) => SeriesKind::External,
            None => SeriesKind::Invoice,
        }
    }
}

/// The code of a series and the format of its numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Numbering {
    code: String,
    prefix: String,
    min_digits: u8,
    next_number: i64,
}

impl Numbering {
    /// `code`: a short name, unique in the tenant. `prefix`: before the digits, which are padded with zeros to `min_digits`; 0 means
    /// [`STANDARD_DIGITS`]. `next_number`: the number of the first document; 0 means 1.
    ///
    /// # Errors
    /// All violations.
    pub(crate) fn new(
        code: String,
        prefix: String,
        min_digits: i32,
        next_number: i64,
    ) -> Result<Numbering, Vec<BadSeries>> {
        let digits = u8::try_from(min_digits).ok().filter(|digits| *digits <= MAX_DIGITS);
        let bad: Vec<BadSeries> = [
            (BadSeries::NoCode, !code.is_empty()),
            (BadSeries::Code, code.is_empty() || is_code(&code)),
            (BadSeries::Prefix, is_prefix(&prefix)),
            (BadSeries::MinDigits, digits.is_some()),
            (BadSeries::NextNumber, (0..=LAST_NUMBER).contains(&next_number)),
        ]
        .into_iter()
        .filter_map(|(bad, holds)| (!holds).then_some(bad))
        .collect();
        match digits {
            Some(digits) if bad.is_empty() => {
                let min_digits = if digits == 0 { STANDARD_DIGITS } else { digits };
                Ok(Numbering { code, prefix, min_digits, next_number: next_number.max(1) })
            }
            _ => Err(bad),
        }
    }

    /// The code.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }
}

/// Consecutive numbers for documents of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Series {
    /// The series's id.
    pub id: SeriesId,
    /// Short name, unique in the tenant.
    pub code: String,
    /// Its kind of documents.
    pub kind: SeriesKind,
    /// The prefix before the digits.
    pub prefix: String,
    /// The minimum of digits, padded with zeros.
    pub min_digits: u8,
    /// The number of the next document.
    pub next_number: i64,
    /// Issue date of its last document; `None` before the first one.
    pub last_issued_on: Option<NaiveDate>,
    /// Starts at 1 and grows by one with every change of the fields above it but the last two.
    pub version: u32,
    /// When those were changed last.
    pub updated_at: DateTime<Utc>,
}

/// A change of a series: fields that are `None` stay.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct SeriesPatch {
    /// The code.
    pub code: Option<String>,
    /// The prefix before the digits.
    pub prefix: Option<String>,
    /// The minimum of digits; 0 means [`STANDARD_DIGITS`].
    pub min_digits: Option<i32>,
    /// The number of the first document; 0 means 1.
    pub next_number: Option<i64>,
}

impl SeriesPatch {
    /// The valid change.
    ///
    /// # Errors
    /// The violations of all changed fields.
    pub(crate) fn checked(self) -> Result<SeriesPatch, Vec<BadSeries>> {
        let code = self.code.clone().unwrap_or_else(|| "X".to_owned());
        let prefix = self.prefix.clone().unwrap_or_default();
        Numbering::new(code, prefix, self.min_digits.unwrap_or_default(), self.next_number.unwrap_or_default())?;
        Ok(self)
    }

    fn is_of_numbers(&self) -> bool {
        self.prefix.is_some() || self.min_digits.is_some() || self.next_number.is_some()
    }
}

/// A violation of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadSeries {
    /// There is no code.
    #[error("is required")]
    NoCode,
    /// The code has the wrong form.
    #[error("a code is 1 to {MAX_CODE} capital letters, digits, hyphens or underscores")]
    Code,
    /// The prefix has the wrong form.
    #[error("a prefix is at most {MAX_PREFIX} letters, digits, hyphens, slashes, points or underscores")]
    Prefix,
    /// Too few or too many digits.
    #[error("a number has at least 1 to {MAX_DIGITS} digits")]
    MinDigits,
    /// The first number is negative or too large.
    #[error("the next number is 1 to {LAST_NUMBER}")]
    NextNumber,
}

impl BadSeries {
    /// The machine-readable reason.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            BadSeries::NoCode => FIELD_REQUIRED,
            BadSeries::Code => "SERIES_CODE_MALFORMED",
            BadSeries::Prefix => "SERIES_PREFIX_MALFORMED",
            BadSeries::MinDigits => "SERIES_MIN_DIGITS_OUT_OF_RANGE",
            BadSeries::NextNumber => "SERIES_NEXT_NUMBER_OUT_OF_RANGE",
        }
    }

    /// The field it is about.
    pub(crate) const fn field(self) -> &'static str {
        match self {
            BadSeries::NoCode | BadSeries::Code => "code",
            BadSeries::Prefix => "prefix",
            BadSeries::MinDigits => "min_digits",
            BadSeries::NextNumber => "next_number",
        }
    }
}

impl Series {
    /// A new series, without documents.
    pub(crate) fn new(id: SeriesId, kind: SeriesKind, numbering: Numbering, now: DateTime<Utc>) -> Series {
        let Numbering { code, prefix, min_digits, next_number } = numbering;
        Series { id, code, kind, prefix, min_digits, next_number, last_issued_on: None, version: 1, updated_at: now }
    }

    /// The series after a change. The numbers of a series with documents are fixed.
    ///
    /// # Errors
    /// `SeriesHasDocuments`.
    pub(crate) fn update(self, patch: SeriesPatch, now: DateTime<Utc>) -> Result<Series, Refusal> {
        if self.last_issued_on.is_some() && patch.is_of_numbers() {
            return Err(Refusal::SeriesHasDocuments);
        }
        let digits = patch.min_digits.map(|digits| u8::try_from(digits).ok().filter(|digits| *digits > 0));
        Ok(Series {
            code: patch.code.unwrap_or(self.code),
            prefix: patch.prefix.unwrap_or(self.prefix),
            min_digits: digits.map_or(self.min_digits, |digits| digits.unwrap_or(STANDARD_DIGITS)),
            next_number: patch.next_number.map_or(self.next_number, |number| number.max(1)),
            version: self.version + 1,
            updated_at: now,
            ..self
        })
    }

    /// The series every tenant starts with: one for invoices, one for credit notes, one for migrated documents.
    pub(crate) fn starters(ids: [SeriesId; 3], now: DateTime<Utc>) -> [Series; 3] {
        let [invoices, credit_notes, external] = ids;
        let starter = |id, kind, code: &str, prefix: &str| Series {
            id,
            code: code.to_owned(),
            kind,
            prefix: prefix.to_owned(),
            min_digits: STANDARD_DIGITS,
            next_number: 1,
            last_issued_on: None,
            version: 1,
            updated_at: now,
        };
        [
            starter(invoices, SeriesKind::Invoice, "INV", "INV-"),
            starter(credit_notes, SeriesKind::CreditNote, "CN", "CN-"),
            starter(external, SeriesKind::External, "EXT", ""),
        ]
    }

    /// Takes the number for a document issued on this day. The documents of a gapless series have
    /// issue dates in the order of their numbers.
    ///
    /// # Errors
    /// `IssuedBeforeSeries`, `SeriesExhausted`; the series is unchanged then.
    pub(crate) fn take(&mut self, issued_on: NaiveDate) -> Result<String, Refusal> {
        match self.last_issued_on {
            Some(last_issued_on) if issued_on < last_issued_on => {
                return Err(Refusal::IssuedBeforeSeries { last_issued_on });
            }
            Some(_) | None => {}
        }
        if self.next_number > LAST_NUMBER {
            return Err(Refusal::SeriesExhausted);
        }
        let width = usize::from(self.min_digits);
        let number = format!("{}{:0width$}", self.prefix, self.next_number);
        self.next_number += 1;
        self.last_issued_on = Some(issued_on);
        Ok(number)
    }

    /// Whether another series with documents produces numbers or payment references that this one would produce too. References consist of
    /// letters and digits only. Collisions of numbers beyond the padding of both are left to the constraint.
    pub(crate) fn collides_with(&self, other: &Series) -> bool {
        let gives_none = |series: &Series| series.kind == SeriesKind::External;
        if gives_none(self) || gives_none(other) || other.last_issued_on.is_none() {
            return false;
        }
        let [mut shorter, mut longer] =
            [self, other].map(|series| (letters_and_digits(&series.prefix), series.min_digits));
        if shorter.0.len() > longer.0.len() {
            std::mem::swap(&mut shorter, &mut longer);
        }
        let Some(rest) = longer.0.strip_prefix(&shorter.0) else { return false };
        let is_number = rest.bytes().all(|byte| byte.is_ascii_digit());
        is_number && (rest.is_empty() || rest.len() + usize::from(longer.1) <= usize::from(shorter.1))
    }

    /// Whether this series, which has documents, will give exactly this number to a later one.
    pub(crate) fn will_give(&self, number: &str) -> bool {
        if self.kind == SeriesKind::External || self.last_issued_on.is_none() {
            return false;
        }
        let width = usize::from(self.min_digits);
        let parsed = number.strip_prefix(&self.prefix).and_then(|digits| digits.parse::<i64>().ok());
        parsed.is_some_and(|n| n >= self.next_number && number == format!("{}{n:0width$}", self.prefix))
    }

    /// The reference (ISO 11649) for the payer of a document with this number to quote. Migrated documents have none,
    /// nor do those whose number is too long for one.
    pub(crate) fn payment_reference(&self, number: &str) -> Option<String> {
        match self.kind {
            SeriesKind::External => None,
            SeriesKind::Invoice | SeriesKind::CreditNote => {
                CreditorReference::from_base(number).map(|reference| reference.as_str().to_owned())
            }
        }
    }
}

/// The characters of a number in a payment reference.
fn letters_and_digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect()
}

fn is_code(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    (1..=MAX_CODE).contains(&text.len()) && text.bytes().all(is_part)
}

fn is_prefix(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/' | b'.');
    text.len() <= MAX_PREFIX && text.bytes().all(is_part)
}

#[cfg(test)]
#[path = "series_tests.rs"]
mod tests;
