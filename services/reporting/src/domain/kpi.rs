//! Key figures of collection. Each is an exact quotient, rounded once, half to even, to two decimals; where it is
//! undefined it has no value, and is neither zero nor infinite.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use quittance_kernel::{Ratio, days_between, month_start, months_back};
use rust_decimal::Decimal;

/// How many decimals a value has.
const DECIMALS: u32 = 2;
/// The window of [`dso_period`], in days that end on the date.
pub(crate) const DSO_PERIOD_DAYS: i32 = 90;
/// How many months before the date's own the window of [`cei`] begins.
pub(crate) const CEI_MONTHS_BACK: u32 = 2;
/// A countback goes back no further: ten thousand years, more than dates of four digits span.
const MAX_MONTHS: u32 = 120_000;

/// A figure with its inputs, so that it can be verified manually.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Metric {
    /// Name and version of the formula.
    pub formula: &'static str,
    /// Two decimals; `None` if undefined.
    pub value: Option<String>,
    /// The numerator.
    pub numerator: Decimal,
    /// The denominator; zero if the value is undefined.
    pub denominator: Decimal,
    /// Calendar days of the window, if there is one.
    pub days: i32,
    /// The number of documents it is based on; set by the caller.
    pub documents: i32,
    /// The history ends before the countback does.
    pub is_lower_bound: bool,
}

/// The inputs of collection effectiveness, over one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CeiInputs {
    /// The open balance at the end of the day before the window.
    pub beginning: Decimal,
    /// Sales of the whole window.
    pub sales: Decimal,
    /// The open balance at its end.
    pub ending_total: Decimal,
    /// The part of it that is not past due.
    pub ending_not_due: Decimal,
    /// Calendar days of the window.
    pub days: i32,
}

impl Metric {
    /// The same, based on this many documents.
    #[must_use]
    pub(crate) fn over(self, documents: i32) -> Metric {
        Metric { documents, ..self }
    }

    /// The quotient, undefined if the denominator is not greater than zero.
    fn quotient(formula: &'static str, numerator: Decimal, denominator: Decimal) -> Metric {
        let denominator = denominator.max(Decimal::ZERO);
        let value = Ratio::of(numerator, denominator).map(|ratio| ratio.text(DECIMALS));
        Metric { formula, value, numerator, denominator, days: 0, documents: 0, is_lower_bound: false }
    }

    /// Whole days, without a quotient.
    fn whole_days(formula: &'static str, days: i64, is_lower_bound: bool) -> Metric {
        Metric { is_lower_bound, ..Metric::quotient(formula, Decimal::from(days), Decimal::ONE) }
    }

    fn within(self, days: i32) -> Metric {
        Metric { days, ..self }
    }
}

/// Days sales outstanding over a period: open / sales of the 90 days that end on the date x 90. Both amounts are in one
/// currency; without sales it is undefined.
pub(crate) fn dso_period(open: Decimal, sales90: Decimal) -> Metric {
    let numerator = open.saturating_mul(Decimal::from(DSO_PERIOD_DAYS));
    Metric::quotient("DSO_PERIOD/2", numerator, sales90).within(DSO_PERIOD_DAYS)
}

/// Days sales outstanding by countback (exhaustion): how many days of sales the open balance holds, latest month first.
///
/// A month's sales are subtracted and its days added while the rest covers them; the first month not covered adds
/// rest / sales x days. The month of the date counts from its first day to the date. A month without sales adds its
/// days. When history ends first the days so far are a lower bound. If nothing is open the value is zero; if
/// there is no history at all it is undefined.
///
/// `sales_by_month` has the first day of each month as key and holds nothing after `on`; a month that reversed more
/// than it sold subtracts nothing. The result's `days` are the whole days that were added.
pub(crate) fn dso_countback(open: Decimal, sales_by_month: &BTreeMap<NaiveDate, Decimal>, on: NaiveDate) -> Metric {
    const FORMULA: &str = "DSO_COUNTBACK/2";
    if open <= Decimal::ZERO {
        return Metric::whole_days(FORMULA, 0, false);
    }
    let Some(first) = sales_by_month.keys().next().copied() else {
        return Metric::quotient(FORMULA, open, Decimal::ZERO);
    };
    let (mut month, mut rest, mut days) = (month_start(on), open, 0);
    let mut length = i64::from(on.day());
    for _ in 0..MAX_MONTHS {
        if month < first {
            break;
        }
        let sales = sales_by_month.get(&month).copied().unwrap_or_default().max(Decimal::ZERO);
        if sales > rest {
            return partly(FORMULA, days, rest.saturating_mul(Decimal::from(length)), sales);
        }
        rest -= sales;
        days += length;
        if rest.is_zero() {
            return Metric::whole_days(FORMULA, days, false).within(day_count(days));
        }
        let previous = months_back(month, 1);
        length = days_between(previous, month);
        month = previous;
    }
    Metric::whole_days(FORMULA, days, true).within(day_count(days))
}

/// Collection effectiveness in percent, with all sales of the window (`CEI_TOTAL_SALES`):
/// (beginning + sales - ending total) / (beginning + sales - ending not due) x 100. Undefined where the denominator,
/// what there was to collect, is not greater than zero.
pub(crate) fn cei(inputs: CeiInputs) -> Metric {
    let CeiInputs { beginning, sales, ending_total, ending_not_due, days } = inputs;
    let collectible = beginning + sales;
    let collected = (collectible - ending_total) * Decimal::ONE_HUNDRED;
    Metric::quotient("CEI_TOTAL_SALES/2", collected, collectible - ending_not_due).within(days)
}

/// The window of [`cei`] on a date: its first day, and its calendar days with the date.
pub(crate) fn cei_window(on: NaiveDate) -> (NaiveDate, i32) {
    let start = months_back(on, CEI_MONTHS_BACK);
    (start, day_count(days_between(start, on) + 1))
}

/// The mean of max(0, paid - due) in days, over items paid in full.
pub(crate) fn average_days_late(sum_days: i64, count: i32) -> Metric {
    mean("AVERAGE_DAYS_LATE/1", sum_days, count)
}

/// The mean of paid - issued in days, over items paid in full.
pub(crate) fn average_days_to_pay(sum_days: i64, count: i32) -> Metric {
    mean("DAYS_TO_PAY/1", sum_days, count)
}

/// The mean of whole days over a number of items; undefined for none.
pub(crate) fn mean(formula: &'static str, sum_days: i64, count: i32) -> Metric {
    Metric::quotient(formula, Decimal::from(sum_days), Decimal::from(count)).over(count)
}

/// Whole days, and the part of a month that the quotient is of. The value is exact even where the sum that is shown as
/// its numerator has too many digits to be.
fn partly(formula: &'static str, days: i64, part: Decimal, sales: Decimal) -> Metric {
    let numerator = sales.saturating_mul(Decimal::from(days)).saturating_add(part);
    let value = Ratio::of(part, sales).map(|ratio| ratio.add_whole(days).text(DECIMALS));
    Metric { value, ..Metric::quotient(formula, numerator, sales).within(day_count(days)) }
}

fn day_count(days: i64) -> i32 {
    i32::try_from(days).unwrap_or(i32::MAX)
}

#[cfg(test)]
#[path = "kpi_tests.rs"]
mod tests;
