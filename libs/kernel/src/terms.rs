//! Payment terms: when an invoice is due, and what discount an early payment earns.

use std::fmt;
use std::str::FromStr;

use chrono::{Days, NaiveDate};

use crate::percent::{BadPercent, Percent};

/// How many discount tiers terms may have.
pub const MAX_DISCOUNTS: usize = 5;

/// One tier of early-payment discount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Discount {
    /// The last day after the issue date on which the tier is open.
    pub days: u16,
    /// The discount on the invoice.
    pub percent: Percent,
}

/// Payment terms, such as 2% within 10 days, or all within 30.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Terms {
    net_days: u16,
    discounts: Vec<Discount>,
}

/// What is wrong with payment terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadTerms {
    /// The text has the wrong form.
    #[error("payment terms are written like \"2/10 net 30\", \"net 30\" or \"due on receipt\"")]
    Malformed,
    /// There are more than [`MAX_DISCOUNTS`] tiers.
    #[error("payment terms have at most {MAX_DISCOUNTS} discounts")]
    TooManyDiscounts,
    /// A discount's percentage cannot be read.
    #[error("a discount: {0}")]
    Percent(#[from] BadPercent),
    /// A discount is of 0%.
    #[error("a discount is greater than 0 percent")]
    NoDiscount,
    /// A discount's days exceed the net days.
    #[error("a discount within {days} days outlasts the net {net_days} days")]
    DiscountAfterDue {
        /// The tier's days.
        days: u16,
        /// The days to pay in full.
        net_days: u16,
    },
    /// A tier is not open longer than the one before it.
    #[error("each discount is open longer than the one before it")]
    DaysNotIncreasing,
    /// A later tier is as good as the one before it, or better.
    #[error("each discount is smaller than the one before it")]
    PercentsNotDecreasing,
}

impl BadTerms {
    /// The machine-readable reason.
    pub fn reason(&self) -> &'static str {
        match self {
            BadTerms::Malformed => "TERMS_MALFORMED",
            BadTerms::TooManyDiscounts => "TERMS_TOO_MANY_DISCOUNTS",
            BadTerms::Percent(bad) => bad.reason(),
            BadTerms::NoDiscount => "TERMS_DISCOUNT_ZERO",
            BadTerms::DiscountAfterDue { .. } => "TERMS_DISCOUNT_AFTER_DUE",
            BadTerms::DaysNotIncreasing => "TERMS_DAYS_NOT_INCREASING",
            BadTerms::PercentsNotDecreasing => "TERMS_PERCENTS_NOT_DECREASING",
        }
    }
}

impl Terms {
    /// Terms with the tiers in the order of their days.
    ///
    /// # Errors
    /// [`BadTerms`], for the first rule that is broken: at most [`MAX_DISCOUNTS`] tiers, each more than 0%, each within
    /// `net_days`, days strictly increasing and percentages strictly decreasing.
    pub fn new(net_days: u16, discounts: Vec<Discount>) -> Result<Terms, BadTerms> {
        if discounts.len() > MAX_DISCOUNTS {
            return Err(BadTerms::TooManyDiscounts);
        }
        for discount in &discounts {
            if discount.percent.is_zero() {
                return Err(BadTerms::NoDiscount);
            }
            if discount.days > net_days {
                return Err(BadTerms::DiscountAfterDue { days: discount.days, net_days });
            }
        }
        if !discounts.is_sorted_by(|earlier, later| earlier.days < later.days) {
            return Err(BadTerms::DaysNotIncreasing);
        }
        if !discounts.is_sorted_by(|earlier, later| earlier.percent > later.percent) {
            return Err(BadTerms::PercentsNotDecreasing);
        }
        Ok(Terms { net_days, discounts })
    }

    /// How many days after its issue an invoice is due.
    pub fn net_days(&self) -> u16 {
        self.net_days
    }

    /// The discount tiers, the one that closes first (and is best) first.
    pub fn discounts(&self) -> &[Discount] {
        &self.discounts
    }

    /// The day on which an invoice issued on this day is due.
    pub fn due_on(&self, issued_on: NaiveDate) -> NaiveDate {
        days_after(issued_on, self.net_days)
    }

    /// The best discount a payment with this value date earns, if one is still open. A tier is open up to and including
    /// the day that many days after the issue.
    pub fn discount_on(&self, issued_on: NaiveDate, paid_on: NaiveDate) -> Option<&Discount> {
        self.discounts.iter().find(|discount| paid_on <= days_after(issued_on, discount.days))
    }

    /// Reads what `Display` writes. `net 0` is due on receipt.
    ///
    /// # Errors
    /// [`BadTerms`] says what is wrong.
    pub fn parse(text: &str) -> Result<Terms, BadTerms> {
        let (tiers, net_days) = if let Some(tiers) = text.strip_suffix("due on receipt") {
            (tiers, 0)
        } else {
            let (tiers, net_days) = text.rsplit_once("net ").ok_or(BadTerms::Malformed)?;
            (tiers, days(net_days)?)
        };
        let discounts = match tiers.strip_suffix(' ') {
            Some(tiers) => tiers.split(' ').take(MAX_DISCOUNTS + 1).map(discount).collect::<Result<_, _>>()?,
            None if tiers.is_empty() => Vec::new(),
            None => return Err(BadTerms::Malformed),
        };
        Terms::new(net_days, discounts)
    }
}

