//! Validated identifiers and amounts.

use std::fmt;

use rust_decimal::Decimal;

/// Why a text is not an identifier, or a number not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadIdentifier {
    /// The form is wrong: too short, too long, or with misplaced characters.
    #[error("`{0}` does not have the form of {1}")]
    Form(String, &'static str),
    /// The check digits are wrong: a typing error.
    #[error("`{0}`: the check digits of {1} are wrong")]
    CheckDigits(String, &'static str),
    /// Not an amount that can be paid.
    #[error("{0} is not an amount to pay: more than zero, at most 999,999,999.99, at most two decimals")]
    Amount(Decimal),
}

/// An international bank account number (ISO 13616), without blanks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Iban(String);

/// Length of the IBAN by country (IBAN registry), for the countries of SEPA and their neighbours.
const LENGTHS: [(&str, usize); 44] = [
    ("AD", 24),
    ("AL", 28),
    ("AT", 20),
    ("BE", 16),
    ("BG", 22),
    ("CH", 21),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("EE", 20),
    ("ES", 24),
    ("FI", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IS", 26),
    ("IT", 27),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MT", 31),
    ("NL", 18),
    ("NO", 15),
    ("PL", 28),
    ("PT", 25),
    ("RO", 24),
    ("RS", 22),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("VA", 22),
];

/// `FO` and `GL` have IBANs as Denmark does, but do not take part in SEPA.
const NOT_IN_SEPA: [&str; 2] = ["FO", "GL"];

impl Iban {
    /// Reads an IBAN, with or without blanks, in any case: form, length by country if known, and check
    /// digits (ISO 7064, mod 97-10).
    ///
    /// # Errors
    /// [`BadIdentifier`] for anything else.
    pub fn parse(text: &str) -> Result<Iban, BadIdentifier> {
        let compact: String = text.split_whitespace().collect::<String>().to_ascii_uppercase();
        let form = || BadIdentifier::Form(text.to_owned(), "an IBAN");
        let (country, rest) = compact.split_at_checked(2).ok_or_else(form)?;
        let (digits, account) = rest.split_at_checked(2).ok_or_else(form)?;
        let well_formed = country.bytes().all(|byte| byte.is_ascii_uppercase())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && account.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && length(country).map_or((15..=34).contains(&compact.len()), |length| compact.len() == length);
        if !well_formed {
            return Err(form());
        }
        if mod97(&[account, country, digits].concat()) != Some(1) {
            return Err(BadIdentifier::CheckDigits(text.to_owned(), "an IBAN"));
        }
        Ok(Iban(compact))
    }

    /// Without blanks, in capitals.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The country's two letters.
    pub fn country(&self) -> &str {
        self.0.get(..2).unwrap_or_default()
    }

    /// Whether the account is in a country that takes part in SEPA.
    pub fn is_in_sepa(&self) -> bool {
        length(self.country()).is_some() && !NOT_IN_SEPA.contains(&self.country())
    }
}

fn length(country: &str) -> Option<usize> {
    LENGTHS.iter().find_map(|(name, length)| (*name == country).then_some(*length))
}

/// The remainder by 97 of letters and digits, letters as 10 to 35 (ISO 7064).
pub(super) fn mod97(text: &str) -> Option<u32> {
    text.chars().try_fold(0_u32, |rest, mark| {
        let value = mark.to_digit(36)?;
        let shift = if value > 9 { 100 } else { 10 };
        rest.checked_mul(shift)?.checked_add(value).map(|sum| sum % 97)
    })
}

/// A business identifier code (ISO 9362) of 8 or 11 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Bic(String);

impl Bic {
    /// Reads a BIC in any case: four letters or digits, a country, two letters or digits, maybe three for a branch.
    ///
    /// # Errors
    /// [`BadIdentifier`] for anything else.
    pub fn parse(text: &str) -> Result<Bic, BadIdentifier> {
        let code = text.trim().to_ascii_uppercase();
        let well_formed = matches!(code.len(), 8 | 11)
            && code.bytes().enumerate().all(|(place, byte)| match place {
                0..6 => byte.is_ascii_uppercase(),
                _ => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            });
        if well_formed { Ok(Bic(code)) } else { Err(BadIdentifier::Form(text.to_owned(), "a BIC")) }
    }

    /// In capitals.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A SEPA creditor identifier (EPC262-08): country, check digits, business code, national part.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CreditorId(String);

impl CreditorId {
    /// Reads a creditor identifier. The business code (characters 5 to 7) is not part of the check.
    ///
    /// # Errors
    /// [`BadIdentifier`] for anything else.
    pub fn parse(text: &str) -> Result<CreditorId, BadIdentifier> {
        let compact: String = text.split_whitespace().collect::<String>().to_ascii_uppercase();
        let form = || BadIdentifier::Form(text.to_owned(), "a creditor identifier");
        let (country, rest) = compact.split_at_checked(2).ok_or_else(form)?;
        let (digits, rest) = rest.split_at_checked(2).ok_or_else(form)?;
        let (_, national) = rest.split_at_checked(3).ok_or_else(form)?;
        let well_formed = (8..=35).contains(&compact.len())
            && country.bytes().all(|byte| byte.is_ascii_uppercase())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !well_formed {
            return Err(form());
        }
        if mod97(&[national, country, digits].concat()) != Some(1) {
            return Err(BadIdentifier::CheckDigits(text.to_owned(), "a creditor identifier"));
        }
        Ok(CreditorId(compact))
    }

    /// Without blanks, in capitals.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An amount to pay: more than zero, at most 999,999,999.99, two decimals (SEPA rulebooks, AT-06 and AT-04).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PaymentAmount(Decimal);

impl PaymentAmount {
    /// Validates an amount.
    ///
    /// # Errors
    /// [`BadIdentifier::Amount`] for any other.
    pub fn new(value: Decimal) -> Result<PaymentAmount, BadIdentifier> {
        let value = value.normalize();
        let most = Decimal::new(99_999_999_999, 2);
        if value <= Decimal::ZERO || value > most || value.scale() > 2 {
            return Err(BadIdentifier::Amount(value));
        }
        Ok(PaymentAmount(value))
    }

    /// In units of the currency.
    pub fn value(self) -> Decimal {
        self.0
    }
}

macro_rules! display {
    ($($kind:ty),*) => {
        $(impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        })*
    };
}
display!(Iban, Bic, CreditorId);

impl fmt::Display for PaymentAmount {
    /// With two decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}", self.0)
    }
}
