//! How a document is paid: at once, or in installments, each with terms of its own.

use std::fmt;
use std::hash::{Hash, Hasher};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::money::{Money, MoneyError};
use crate::percent::{BadPercent, Percent};
use crate::rounding::Rounding;
use crate::terms::{BadTerms, Discount, Terms, days_after};

/// The most installments of a document.
pub const MAX_INSTALLMENTS: usize = 60;

/// How much of the total an installment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Share {
    /// A part of the total, rounded half up; the last installment takes what remains.
    Percent(Percent),
    /// A fixed amount, in the document's currency.
    Amount(Decimal),
    /// What the others leave.
    Rest,
}

/// One installment of a document.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Installment {
    /// How much of the total it is.
    pub share: Share,
    /// Its terms, from the document's issue date.
    pub terms: Terms,
}

/// Two or more installments, in the order of their due dates.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Installments(Vec<Installment>);

/// How a document is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentTerms {
    /// All of it on the same terms.
    AtOnce(Terms),
    /// In installments.
    Installments(Installments),
}

/// What is wrong with installments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadInstallments {
    /// There is only one, or there are more than [`MAX_INSTALLMENTS`].
    #[error("installments are 2 to {MAX_INSTALLMENTS}")]
    Count,
    /// An amount or a percentage is not positive.
    #[error("the amount or percentage of an installment is positive")]
    NotPositive,
    /// The shares are not the whole.
    #[error("the last installment is the rest, or all are percentages that sum to 100; no other is the rest")]
    NotTheWhole,
    /// There are net days or discounts beside them.
    #[error("installments have terms of their own: there are no net days and discounts beside them")]
    NotAlone,
    /// One is due before the one before it.
    #[error("no installment is due before the one before it")]
    NotInOrder,
    /// The terms of one are wrong.
    #[error(transparent)]
    Terms(#[from] BadTerms),
    /// A percentage is wrong.
    #[error(transparent)]
    Percent(#[from] BadPercent),
}

impl BadInstallments {
    /// The machine-readable reason.
    pub fn reason(&self) -> &'static str {
        match self {
            BadInstallments::Count => "INSTALLMENTS_OUT_OF_RANGE",
            BadInstallments::NotPositive => "AMOUNT_NOT_POSITIVE",
            BadInstallments::NotTheWhole => "INSTALLMENTS_NOT_THE_WHOLE",
            BadInstallments::NotAlone => "INSTALLMENTS_NOT_ALONE",
            BadInstallments::NotInOrder => "INSTALLMENTS_NOT_IN_ORDER",
            BadInstallments::Terms(bad) => bad.reason(),
            BadInstallments::Percent(bad) => bad.reason(),
        }
    }
}

/// Why a total cannot be paid in installments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSplit {
    /// One would be nothing, or less: the total is too small for them.
    #[error("installment {number} of {total} would be {amount}")]
    NotPositive {
        /// Which one, from 1.
        number: usize,
        /// The total.
        total: Money,
        /// What it would be.
        amount: Money,
    },
    /// A fixed amount has more decimals than the currency, or a sum is too large.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Installments {
    /// These installments.
    ///
    /// # Errors
    /// [`BadInstallments`], for the first rule that is broken.
    pub fn new(installments: Vec<Installment>) -> Result<Installments, BadInstallments> {
        if !(2..=MAX_INSTALLMENTS).contains(&installments.len()) {
            return Err(BadInstallments::Count);
        }
        let is_positive = |installment: &Installment| match installment.share {
            Share::Percent(percent) => !percent.is_zero(),
            Share::Amount(amount) => amount > Decimal::ZERO,
            Share::Rest => true,
        };
        if !installments.iter().all(is_positive) {
            return Err(BadInstallments::NotPositive);
        }
        if !are_the_whole(&installments) {
            return Err(BadInstallments::NotTheWhole);
        }
        if !installments.is_sorted_by_key(|installment| installment.terms.net_days()) {
            return Err(BadInstallments::NotInOrder);
        }
        Ok(Installments(installments))
    }

    /// The installments, in the order of their due dates.
    pub fn parts(&self) -> &[Installment] {
        &self.0
    }

    /// The amount of each: its percentage of the total rounded half up, or its fixed amount; the last is what remains.
    ///
    /// # Errors
    /// `NotPositive` where the total is too small, `Money` where an amount is not one of the currency.
    pub fn split(&self, total: Money) -> Result<Vec<Money>, BadSplit> {
        let mut left = total;
        let mut amounts = Vec::with_capacity(self.0.len());
        for (place, installment) in self.0.iter().enumerate() {
            let is_last = place + 1 == self.0.len();
            let amount = match installment.share {
                _ if is_last => left,
                Share::Percent(percent) => total.times(percent.fraction(), Rounding::HalfUp)?,
                Share::Amount(amount) => Money::new(amount, total.currency())?,
                Share::Rest => left,
            };
            if !amount.is_positive() {
                return Err(BadSplit::NotPositive { number: place + 1, total, amount });
            }
            left = left.checked_sub(amount)?;
            amounts.push(amount);
        }
        Ok(amounts)
    }
}

