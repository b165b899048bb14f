//! What of an invoice is credited, and what that is worth: lines and taxes of a credit note, so that all notes of an invoice together never exceed it, and
//! sum to it exactly where all of it is credited.

use std::collections::BTreeMap;

use quittance_kernel::{Currency, Money, MoneyError, Percent};
use rust_decimal::Decimal;

use super::invoice::Invoice;
use super::line::{Line, LineContent, LineError, TaxCategory};
use super::refusal::Refusal;
use super::rounding::{RoundingRule, RoundingScope};
use super::totals::{TaxSubtotal, Totals};

/// What of an invoice is credited.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum CreditScope {
    /// An amount, tax included, split over the tax rates.
    Amount(Money),
    /// Lines, in whole or in part, each once.
    Lines(Vec<LineCredit>),
}

/// What of a line is credited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct LineCredit {
    /// The line of the invoice, from 1.
    pub line: u16,
    /// How much of its quantity; `None` for all that is not credited yet.
    pub quantity: Option<Decimal>,
}

/// A line of a credit note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CreditLine {
    /// What is credited.
    pub line: Line,
    /// The line of the invoice, from 1; `None` for an amount.
    pub of: Option<u16>,
}

/// What a credit note is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credit {
    /// Its lines.
    pub lines: Vec<CreditLine>,
    /// Its totals.
    pub totals: Totals,
    /// What of the invoice is not credited after it.
    pub uncredited: Money,
}

/// The description of a line that credits an amount, not goods.
const AMOUNT: &str = "Credit";

type Rate = (TaxCategory, Percent);

/// What of an invoice is not credited yet.
struct Uncredited<'a> {
    invoice: &'a Invoice,
    /// Taxable amount and tax of each rate.
    rates: BTreeMap<Rate, (Money, Money)>,
    /// Quantity and net amount of each line, as far as lines were credited.
    lines: Vec<(Decimal, Money)>,
    /// The rates of which an amount was credited: their lines do not say what is left.
    by_amount: Vec<Rate>,
}

impl Credit {
    /// What is credited, after the notes before it; `None` for all that is not credited yet.
    ///
    /// # Errors
    /// `CreditExceedsInvoice`, `CreditLineUnknown`, `TotalNotPositive`, `Line`, `Money`.
    pub(crate) fn of<'n>(
        invoice: &Invoice,
        before: impl IntoIterator<Item = (&'n [CreditLine], &'n Totals)>,
        scope: Option<&CreditScope>,
    ) -> Result<Credit, Refusal> {
        let left = Uncredited::of(invoice, before)?;
        let total = left.total()?;
        let (lines, taxes) = match scope {
            None => left.rest(),
            Some(CreditScope::Amount(amount)) if *amount == total => left.rest(),
            Some(CreditScope::Amount(amount)) => left.amount(*amount, total)?,
            Some(CreditScope::Lines(lines)) => left.lines(lines)?,
        };
        let totals = summed(taxes, invoice.currency)?;
        if !totals.total.is_positive() {
            return Err(Refusal::TotalNotPositive { total: totals.total });
        }
        let uncredited = total.checked_sub(totals.total)?;
        if uncredited.is_negative() {
            return Err(Refusal::CreditExceedsInvoice { uncredited: total });
        }
        Ok(Credit { lines, totals, uncredited })
    }
}

