//! A payment with the inputs of the rules, computed once.

use crate::MatchRule;
use crate::UnappliedReason;
use crate::book::{Book, Item};
use crate::index::ItemIx;
use crate::line::{Evidence, Explanation, MoneyIn};
use crate::mention::{Mention, Reading};
use crate::mentions::Mentions;
use crate::near::{Nearness, Words};
use crate::number::{Kind, Run, runs};
use crate::payer::{Known, Payer};
use crate::settle::{Fit, Outcome, Policy, settle};
use crate::words::{Called, called};

/// The result of a rule.
pub(super) enum Verdict {
    /// A certain match.
    Apply(Explanation),
    /// The rule applies, but a person must decide: the explanations, the likeliest first, and the reason.
    Doubt(Vec<Explanation>, UnappliedReason),
    /// The rule is not certain; the next one is tried. Its suggestions.
    Pass(Vec<Explanation>),
}

pub(super) struct Case<'a> {
    pub(super) line: &'a MoneyIn<'a>,
    pub(super) book: &'a Book,
    pub(super) policy: &'a Policy,
    pub(super) payer: Payer,
    pub(super) mentions: Mentions,
    pub(super) words: Words,
    pub(super) runs: Vec<Run>,
}

impl<'a> Case<'a> {
    pub(super) fn new(line: &'a MoneyIn<'a>, book: &'a Book, policy: &'a Policy) -> Self {
        let runs = runs(line.text);
        let payer = Payer::of(line, book);
        let mentions = Mentions::of(&runs, book);
        let words = {
            // Text that names a document of the payer exactly names no other one. Another customer's may be a mistake.
            let own = |item: ItemIx| {
                book.item(item).is_some_and(|item| payer.customers.is_empty() || payer.may_be(item.customer))
            };
            let taken = |at: usize| {
                let mut mentions = mentions.certain();
                let named = mentions.any(|mention| (mention.first..=mention.last).contains(&at) && own(mention.item));
                named
                    || (runs.get(at).is_some_and(|run| run.kind == Kind::Digits) && called(&runs, at) == Called::Other)
            };
            Words::of(&runs, &taken)
        };
        Self { line, book, policy, payer, mentions, words, runs }
    }

    /// The existing items of these indexes.
    pub(super) fn items(&self, ids: impl IntoIterator<Item = ItemIx>) -> Vec<(ItemIx, &'a Item)> {
        ids.into_iter().filter_map(|ix| Some((ix, self.book.item(ix)?))).collect()
    }

    /// The open items in this currency of the payer, or of all possible payers, issued before the money was received.
    pub(super) fn owed(&self) -> Vec<(ItemIx, &'a Item)> {
        let book = self.book;
        let owed = self.payer.customers.iter().flat_map(|customer| book.owed(*customer, self.line.currency));
        owed.filter(|(_, item)| item.issued_on <= self.line.value_on).collect()
    }

    pub(super) fn settle(&self, items: &[(ItemIx, &Item)]) -> Outcome {
        settle(items, self.line.amount, self.line.value_on, self.policy)
    }

    /// Whether the amount pays exactly these items.
    pub(super) fn matches_exactly(&self, items: &[(ItemIx, &Item)]) -> bool {
        !items.is_empty() && self.settle(items).fit == Fit::Cent
    }

    /// Whether all items are, or may be, the payer's.
    pub(super) fn is_payers(&self, items: &[(ItemIx, &Item)]) -> bool {
        items.iter().all(|(_, item)| self.payer.may_be(item.customer))
    }

    /// The payer's items that the amount pays exactly, each alone.
    pub(super) fn equal_items(&self) -> Vec<(ItemIx, &'a Item)> {
        self.owed()
            .into_iter()
            .filter(|one| one.1.may_cost(self.line.amount) && self.matches_exactly(&[*one]))
            .collect()
    }

    pub(super) fn nearness(&self, item: &Item) -> Option<Nearness> {
        if self.words.is_empty() { None } else { self.words.nearness(item) }
    }

    /// An explanation by these items.
    pub(super) fn explain(
        &self,
        rule: MatchRule,
        score: u16,
        items: &[(ItemIx, &Item)],
        outcome: Outcome,
    ) -> Explanation {
        let named = items.iter().filter_map(|(ix, _)| self.mentions.found.iter().find(|mention| mention.item == *ix));
        let numbers = named.map(|mention| Evidence::Number(mention.item, reading_label(mention)));
        let near = items
            .iter()
            .filter(|(ix, _)| !self.mentions.found.iter().any(|mention| mention.item == *ix))
            .filter_map(|(ix, item)| Some(Evidence::Number(*ix, self.nearness(item)?.label())));
        let payer = (!items.is_empty() && self.is_payers(items)).then(|| self.payer.known.map(known_label)).flatten();
        let amount = (!outcome.parts.is_empty()).then(|| Evidence::Amount(fit_label(outcome.fit)));
        let evidence = numbers.chain(near).chain(payer.map(Evidence::Payer)).chain(amount).collect();
        Explanation {
            rule,
            score,
            evidence,
            parts: outcome.parts,
            left_over: outcome.left_over,
            left_open: outcome.left_open,
            doubt: None,
        }
    }

    /// The same, with the given settlement.
    pub(super) fn explain_by(&self, rule: MatchRule, score: u16, items: &[(ItemIx, &Item)]) -> Explanation {
        let outcome = self.settle(items);
        self.explain(rule, score, items, outcome)
    }
}

impl Explanation {
    pub(super) fn doubted(mut self, doubt: UnappliedReason) -> Explanation {
        self.doubt = Some(doubt);
        self
    }
}

const fn reading_label(mention: &Mention) -> &'static str {
    match mention.reading {
        Reading::Exact => "exact",
        Reading::Zeros => "leading zeros differ",
        Reading::Listed => "in a list",
        Reading::InRange => "in a range",
        Reading::NoPrefix => "without its prefix",
    }
}

const fn known_label(known: Known) -> &'static str {
    match known {
        Known::Given => "given",
        Known::Account(super::index::Origin::Record) => "account",
        Known::Account(super::index::Origin::Learned) => "account, learned",
        Known::Name(super::index::Origin::Record) => "name",
        Known::Name(super::index::Origin::Learned) => "name, learned",
    }
}

const fn fit_label(fit: Fit) -> &'static str {
    match fit {
        Fit::Cent => "to the cent",
        Fit::Unearned => "to the cent, with a discount that is not earned",
        Fit::Tolerance => "within tolerance",
        Fit::Over => "more than is open",
        Fit::Short => "less than is open",
    }
}