/// The last is the rest and no other is, or all are percentages that sum to 100.
fn are_the_whole(installments: &[Installment]) -> bool {
    let percents = installments.iter().map(|installment| match installment.share {
        Share::Percent(percent) => Some(percent.value()),
        Share::Amount(_) | Share::Rest => None,
    });
    let sum: Decimal = percents.clone().flatten().sum();
    let rests = installments.iter().filter(|installment| installment.share == Share::Rest).count();
    let ends_with_rest = installments.last().is_some_and(|last| last.share == Share::Rest);
    if ends_with_rest {
        rests == 1 && sum < Decimal::ONE_HUNDRED
    } else {
        percents.clone().all(|percent| percent.is_some()) && sum == Decimal::ONE_HUNDRED
    }
}

impl PaymentTerms {
    /// Terms from their parts: with installments there are neither net days nor discounts beside them.
    ///
    /// # Errors
    /// What is wrong with the terms or the installments.
    pub fn new(
        net_days: u16,
        discounts: Vec<Discount>,
        installments: Vec<Installment>,
    ) -> Result<PaymentTerms, BadInstallments> {
        if installments.is_empty() {
            return Ok(PaymentTerms::AtOnce(Terms::new(net_days, discounts)?));
        }
        if net_days != 0 || !discounts.is_empty() {
            return Err(BadInstallments::NotAlone);
        }
        Ok(PaymentTerms::Installments(Installments::new(installments)?))
    }

    /// The days from the issue date to the day on which all is due.
    pub fn last_net_days(&self) -> u16 {
        match self {
            PaymentTerms::AtOnce(terms) => terms.net_days(),
            PaymentTerms::Installments(installments) => installments.0.last().map_or(0, |last| last.terms.net_days()),
        }
    }

    /// The day on which all of a document issued on this day is due.
    pub fn due_on(&self, issued_on: NaiveDate) -> NaiveDate {
        days_after(issued_on, self.last_net_days())
    }

    /// Its installments; `None` if it is paid at once.
    pub fn installments(&self) -> Option<&Installments> {
        match self {
            PaymentTerms::AtOnce(_) => None,
            PaymentTerms::Installments(installments) => Some(installments),
        }
    }

    /// Reads what `Display` writes.
    ///
    /// # Errors
    /// What is wrong with the terms or the installments.
    pub fn parse(text: &str) -> Result<PaymentTerms, BadInstallments> {
        if !text.contains(';') {
            return Ok(PaymentTerms::AtOnce(Terms::parse(text)?));
        }
        let parts = text.split("; ").take(MAX_INSTALLMENTS + 1).map(installment);
        Ok(PaymentTerms::Installments(Installments::new(parts.collect::<Result<_, _>>()?)?))
    }
}

/// Terms without installments are hashed as before there were any: a request repeated across an upgrade is the same command.
impl Hash for PaymentTerms {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            PaymentTerms::AtOnce(terms) => terms.hash(state),
            PaymentTerms::Installments(installments) => ("installments", installments).hash(state),
        }
    }
}

/// Reads one installment, such as `30% 2/10 net 30`, `500.00 due on receipt` or `rest net 60`.
fn installment(text: &str) -> Result<Installment, BadInstallments> {
    let (share, terms) = text.split_once(' ').ok_or(BadTerms::Malformed)?;
    let share = match share.strip_suffix('%') {
        Some(percent) => Share::Percent(Percent::parse(percent)?),
        None if share == "rest" => Share::Rest,
        None => Share::Amount(Decimal::from_str_exact(share).map_err(|_| BadTerms::Malformed)?),
    };
    Ok(Installment { share, terms: Terms::parse(terms)? })
}

impl From<Terms> for PaymentTerms {
    fn from(terms: Terms) -> PaymentTerms {
        PaymentTerms::AtOnce(terms)
    }
}

/// `30%`, `500.00` or `rest`.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Share::Percent(percent) => write!(f, "{percent}%"),
            Share::Amount(amount) => write!(f, "{amount}"),
            Share::Rest => f.write_str("rest"),
        }
    }
}