impl<'a> Uncredited<'a> {
    fn of<'n>(
        invoice: &'a Invoice,
        before: impl IntoIterator<Item = (&'n [CreditLine], &'n Totals)>,
    ) -> Result<Uncredited<'a>, Refusal> {
        let rates = invoice.totals.taxes.iter().map(|tax| ((tax.category, tax.rate), (tax.taxable, tax.tax)));
        let lines = invoice.lines.iter().map(|line| (line.quantity, line.net)).collect();
        let mut left = Uncredited { invoice, rates: rates.collect(), lines, by_amount: Vec::new() };
        for (lines, totals) in before {
            for tax in &totals.taxes {
                if let Some((taxable, of_tax)) = left.rates.get_mut(&(tax.category, tax.rate)) {
                    *taxable = taxable.checked_sub(tax.taxable)?;
                    *of_tax = of_tax.checked_sub(tax.tax)?;
                }
            }
            for CreditLine { line, of } in lines {
                match of.and_then(|number| left.lines.get_mut(usize::from(number).checked_sub(1)?)) {
                    Some((quantity, net)) => {
                        *quantity -= line.quantity;
                        *net = net.checked_sub(line.net)?;
                    }
                    None => left.by_amount.push((line.tax_category, line.tax_rate)),
                }
            }
        }
        Ok(left)
    }

    fn total(&self) -> Result<Money, MoneyError> {
        let amounts = self.rates.values().flat_map(|(taxable, tax)| [*taxable, *tax]);
        Money::sum(self.invoice.currency, amounts)
    }

    /// All that is left: line by line, or as one amount of a rate whose lines do not say it.
    fn rest(&self) -> (Vec<CreditLine>, Vec<TaxSubtotal>) {
        let numbered = (1..).zip(self.invoice.lines.iter().zip(&self.lines));
        let of_lines = numbered.filter(|(_, (line, (_, net)))| {
            !self.by_amount.contains(&(line.tax_category, line.tax_rate)) && (!net.is_zero() || line.net.is_zero())
        });
        let mut lines: Vec<CreditLine> = of_lines
            .map(|(number, (line, (quantity, net)))| CreditLine {
                line: Line { quantity: *quantity, net: *net, ..line.clone() },
                of: Some(number),
            })
            .collect();
        let of_rates = self.rates.iter().filter(|(rate, _)| self.by_amount.contains(rate));
        lines.extend(
            of_rates.filter(|(_, (taxable, _))| !taxable.is_zero()).map(|(rate, (net, _))| amount_line(*rate, *net)),
        );
        let left = self.rates.iter().filter(|(_, (taxable, tax))| !taxable.is_zero() || !tax.is_zero());
        let taxes = left.map(|(rate, (taxable, tax))| subtotal(*rate, *taxable, *tax)).collect();
        (lines, taxes)
    }

    /// An amount, split over the rates and, within each, over net and tax, in proportion to what is left of them.
    fn amount(&self, amount: Money, total: Money) -> Result<(Vec<CreditLine>, Vec<TaxSubtotal>), Refusal> {
        if amount.compare(total)?.is_gt() {
            return Err(Refusal::CreditExceedsInvoice { uncredited: total });
        }
        let gross = self.rates.values().map(|(taxable, tax)| taxable.checked_add(*tax).map(Money::amount));
        // A rate of which deductions are all that is left cannot carry a part of an amount.
        let parts = amount.split_by(&gross.collect::<Result<Vec<_>, _>>()?)?;
        let (mut lines, mut taxes) = (Vec::new(), Vec::new());
        for ((rate, (taxable, tax)), part) in self.rates.iter().zip(parts) {
            if part.is_zero() {
                continue;
            }
            let split = part.split_by(&[taxable.amount(), tax.amount()])?;
            let [net, of_tax] = split[..] else { continue };
            lines.push(amount_line(*rate, net));
            taxes.push(subtotal(*rate, net, of_tax));
        }
        Ok((lines, taxes))
    }

    /// Lines, in whole or in part. The tax of a rate follows the invoice's rule; what credits the last of a rate takes the tax that is left of it.
    fn lines(&self, credits: &[LineCredit]) -> Result<(Vec<CreditLine>, Vec<TaxSubtotal>), Refusal> {
        let mut lines = Vec::with_capacity(credits.len());
        let mut nets: BTreeMap<Rate, Vec<Money>> = BTreeMap::new();
        for credit in credits {
            let credited = self.line(credit)?;
            nets.entry((credited.tax_category, credited.tax_rate)).or_default().push(credited.net);
            lines.push(CreditLine { line: credited, of: Some(credit.line) });
        }
        let mut taxes = Vec::with_capacity(nets.len());
        for (rate, nets) in nets {
            let (left, tax_left) = self.rates.get(&rate).copied().ok_or(Refusal::CreditLineUnknown)?;
            let net = Money::sum(self.invoice.currency, nets.iter().copied())?;
            let rule = tax(&nets, rate.1, self.invoice.rounding)?;
            // By rounding, notes may come to more tax than the invoice has.
            let is_last = net == left || rule.abs().compare(tax_left.abs())?.is_gt();
            if net.abs().compare(left.abs())?.is_gt() {
                return Err(Refusal::CreditExceedsInvoice { uncredited: self.total()? });
            }
            taxes.push(subtotal(rate, net, if is_last { tax_left } else { rule }));
        }
        Ok((lines, taxes))
    }

    fn line(&self, credit: &LineCredit) -> Result<Line, Refusal> {
        let index = usize::from(credit.line).checked_sub(1).ok_or(Refusal::CreditLineUnknown)?;
        let line = self.invoice.lines.get(index).ok_or(Refusal::CreditLineUnknown)?;
        let (quantity_left, net_left) = self.lines.get(index).copied().ok_or(Refusal::CreditLineUnknown)?;
        let quantity = credit.quantity.unwrap_or(quantity_left);
        let exceeds = quantity.abs() > quantity_left.abs() || (quantity * quantity_left).is_sign_negative();
        if exceeds || quantity.is_zero() {
            return Err(Refusal::CreditLineExceeded { line: credit.line, quantity: quantity_left });
        }
        if quantity == quantity_left {
            return Ok(Line { quantity, net: net_left, ..line.clone() });
        }
        let content = LineContent { quantity, ..line.content() };
        Line::new(content, self.invoice.currency).map_err(|error: LineError| Refusal::Line { index, error })
    }
}

