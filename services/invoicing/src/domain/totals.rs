//! The totals of a document.

use std::collections::BTreeMap;

use quittance_kernel::{Currency, Money, MoneyError, Percent};

use super::line::{Line, TaxCategory};
use super::rounding::{RoundingRule, RoundingScope};

/// The tax of one category and rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TaxSubtotal {
    /// The tax category.
    pub category: TaxCategory,
    /// The tax rate.
    pub rate: Percent,
    /// The sum of the lines' net amounts.
    pub taxable: Money,
    /// The tax on it.
    pub tax: Money,
}

/// The totals of a document: total = net + tax, and tax = the sum of the subtotals.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Totals {
    /// The sum of the lines.
    pub net: Money,
    /// Tax by category and rate, in that order.
    pub taxes: Vec<TaxSubtotal>,
    /// The sum of the taxes.
    pub tax: Money,
    /// The total.
    pub total: Money,
}

impl Totals {
    /// The totals of the lines, with tax by the rule.
    ///
    /// # Errors
    /// `CurrencyMismatch` if a line is in another currency, `TooLarge` if a sum is beyond the limit of a document.
    pub(crate) fn of(lines: &[Line], currency: Currency, rule: RoundingRule) -> Result<Totals, MoneyError> {
        let mut groups: BTreeMap<(TaxCategory, Percent), Vec<Money>> = BTreeMap::new();
        for line in lines {
            groups.entry((line.tax_category, line.tax_rate)).or_default().push(line.net);
        }
        let taxes = groups
            .into_iter()
            .map(|((category, rate), nets)| TaxSubtotal::of(category, rate, &nets, currency, rule))
            .collect::<Result<Vec<_>, _>>()?;
        let net = statable(Money::sum(currency, taxes.iter().map(|subtotal| subtotal.taxable))?)?;
        let tax = statable(Money::sum(currency, taxes.iter().map(|subtotal| subtotal.tax))?)?;
        Ok(Totals { net, taxes, tax, total: statable(net.checked_add(tax)?)? })
    }
}

impl TaxSubtotal {
    fn of(
        category: TaxCategory,
        rate: Percent,
        nets: &[Money],
        currency: Currency,
        rule: RoundingRule,
    ) -> Result<TaxSubtotal, MoneyError> {
        let taxable = statable(Money::sum(currency, nets.iter().copied())?)?;
        let tax_on = |net: Money| net.times(rate.fraction(), rule.mode);
        let tax = match rule.scope {
            RoundingScope::PerRate => tax_on(taxable)?,
            RoundingScope::PerLine => {
                nets.iter().try_fold(Money::zero(currency), |sum, net| sum.checked_add(tax_on(*net)?))?
            }
        };
        Ok(TaxSubtotal { category, rate, taxable, tax })
    }
}