/// `2/10 net 30`, or `30% due on receipt; rest net 60`.
impl fmt::Display for PaymentTerms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PaymentTerms::AtOnce(terms) => write!(f, "{terms}"),
            PaymentTerms::Installments(installments) => {
                for (place, installment) in installments.parts().iter().enumerate() {
                    let separator = if place == 0 { "" } else { "; " };
                    write!(f, "{separator}{} {}", installment.share, installment.terms)?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::currency::Currency;
    use crate::date::parse_date;

    fn split(text: &str, total: &str) -> Result<Vec<String>, BadSplit> {
        let terms = PaymentTerms::parse(text).unwrap();
        let amounts = terms.installments().unwrap().split(Money::parse(total, Currency::EUR).unwrap())?;
        Ok(amounts.into_iter().map(Money::amount_text).collect())
    }

    #[test]
    fn customary_texts_round_trip() {
        for text in [
            "net 30",
            "30% due on receipt; 70% 2/10 net 30",
            "500.01 due on receipt; 45% net 30; rest net 60",
            "33.333% net 30; 33.333% net 60; 33.334% net 90",
        ] {
            assert_eq!(PaymentTerms::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, error) in [
            ("50% net 30;50% net 60", BadInstallments::Terms(BadTerms::Malformed)),
            ("50% net 30; 50%", BadInstallments::Terms(BadTerms::Malformed)),
            ("half net 30; rest net 60", BadInstallments::Terms(BadTerms::Malformed)),
            ("50% net 30; 49% net 60", BadInstallments::NotTheWhole),
            ("100% net 30; rest net 60", BadInstallments::NotTheWhole),
            ("rest net 30; 50% net 60", BadInstallments::NotTheWhole),
            ("rest net 30; rest net 60", BadInstallments::NotTheWhole),
            ("50.00 net 30; 50% net 60", BadInstallments::NotTheWhole),
            ("0% net 30; rest net 60", BadInstallments::NotPositive),
            ("-5 net 30; rest net 60", BadInstallments::NotPositive),
            ("50% net 60; 50% net 30", BadInstallments::NotInOrder),
            ("x% net 60; 50% net 30", BadInstallments::Percent(BadPercent::NotANumber)),
        ] {
            assert_eq!(PaymentTerms::parse(text), Err(error), "{text}");
        }
        let many = vec!["1% net 30"; MAX_INSTALLMENTS + 5].join("; ");
        assert_eq!(PaymentTerms::parse(&many), Err(BadInstallments::Count));
    }

    #[test]
    fn the_last_installment_takes_what_remains() {
        let texts = |amounts: &[&str]| Ok(amounts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        let thirds = "33.33% net 30; 33.33% net 60; 33.34% net 90";
        assert_eq!(split(thirds, "100.01"), texts(&["33.33", "33.33", "33.35"]));
        assert_eq!(
            split("500.01 due on receipt; 45% net 30; rest net 60", "5000.01"),
            texts(&["500.01", "2250.00", "2250.00"])
        );
        assert!(matches!(split("500 net 30; rest net 60", "500.00"), Err(BadSplit::NotPositive { number: 2, .. })));
        assert!(matches!(split("0.001 net 30; rest net 60", "5.00"), Err(BadSplit::Money(_))));
        assert!(matches!(split(thirds, "0.01"), Err(BadSplit::NotPositive { number: 1, .. })));
    }

    #[test]
    fn all_is_due_with_the_last() {
        let terms = PaymentTerms::parse("30% due on receipt; 70% net 30").unwrap();
        assert_eq!(terms.due_on(parse_date("2026-01-31").unwrap()), parse_date("2026-03-02").unwrap());
    }

    proptest! {
        /// Whatever the shares, installments sum to the total and none is nothing.
        #[test]
        fn installments_sum_to_the_total(
            shares in prop::collection::vec(1i64..40, 1..12),
            total in 1i64..10_000_000,
            fixed in prop::option::of(1i64..1_000),
        ) {
            let mut left = 99;
            let terms = Terms::parse("net 30").unwrap();
            let mut parts: Vec<Installment> = Vec::new();
            for share in shares {
                let share = share.min(left);
                left -= share;
                if share > 0 {
                    let share = Share::Percent(Percent::new(share.into()).unwrap());
                    parts.push(Installment { share, terms: terms.clone() });
                }
            }
            parts.extend(fixed.map(|cents| Installment { share: Share::Amount(Decimal::new(cents, 2)), terms: terms.clone() }));
            parts.push(Installment { share: Share::Rest, terms });
            let installments = Installments::new(parts).unwrap();
            let total = Money::from_minor(total, Currency::EUR);
            if let Ok(amounts) = installments.split(total) {
                prop_assert_eq!(Money::sum(Currency::EUR, amounts.iter().copied()), Ok(total));
                prop_assert!(amounts.iter().all(|amount| amount.is_positive()));
            }
            let text = PaymentTerms::Installments(installments.clone()).to_string();
            prop_assert_eq!(PaymentTerms::parse(&text), Ok(PaymentTerms::Installments(installments)));
        }
    }
}