pub(crate) fn days_after(date: NaiveDate, days: u16) -> NaiveDate {
    date.checked_add_days(Days::new(days.into())).unwrap_or(NaiveDate::MAX)
}

/// Reads one tier, such as `2/10`.
fn discount(text: &str) -> Result<Discount, BadTerms> {
    let (percent, within) = text.split_once('/').ok_or(BadTerms::Malformed)?;
    Ok(Discount { days: days(within)?, percent: Percent::parse(percent)? })
}

fn days(text: &str) -> Result<u16, BadTerms> {
    // The standard library would also accept a plus sign.
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_err(|_| BadTerms::Malformed)
    } else {
        Err(BadTerms::Malformed)
    }
}

/// `2/10 net 30`, `3/5 2/10 net 30`, `net 30`; `due on receipt` for 0 days.
impl fmt::Display for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for discount in &self.discounts {
            write!(f, "{}/{} ", discount.percent, discount.days)?;
        }
        match self.net_days {
            0 => f.write_str("due on receipt"),
            days => write!(f, "net {days}"),
        }
    }
}

impl FromStr for Terms {
    type Err = BadTerms;

    fn from_str(text: &str) -> Result<Terms, BadTerms> {
        Terms::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;
    use crate::date::parse_date;

    fn day(text: &str) -> NaiveDate {
        parse_date(text).unwrap()
    }

    #[test]
    fn customary_texts_round_trip() {
        for text in
            ["net 30", "2/10 net 30", "3/5 2/10 net 30", "due on receipt", "1.5/0 due on receipt", "2/30 net 30"]
        {
            assert_eq!(Terms::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Terms::parse("net 0").unwrap().to_string(), "due on receipt");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, error) in [
            ("", BadTerms::Malformed),
            ("30", BadTerms::Malformed),
            ("net", BadTerms::Malformed),
            ("net +30", BadTerms::Malformed),
            ("net 65536", BadTerms::Malformed),
            ("Net 30", BadTerms::Malformed),
            ("2/10net 30", BadTerms::Malformed),
            ("2/10  net 30", BadTerms::Malformed),
            (" net 30", BadTerms::Malformed),
            ("2 10 net 30", BadTerms::Malformed),
            ("x/10 net 30", BadTerms::Percent(BadPercent::NotANumber)),
            ("101/10 net 30", BadTerms::Percent(BadPercent::OutOfRange)),
            ("0/10 net 30", BadTerms::NoDiscount),
            ("2/31 net 30", BadTerms::DiscountAfterDue { days: 31, net_days: 30 }),
            ("3/10 2/10 net 30", BadTerms::DaysNotIncreasing),
            ("2/5 2/10 net 30", BadTerms::PercentsNotDecreasing),
            ("6/1 5/2 4/3 3/4 2/5 1/6 net 30", BadTerms::TooManyDiscounts),
        ] {
            assert_eq!(Terms::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn the_best_open_tier_counts() {
        let terms = Terms::parse("3/5 2/10 net 30").unwrap();
        let issued_on = day("2024-02-20");
        let earned = |paid_on| terms.discount_on(issued_on, day(paid_on)).map(|discount| discount.percent.to_string());
        assert_eq!(terms.due_on(issued_on), day("2024-03-21"));
        assert_eq!(earned("2024-02-25").as_deref(), Some("3"));
        assert_eq!(earned("2024-02-26").as_deref(), Some("2"));
        assert_eq!(earned("2024-03-01").as_deref(), Some("2"));
        assert_eq!(earned("2024-03-02"), None);
        assert_eq!(earned("2024-02-19").as_deref(), Some("3"));
        assert_eq!(terms.due_on(NaiveDate::MAX), NaiveDate::MAX);
    }

    fn terms() -> impl Strategy<Value = Terms> {
        (prop::collection::btree_map(0u16..500, 1i64..=100_000_000, 0..=MAX_DISCOUNTS), any::<u16>()).prop_filter_map(
            "no strictly decreasing percentages",
            |(tiers, extra)| {
                let mut millionths: Vec<i64> = tiers.values().copied().collect();
                millionths.sort_unstable_by(|a, b| b.cmp(a));
                let net_days = tiers.keys().last().copied().unwrap_or(0).max(extra);
                let discounts = tiers.into_keys().zip(millionths);
                let discounts =
                    discounts.map(|(days, n)| Some(Discount { days, percent: Percent::new(Decimal::new(n, 6)).ok()? }));
                Terms::new(net_days, discounts.collect::<Option<_>>()?).ok()
            },
        )
    }

    proptest! {
        #[test]
        fn text_round_trips(terms in terms()) {
            prop_assert_eq!(Terms::parse(&terms.to_string()), Ok(terms));
        }

        #[test]
        fn parsing_never_panics(
            text in any::<String>(),
            close in "([0-9./]{0,6} ){0,8}(net [0-9]{0,6}|due on receipt)",
        ) {
            let _ = Terms::parse(&text);
            let _ = Terms::parse(&close);
        }

        /// Paying later never earns more.
        #[test]
        fn discounts_only_shrink(terms in terms(), offset in -5i64..600) {
            let issued_on = day("2024-01-01");
            let earned = |offset| {
                let paid_on = issued_on + chrono::TimeDelta::days(offset);
                terms.discount_on(issued_on, paid_on).map_or(Percent::ZERO, |discount| discount.percent)
            };
            prop_assert!(earned(offset) >= earned(offset + 1));
        }
    }
}
