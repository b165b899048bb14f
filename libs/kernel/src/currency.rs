//! The currencies of ISO 4217 that have a minor unit, so that an amount in them has a fixed number of decimals.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use chrono::NaiveDate;

/// Codes of ISO 4217 with a minor unit, in order: those of list one of 2026-01-01, and some withdrawn ones that old documents use. Gold, special
/// drawing rights, and the codes for testing have no minor unit and are left out. A test compares them with a published list.
const CODES: [&str; 171] = [
    "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BHD", "BIF",
    "BMD", "BND", "BOB", "BOV", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHE", "CHF", "CHW", "CLF",
    "CLP", "CNY", "COP", "COU", "CRC", "CUC", "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB",
    "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HRK", "HTG", "HUF",
    "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD",
    "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU",
    "MUR", "MVR", "MWK", "MXN", "MXV", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN",
    "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD",
    "SHP", "SLE", "SLL", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY",
    "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "USN", "UYI", "UYU", "UYW", "UZS", "VED", "VES", "VND", "VUV", "WST",
    "XAD", "XAF", "XCD", "XCG", "XOF", "XPF", "YER", "ZAR", "ZMW", "ZWG", "ZWL",
];

/// First and last day of the currencies introduced or withdrawn lately (ISO 4217 amendments, list three of historic codes): documents may be issued in them
/// from the one to the other. All others have no limits.
const VALIDITY: [(&str, Option<NaiveDate>, Option<NaiveDate>); 9] = [
    // The guilder of Curaçao and Sint Maarten could be paid with for three months beside its successor.
    ("ANG", None, day(2025, 6, 30)),
    ("XCG", day(2025, 3, 31), None),
    // Bulgaria and Croatia took the euro.
    ("BGN", None, day(2025, 12, 31)),
    ("HRK", None, day(2022, 12, 31)),
    // Cuba's second peso could be exchanged for six months after it was given up.
    ("CUC", None, day(2021, 6, 30)),
    // Sierra Leone took three zeros off.
    ("SLL", None, day(2023, 12, 31)),
    ("SLE", day(2022, 4, 1), None),
    // Zimbabwe: both were in use from April 2024 until the older one was withdrawn.
    ("ZWL", None, day(2024, 8, 31)),
    ("ZWG", day(2024, 4, 8), None),
];

const fn day(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, day)
}

/// A currency of ISO 4217 with a minor unit. Orders by code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Currency(u8);

/// Hashed by its code: hashes of commands are stored, and the index in the table changes when a currency is added.
impl Hash for Currency {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.code().hash(state);
    }
}

/// The text is not the code of a currency with a minor unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an ISO 4217 currency code of three capital letters, or a currency without decimals of its own")]
pub struct UnknownCurrency;

impl UnknownCurrency {
    /// The machine-readable reason.
    pub fn reason(&self) -> &'static str {
        "CURRENCY_UNKNOWN"
    }
}

impl Currency {
    /// Euro.
    pub const EUR: Currency = Currency::known("EUR");
    /// US dollar.
    pub const USD: Currency = Currency::known("USD");
    /// Pound sterling.
    pub const GBP: Currency = Currency::known("GBP");
    /// Swiss franc.
    pub const CHF: Currency = Currency::known("CHF");
    /// Yen, which has no decimals.
    pub const JPY: Currency = Currency::known("JPY");
    /// Canadian dollar.
    pub const CAD: Currency = Currency::known("CAD");

    /// Finds a code at compile time; a missing one does not compile.
    const fn known(code: &str) -> Currency {
        let wanted = code.as_bytes();
        let mut index = 0;
        loop {
            let found = CODES[index as usize].as_bytes();
            if found[0] == wanted[0] && found[1] == wanted[1] && found[2] == wanted[2] {
                return Currency(index);
            }
            index += 1;
        }
    }

    /// Reads an exact code in capital letters.
    ///
    /// # Errors
    /// [`UnknownCurrency`] for every other text.
    pub fn parse(code: &str) -> Result<Currency, UnknownCurrency> {
        let index = CODES.binary_search(&code).map_err(|_| UnknownCurrency)?;
        u8::try_from(index).map(Currency).map_err(|_| UnknownCurrency)
    }

