//! Control totals: `TxsSummry`.

use rust_decimal::Decimal;

use crate::{Entry, Place, Sums, Warning, WarningCode, parse_amount, xml::Node};

/// The stated totals of the entries, and the computed ones.
#[derive(Debug, Default)]
pub(super) struct Summary {
    all: Declared,
    credits: Declared,
    debits: Declared,
    found_credits: Sums,
    found_debits: Sums,
}

#[derive(Debug, Default)]
struct Declared {
    count: Option<u64>,
    sum: Option<Decimal>,
}

impl Declared {
    fn read(node: Option<&Node>) -> Declared {
        let Some(node) = node else { return Declared::default() };
        Declared { count: node.text_at("NbOfNtries").parse().ok(), sum: parse_amount(node.text_at("Sum"), '.').ok() }
    }

    fn differs(&self, what: &str, found: Sums, at: Place) -> Option<Warning> {
        let count = self.count.filter(|count| *count != found.count);
        let sum = self.sum.filter(|sum| *sum != found.sum);
        if count.is_none() && sum.is_none() {
            return None;
        }
        let text = |part: Option<String>| part.unwrap_or_else(|| "-".to_owned());
        let message = format!(
            "the summary says {} {what} of {}, there are {} of {}",
            text(self.count.map(|count| count.to_string())),
            text(self.sum.map(|sum| sum.to_string())),
            found.count,
            found.sum
        );
        Some(Warning { at, code: WarningCode::ControlDiffers, message })
    }
}

impl Summary {
    pub(super) fn take(&mut self, node: &Node) {
        self.all = Declared::read(node.at("TtlNtries"));
        self.credits = Declared::read(node.at("TtlCdtNtries"));
        self.debits = Declared::read(node.at("TtlDbtNtries"));
    }

    pub(super) fn count(&mut self, entry: &Entry) {
        let side = if entry.amount.value.is_sign_negative() { &mut self.found_debits } else { &mut self.found_credits };
        side.count = side.count.saturating_add(1);
        side.sum = side.sum.saturating_add(entry.amount.value.abs());
    }

    pub(super) fn differs(&self, at: Place) -> Vec<Warning> {
        let all = Sums {
            count: self.found_credits.count.saturating_add(self.found_debits.count),
            sum: self.found_credits.sum.saturating_add(self.found_debits.sum),
        };
        [
            (&self.all, "entries", all),
            (&self.credits, "credits", self.found_credits),
            (&self.debits, "debits", self.found_debits),
        ]
        .into_iter()
        .filter_map(|(declared, what, found)| declared.differs(what, found, at))
        .collect()
    }
}