/// The amount, if it is within the limit of a document, which is that of input amounts.
fn statable(sum: Money) -> Result<Money, MoneyError> {
    Money::new(sum.amount(), sum.currency())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quittance_kernel::Rounding;
    use rust_decimal::Decimal;

    use super::*;
    use crate::domain::line::LineContent;
    use crate::domain::samples::line;

    const RULES: [RoundingRule; 4] = [
        RoundingRule { scope: RoundingScope::PerRate, mode: Rounding::HalfUp },
        RoundingRule { scope: RoundingScope::PerRate, mode: Rounding::HalfEven },
        RoundingRule { scope: RoundingScope::PerLine, mode: Rounding::HalfUp },
        RoundingRule { scope: RoundingScope::PerLine, mode: Rounding::HalfEven },
    ];

    fn tax(lines: &[Line], rule: RoundingRule) -> i128 {
        Totals::of(lines, Currency::EUR, rule).unwrap().tax.to_minor()
    }

    #[test]
    fn the_rules_differ_where_they_should() {
        // Three lines of 0.50 at 5%: 0.025 each, 0.075 together.
        let lines = vec![line("1", "0.50", "5"); 3];
        assert_eq!(RULES.map(|rule| tax(&lines, rule)), [8, 8, 9, 6]);
    }

    #[test]
    fn taxes_are_grouped_in_order() {
        let lines = [line("1", "100", "19"), line("2", "10", "7"), line("1", "5", "0"), line("1", "50", "19.0")];
        let totals = Totals::of(&lines, Currency::EUR, RoundingRule::STANDARD).unwrap();
        let groups: Vec<String> = totals
            .taxes
            .iter()
            .map(|tax| format!("{} {} {} {}", tax.category.label(), tax.rate, tax.taxable.amount(), tax.tax.amount()))
            .collect();
        assert_eq!(groups, ["S 7 20.00 1.40", "S 19 150.00 28.50", "Z 0 5.00 0.00"]);
        assert_eq!(totals.total.to_string(), "204.90 EUR");
    }

    #[test]
    fn sums_stay_within_what_a_document_states() {
        let lines = vec![line("900000000000000", "1", "19")];
        assert_eq!(Totals::of(&lines, Currency::EUR, RoundingRule::STANDARD), Err(MoneyError::TooLarge));
        let other = Totals::of(&[line("1", "1", "19")], Currency::USD, RoundingRule::STANDARD);
        assert!(matches!(other, Err(MoneyError::CurrencyMismatch { .. })));
    }

    fn lines() -> impl Strategy<Value = Vec<Line>> {
        let one = (-500_000i64..500_000, 0i64..100_000, prop::sample::select(vec!["0", "2.5", "5", "7", "7.7", "19"]))
            .prop_filter("nothing charged", |(quantity, ..)| *quantity != 0)
            .prop_map(|(quantity, price, rate)| {
                line(&Decimal::new(quantity, 3).to_string(), &Decimal::new(price, 3).to_string(), rate)
            });
        prop::collection::vec(one, 0..40)
    }

    proptest! {
        /// Every sum is the sum of its parts, whatever the rule.
        #[test]
        fn totals_add_up(lines in lines(), rule in prop::sample::select(RULES.to_vec())) {
            let totals = Totals::of(&lines, Currency::EUR, rule).unwrap();
            let net = Money::sum(Currency::EUR, lines.iter().map(|line| line.net)).unwrap();
            let taxes = Money::sum(Currency::EUR, totals.taxes.iter().map(|tax| tax.tax)).unwrap();
            prop_assert_eq!(totals.net, net);
            prop_assert_eq!(totals.tax, taxes);
            prop_assert_eq!(totals.total, net.checked_add(taxes).unwrap());
        }

        /// Rounding each line instead of each rate moves at most half a minor unit a line, and half a unit a rate.
        #[test]
        fn the_scopes_stay_close(lines in lines(), mode in prop::sample::select(vec![0usize, 1])) {
            let (per_rate, per_line) = (tax(&lines, RULES[mode]), tax(&lines, RULES[mode + 2]));
            let groups = Totals::of(&lines, Currency::EUR, RULES[mode]).unwrap().taxes.len();
            prop_assert!(2 * (per_rate - per_line).unsigned_abs() <= (lines.len() + groups) as u128);
        }

        /// The same lines negated sum to the same amounts negated: no rule favors a side.
        #[test]
        fn credits_sum_exactly(lines in lines(), rule in prop::sample::select(RULES.to_vec())) {
            let back: Vec<Line> = lines
                .iter()
                .map(|line| LineContent { quantity: -line.quantity, ..line.content() })
                .map(|content| Line::new(content, Currency::EUR).unwrap())
                .collect();
            let charged = Totals::of(&lines, Currency::EUR, rule).unwrap();
            let credited = Totals::of(&back, Currency::EUR, rule).unwrap();
            prop_assert_eq!(charged.total.negated(), credited.total);
            for (charged, credited) in charged.taxes.iter().zip(&credited.taxes) {
                prop_assert_eq!(charged.tax.negated(), credited.tax);
                prop_assert_eq!(charged.taxable.negated(), credited.taxable);
            }
        }
    }
}