fn tax(nets: &[Money], rate: Percent, rule: RoundingRule) -> Result<Money, MoneyError> {
    let Some(currency) = nets.first().map(|net| net.currency()) else { return Err(MoneyError::BadWeights) };
    match rule.scope {
        RoundingScope::PerRate => Money::sum(currency, nets.iter().copied())?.times(rate.fraction(), rule.mode),
        RoundingScope::PerLine => nets
            .iter()
            .try_fold(Money::zero(currency), |sum, net| sum.checked_add(net.times(rate.fraction(), rule.mode)?)),
    }
}

fn amount_line((tax_category, tax_rate): Rate, net: Money) -> CreditLine {
    let line = Line {
        description: AMOUNT.to_owned(),
        quantity: Decimal::ONE,
        unit: String::new(),
        unit_price: net.amount(),
        tax_category,
        tax_rate,
        net,
    };
    CreditLine { line, of: None }
}

const fn subtotal((category, rate): Rate, taxable: Money, tax: Money) -> TaxSubtotal {
    TaxSubtotal { category, rate, taxable, tax }
}

fn summed(taxes: Vec<TaxSubtotal>, currency: Currency) -> Result<Totals, MoneyError> {
    let net = Money::sum(currency, taxes.iter().map(|tax| tax.taxable))?;
    let tax = Money::sum(currency, taxes.iter().map(|tax| tax.tax))?;
    Ok(Totals { net, tax, total: net.checked_add(tax)?, taxes })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quittance_kernel::{InvoiceId, Rounding, SeriesId};

    use super::*;
    use crate::domain::invoice_content::InvoiceContent;
    use crate::domain::samples::{content, eur, line_content, now, terms};

    fn invoice(lines: Vec<LineContent>, rounding: RoundingRule) -> Option<Invoice> {
        let content = InvoiceContent { lines, rounding: Some(rounding), ..content("1.00") };
        let (id, series) = (InvoiceId::at(now()), SeriesId::at(now()));
        Invoice::draft(id, content, terms("net 30"), series, RoundingRule::STANDARD, now()).ok()
    }

    /// 10 h at 12.345 and 2 at 50 with 19 %, 3 at 0.99 with 7 %: 223.45 + 42.46 and 2.97 + 0.21.
    fn sample() -> Invoice {
        let lines =
            vec![line_content("10", "12.345", "19"), line_content("2", "50", "19"), line_content("3", "0.99", "7")];
        invoice(lines, RoundingRule::STANDARD).unwrap()
    }

    fn credit(invoice: &Invoice, before: &[Credit], scope: Option<CreditScope>) -> Result<Credit, Refusal> {
        Credit::of(invoice, before.iter().map(|credit| (&credit.lines[..], &credit.totals)), scope.as_ref())
    }

    fn lines(lines: &[(u16, Option<&str>)]) -> Option<CreditScope> {
        let line = |(line, quantity): &(u16, Option<&str>)| LineCredit {
            line: *line,
            quantity: quantity.map(|quantity| quantity.parse().unwrap()),
        };
        Some(CreditScope::Lines(lines.iter().map(line).collect()))
    }

    fn reason(result: Result<Credit, Refusal>) -> &'static str {
        result.unwrap_err().reason()
    }

    #[test]
    fn all_of_an_invoice_is_credited_as_it_was_invoiced() {
        let invoice = sample();
        let all = credit(&invoice, &[], None).unwrap();
        assert_eq!((&all.totals, all.uncredited), (&invoice.totals, eur("0.00")));
        assert!(all.lines.iter().map(|line| &line.line).eq(&invoice.lines));
        assert_eq!(credit(&invoice, &[], Some(CreditScope::Amount(invoice.totals.total))), Ok(all));
    }

    #[test]
    fn lines_are_credited_in_whole_and_in_part_and_the_rest_is_exact() {
        let invoice = sample();
        let first = credit(&invoice, &[], lines(&[(1, Some("4")), (3, None)])).unwrap();
        let facts =
            |credit: &Credit| [credit.totals.net, credit.totals.tax, credit.totals.total].map(Money::amount_text);
        assert_eq!(facts(&first), ["52.35", "9.59", "61.94"]);
        let rest = credit(&invoice, std::slice::from_ref(&first), None).unwrap();
        assert_eq!(rest.lines.iter().map(|line| line.of).collect::<Vec<_>>(), [Some(1), Some(2)]);
        assert_eq!((rest.lines[0].line.quantity, rest.lines[0].line.net), (Decimal::from(6), eur("74.07")));
        assert_eq!(rest.totals.total, invoice.totals.total.checked_sub(first.totals.total).unwrap());
        let both = [first, rest];
        assert_eq!(reason(credit(&invoice, &both, None)), "TOTAL_NOT_POSITIVE");
        assert_eq!(reason(credit(&invoice, &both, lines(&[(3, None)]))), "CREDIT_LINE_EXCEEDED");
    }

    #[test]
    fn an_amount_is_split_over_the_rates() {
        let invoice = sample();
        let part = credit(&invoice, &[], Some(CreditScope::Amount(eur("100.00")))).unwrap();
        let taxes: Vec<_> = part.totals.taxes.iter().map(|tax| (tax.taxable, tax.tax)).collect();
        assert_eq!(taxes, [(eur("1.10"), eur("0.08")), (eur("83.04"), eur("15.78"))]);
        assert_eq!((part.totals.total, part.uncredited), (eur("100.00"), eur("169.09")));
        // Lines of a rate of which an amount was credited are what is left at most.
        let before = std::slice::from_ref(&part);
        assert_eq!(reason(credit(&invoice, before, lines(&[(1, None), (2, None)]))), "CREDIT_EXCEEDS_INVOICE");
        let rest = credit(&invoice, before, None).unwrap();
        assert_eq!((rest.totals.total, rest.lines.len()), (eur("169.09"), 2));
        assert_eq!(
            reason(credit(&invoice, before, Some(CreditScope::Amount(eur("169.10"))))),
            "CREDIT_EXCEEDS_INVOICE"
        );
    }

    #[test]
    fn what_is_not_there_is_not_credited() {
        let invoice = sample();
        assert_eq!(reason(credit(&invoice, &[], lines(&[(4, None)]))), "CREDIT_LINE_UNKNOWN");
        assert_eq!(reason(credit(&invoice, &[], lines(&[(0, None)]))), "CREDIT_LINE_UNKNOWN");
        assert_eq!(reason(credit(&invoice, &[], lines(&[(1, Some("10.001"))]))), "CREDIT_LINE_EXCEEDED");
        assert_eq!(reason(credit(&invoice, &[], lines(&[(1, Some("-1"))]))), "CREDIT_LINE_EXCEEDED");
        assert_eq!(reason(credit(&invoice, &[], lines(&[(1, Some("0"))]))), "CREDIT_LINE_EXCEEDED");
    }

    proptest! {
        /// Whatever is credited, by line and by amount, in whatever order: no rate gets more than it has, and the rest makes it whole.
        #[test]
        fn notes_sum_to_the_invoice(
            made in prop::collection::vec((1i64..20_000, 1i64..100_000, 0usize..4), 1..8),
            steps in prop::collection::vec((any::<bool>(), 0u16..8, 1i64..20_000), 0..8),
            per_line in any::<bool>(),
        ) {
            let scope = if per_line { RoundingScope::PerLine } else { RoundingScope::PerRate };
            let contents = made.iter().map(|(quantity, price, rate)| {
                let (quantity, price) = (Decimal::new(*quantity, 3), Decimal::new(*price, 2));
                line_content(&quantity.to_string(), &price.to_string(), ["0", "5.5", "7.7", "19"][*rate])
            });
            let invoice = invoice(contents.collect(), RoundingRule { scope, mode: Rounding::HalfUp });
            prop_assume!(invoice.is_some());
            let invoice = invoice.unwrap();
            let mut credits: Vec<Credit> = Vec::new();
            for (by_amount, line, size) in steps {
                let scope = if by_amount {
                    CreditScope::Amount(Money::from_minor(size, invoice.currency))
                } else {
                    CreditScope::Lines(vec![LineCredit { line, quantity: Some(Decimal::new(size, 3)) }])
                };
                if let Ok(made) = credit(&invoice, &credits, Some(scope)) {
                    credits.push(made);
                }
            }
            if let Ok(rest) = credit(&invoice, &credits, None) {
                prop_assert!(rest.uncredited.is_zero());
                credits.push(rest);
            }
            let sum = |of: fn(&Totals) -> Money| Money::sum(invoice.currency, credits.iter().map(|credit| of(&credit.totals)));
            prop_assert_eq!(sum(|totals| totals.net), Ok(invoice.totals.net));
            prop_assert_eq!(sum(|totals| totals.tax), Ok(invoice.totals.tax));
            for tax in &invoice.totals.taxes {
                let of_rate = credits.iter().flat_map(|credit| &credit.totals.taxes)
                    .filter(|credited| (credited.category, credited.rate) == (tax.category, tax.rate));
                let (net, of_tax): (Vec<Money>, Vec<Money>) = of_rate.map(|tax| (tax.taxable, tax.tax)).unzip();
                prop_assert_eq!(Money::sum(invoice.currency, net), Ok(tax.taxable));
                prop_assert_eq!(Money::sum(invoice.currency, of_tax), Ok(tax.tax));
            }
        }
    }
}