    /// The code, such as `EUR`.
    pub fn code(self) -> &'static str {
        CODES[usize::from(self.0)]
    }

    /// How many decimals an amount has: 2 for most, 0 for yen, 3 for Kuwaiti dinar, 4 at most.
    pub fn minor_units(self) -> u32 {
        match self.code() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND"
            | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            "CLF" | "UYW" => 4,
            _ => 2,
        }
    }

    /// Whether documents may be issued in it on this day: from its first day to its last. Issued documents are not affected.
    pub fn is_in_use_on(self, day: NaiveDate) -> bool {
        let known = VALIDITY.into_iter().find(|(code, ..)| *code == self.code());
        known.is_none_or(|(_, first, last)| {
            first.is_none_or(|first| first <= day) && last.is_none_or(|last| day <= last)
        })
    }

    /// Every currency, in the order of the codes.
    pub fn all() -> impl Iterator<Item = Currency> {
        (0..=u8::MAX).take(CODES.len()).map(Currency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<Currency, UnknownCurrency> {
        Currency::parse(code)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::hash::DefaultHasher;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_are_sorted_and_round_trip() {
        assert!(CODES.is_sorted_by(|a, b| a < b));
        assert_eq!(Currency::all().count(), CODES.len());
        for currency in Currency::all() {
            assert_eq!(Currency::parse(currency.code()), Ok(currency));
        }
        assert!(Currency::CAD < Currency::EUR);
    }

    #[test]
    fn a_hash_does_not_depend_on_the_other_currencies() {
        let hash = |value: &dyn Fn(&mut DefaultHasher)| {
            let mut hasher = DefaultHasher::new();
            value(&mut hasher);
            hasher.finish()
        };
        for currency in Currency::all() {
            assert_eq!(hash(&|h| currency.hash(h)), hash(&|h| currency.code().hash(h)), "{currency}");
        }
    }

    #[test]
    fn the_constants_are_what_they_say() {
        let all = [Currency::EUR, Currency::USD, Currency::GBP, Currency::CHF, Currency::JPY, Currency::CAD];
        assert_eq!(format!("{all:?}"), "[EUR, USD, GBP, CHF, JPY, CAD]");
        assert_eq!(all.map(Currency::minor_units), [2, 2, 2, 2, 0, 2]);
    }

    #[test]
    fn currencies_begin_and_end() {
        let on = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (code, before, first, last, after) in [
            ("XCG", Some("2025-03-30"), "2025-03-31", "2999-12-31", None),
            ("ANG", None, "1950-01-01", "2025-06-30", Some("2025-07-01")),
            ("BGN", None, "1999-07-05", "2025-12-31", Some("2026-01-01")),
            ("HRK", None, "1994-05-30", "2022-12-31", Some("2023-01-01")),
            ("CUC", None, "1994-12-20", "2021-06-30", Some("2021-07-01")),
            ("SLL", None, "1964-08-04", "2023-12-31", Some("2024-01-01")),
            ("SLE", Some("2022-03-31"), "2022-04-01", "2999-12-31", None),
            ("ZWL", None, "2009-02-02", "2024-08-31", Some("2024-09-01")),
            ("ZWG", Some("2024-04-07"), "2024-04-08", "2999-12-31", None),
            ("EUR", None, "1999-01-01", "2999-12-31", None),
        ] {
            let currency = Currency::parse(code).unwrap();
            assert!(currency.is_in_use_on(on(first)) && currency.is_in_use_on(on(last)), "{code}");
            for outside in [before, after].into_iter().flatten() {
                assert!(!currency.is_in_use_on(on(outside)), "{code} {outside}");
            }
        }
        for (code, first, last) in VALIDITY {
            assert!(Currency::parse(code).is_ok() && (first.is_some() || last.is_some()), "{code}");
        }
    }

    #[test]
    fn other_texts_are_no_currency() {
        for bad in ["", "eur", "EU", "EURO", " EUR", "XAU", "XXX", "XTS", "ZZZ"] {
            assert_eq!(Currency::parse(bad), Err(UnknownCurrency), "{bad}");
        }
    }

    /// Currencies of the published list that have a minor unit, and how many decimals they have.
    fn published() -> BTreeMap<&'static str, u32> {
        let letters = || b'A'..=b'Z';
        let codes = letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| [a, b, c])));
        let listed = codes.filter_map(|code| iso4217_static::Currency::try_from(str::from_utf8(&code).unwrap()).ok());
        listed.filter_map(|currency| Some((currency.as_str(), currency.minor_unit()?.into()))).collect()
    }

    #[test]
    fn agrees_with_the_published_list() {
        let listed_on = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        let in_use = Currency::all().filter(|currency| currency.is_in_use_on(listed_on));
        let ours: BTreeMap<&str, u32> = in_use.map(|currency| (currency.code(), currency.minor_units())).collect();
        assert_eq!(ours, published());
    }

    /// What is not listed any more has a last day.
    #[test]
    fn a_withdrawn_currency_has_a_last_day() {
        let published = published();
        let withdrawn = Currency::all().filter(|currency| !published.contains_key(currency.code()));
        let last_days = withdrawn.map(|currency| {
            let (.., last) = VALIDITY.into_iter().find(|(code, ..)| *code == currency.code()).unwrap();
            format!("{currency} {} {}", currency.minor_units(), last.unwrap())
        });
        assert_eq!(
            last_days.collect::<Vec<_>>(),
            [
                "ANG 2 2025-06-30",
                "BGN 2 2025-12-31",
                "CUC 2 2021-06-30",
                "HRK 2 2022-12-31",
                "SLL 2 2023-12-31",
                "ZWL 2 2024-08-31"
            ]
        );
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in any::<String>()) {
            let _ = Currency::parse(&text);
        }
    }
}
