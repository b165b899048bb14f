//! Rules 5 to 9: the text names nothing; the payer's open items and the amount decide.

use crate::MatchRule;
use crate::UnappliedReason;
use crate::book::Item;
use crate::by_number::nearest;
use crate::case::{Case, Verdict};
use crate::index::ItemIx;
use crate::installments;
use crate::line::{Evidence, Explanation, Part};
use crate::near::Nearness;
use crate::settle::{Fallback, Fit};
use crate::subset::{self, Found};
use crate::words::denies_one;

type Items<'a> = Vec<(ItemIx, &'a Item)>;

/// The minimum similarity of a name, in percent, and the minimum distance to the next one.
const SIMILAR: u8 = 80;
const MARGIN: u8 = 5;
/// The most alternatives shown.
const MAX_SHOWN: usize = 5;

/// Rule 5: a single open item: equal, less its discount, within tolerance.
pub(super) fn by_single_item(case: &Case<'_>) -> Verdict {
    if case.payer.known.is_none() {
        return by_amount_and_near_number(case);
    }
    let rule = MatchRule::PayerAndAmount;
    let equal = case.equal_items();
    if case.book.was_paid_before(case.line) {
        let each = equal.iter().take(MAX_SHOWN).map(|one| case.explain_by(rule, 400, &[*one]));
        return Verdict::Doubt(each.collect(), UnappliedReason::PossibleDuplicate);
    }
    match equal.as_slice() {
        [] => {}
        [one] => return single(case, *one),
        several if installments::of_one_document(several) => {
            let first = several.iter().min_by_key(|(ix, item)| (item.due_on, *ix));
            return first.map_or_else(|| among_equals(case, several), |first| single(case, *first));
        }
        several => return among_equals(case, several),
    }
    if !case.payer.is_certain() || !case.mentions.unknown.is_empty() {
        return Verdict::Pass(Vec::new());
    }
    let owed = case.owed();
    let outcomes = || owed.iter().map(|one| (*one, case.settle(&[*one])));
    let unearned: Items<'_> =
        outcomes().filter(|(_, outcome)| outcome.fit == Fit::Unearned).map(|(one, _)| one).collect();
    let tolerated: Items<'_> =
        outcomes().filter(|(_, outcome)| outcome.fit == Fit::Tolerance).map(|(one, _)| one).collect();
    match (unearned.as_slice(), tolerated.as_slice()) {
        ([one], []) if case.payer.one().is_some() => Verdict::Apply(case.explain_by(rule, 900, &[*one])),
        // Among several items, an amount may be close to one of them by chance.
        ([], [one]) if case.payer.one().is_some() && owed.len() == 1 && case.line.amount < one.1.open => {
            Verdict::Apply(case.explain_by(rule, 900, &[*one]))
        }
        ([], []) => Verdict::Pass(Vec::new()),
        _ => {
            let each = unearned.iter().chain(&tolerated).take(MAX_SHOWN);
            let each =
                each.map(|one| case.explain_by(rule, 500, &[*one]).doubted(UnappliedReason::SeveralExplanations));
            Verdict::Pass(each.collect())
        }
    }
}

/// Exactly one of the payer's items has this amount.
fn single(case: &Case<'_>, one: (ItemIx, &Item)) -> Verdict {
    let explanation = case.explain_by(MatchRule::PayerAndAmount, 970, &[one]);
    if case.payer.contradictory {
        return Verdict::Doubt(vec![explanation], UnappliedReason::PayerDiffers);
    }
    // Another item may have the same amount with a late discount.
    let taken_late = |(ix, item): &(ItemIx, &Item)| *ix != one.0 && case.settle(&[(*ix, *item)]).fit == Fit::Unearned;
    let doubtful =
        case.line.amount < one.1.open && case.nearness(one.1).is_none() && case.owed().iter().any(taken_late);
    if doubtful {
        return Verdict::Doubt(vec![explanation], UnappliedReason::SeveralExplanations);
    }
    if denies_one(&case.runs) && case.nearness(one.1).is_none() {
        return Verdict::Doubt(vec![explanation], UnappliedReason::SeveralExplanations);
    }
    // The text names a number of ours that is not, even nearly, this item's.
    let names_another = !case.mentions.unknown.is_empty() && case.nearness(one.1).is_none();
    if names_another {
        return Verdict::Doubt(vec![explanation], UnappliedReason::UnknownDocument);
    }
    Verdict::Apply(explanation)
}

/// Several of the payer's items have this amount: only a number that is almost one of theirs, and of no other, decides.
fn among_equals(case: &Case<'_>, equal: &[(ItemIx, &Item)]) -> Verdict {
    let rule = MatchRule::PayerAndNumber;
    if !case.payer.contradictory
        && let Some((_, one)) = nearest(case, &equal.to_vec())
    {
        return Verdict::Apply(case.explain_by(rule, 940, &[one]));
    }
    let each = equal.iter().take(MAX_SHOWN).map(|one| case.explain_by(MatchRule::PayerAndAmount, 500, &[*one]));
    Verdict::Doubt(each.collect(), UnappliedReason::NoSingleEqualItem)
}

/// The payer is unknown; one open item of exactly this amount has a number that is almost in the text.
fn by_amount_and_near_number(case: &Case<'_>) -> Verdict {
    let priced = case.items(case.book.priced(case.line.currency, case.line.amount).iter().copied());
    let near: Vec<(Nearness, (ItemIx, &Item))> = priced
        .into_iter()
        .filter(|one| case.matches_exactly(&[*one]))
        .filter_map(|one| Some((case.nearness(one.1)?, one)))
        .filter(|(near, _)| matches!(near, Nearness::Lookalike | Nearness::OneOff | Nearness::Serial))
        .collect();
    let rule = MatchRule::DocumentNumber;
    match near.as_slice() {
        [] => Verdict::Pass(Vec::new()),
        [(nearness, one)] if *nearness != Nearness::Serial && likely_payer(case, one.1) => {
            Verdict::Apply(case.explain_by(rule, 930, &[*one]))
        }
        several => {
            let each = several.iter().take(MAX_SHOWN).map(|(_, one)| case.explain_by(rule, 600, &[*one]));
            Verdict::Doubt(each.collect(), UnappliedReason::SeveralExplanations)
        }
    }
}

/// The payer is not named, or its name is similar to the customer's.
fn likely_payer(case: &Case<'_>, item: &Item) -> bool {
    !case.payer.named || case.book.names().likeness(case.line.payer_name, item.customer) >= SIMILAR
}

/// Rule 6: a unique set of the payer's items.
pub(super) fn by_subset(case: &Case<'_>) -> Verdict {
    let rule = MatchRule::PayerAndSubset;
    if case.payer.known.is_none() {
        return Verdict::Pass(Vec::new());
    }
    let owed = case.owed();
    let mut hits: Vec<Items<'_>> = Vec::new();
    let mut chance = false;
    let full: Vec<i64> = owed.iter().map(|(_, item)| item.open).collect();
    let less: Vec<i64> =
        owed.iter().map(|(_, item)| item.open - case.policy.discount(item, case.line.value_on)).collect();
    let same = full == less;
    for values in [less, full].into_iter().take(if same { 1 } else { 2 }) {
        let chosen = |set: &[usize]| set.iter().filter_map(|at| owed.get(*at).copied()).collect::<Items<'_>>();
        match subset::unique(&values, case.line.amount) {
            Found::One(set) => hits.push(chosen(&set)),
            Found::Several(first, second) => hits.extend([chosen(&first), chosen(&second)]),
            Found::TooMany => chance = true,
            Found::Nothing => {}
        }
    }
    match hits.as_slice() {
        [] => Verdict::Pass(Vec::new()),
        [items] if !chance && case.payer.one().is_some() && case.mentions.unknown.is_empty() => {
            Verdict::Apply(case.explain_by(rule, 920, items))
        }
        several => {
            let each = several.iter().take(MAX_SHOWN).map(|items| case.explain_by(rule, 500, items));
            Verdict::Doubt(each.collect(), UnappliedReason::SeveralExplanations)
        }
    }
}

/// Rule 7: all that the payer owes, or all that is past due.
pub(super) fn by_balance(case: &Case<'_>) -> Verdict {
    let rule = MatchRule::AccountBalance;
    if case.payer.one().is_none() {
        return Verdict::Pass(Vec::new());
    }
    let all = case.owed();
    let (past_due, others): (Items<'_>, Items<'_>) =
        all.iter().copied().partition(|(_, item)| item.due_on < case.line.value_on);
    // Equal items that are not due form another set with the same sum.
    let twins = others.iter().any(|(_, other)| past_due.iter().any(|(_, item)| item.open == other.open));
    let past_due = if twins { Vec::new() } else { past_due };
    let certain = case.payer.is_certain() && case.mentions.unknown.is_empty();
    for items in [all, past_due] {
        if items.len() > 1 && case.matches_exactly(&items) {
            let explanation = case.explain_by(rule, 910, &items);
            return if certain {
                Verdict::Apply(explanation)
            } else {
                Verdict::Doubt(vec![explanation], UnappliedReason::NameOnly)
            };
        }
    }
    Verdict::Pass(Vec::new())
}

/// Rule 8: a similar name. Never applied on this alone.
pub(super) fn by_similar_name(case: &Case<'_>) -> Verdict {
    if case.payer.known.is_some() {
        return Verdict::Pass(Vec::new());
    }
    let similar = case.book.names().similar(case.line.payer_name);
    let Some(best) = similar.first().filter(|best| best.score > SIMILAR) else { return Verdict::Pass(Vec::new()) };
    let clear = similar.get(1).is_none_or(|next| next.score + MARGIN <= best.score);
    let shown = similar.iter().take(if clear { 1 } else { 3 });
    let explanations = shown.flat_map(|found| {
        let owed: Items<'_> = case.book.owed(found.customer, case.line.currency).collect();
        let fitting = owed.into_iter().filter(|one| case.matches_exactly(&[*one])).take(MAX_SHOWN);
        fitting.map(|one| {
            let mut explanation = case.explain_by(MatchRule::SimilarName, u16::from(best.score) * 5, &[one]);
            explanation.evidence.push(Evidence::SimilarName(found.customer, found.score));
            explanation
        })
    });
    let explanations: Vec<Explanation> = explanations.collect();
    if explanations.is_empty() {
        return Verdict::Pass(Vec::new());
    }
    Verdict::Doubt(explanations, UnappliedReason::NameOnly)
}

/// Rule 9: the seller's policy for money of a known payer: oldest first, or on account.
pub(super) fn by_fallback(case: &Case<'_>) -> Verdict {
    if case.policy.fallback != Fallback::OldestFirst || case.payer.one().is_none() || !case.payer.is_certain() {
        return Verdict::Pass(Vec::new());
    }
    let owed = case.owed();
    let order = super::order::by_due_date(&owed);
    let mut left = case.line.amount;
    let mut parts = Vec::new();
    for (ix, item) in order {
        let amount = left.min(item.open);
        if amount > 0 {
            parts.push(Part { item: ix, amount, discount: 0, write_off: 0 });
            left -= amount;
        }
    }
    if parts.is_empty() {
        return Verdict::Pass(Vec::new());
    }
    let paid: Items<'_> = owed.into_iter().filter(|(ix, _)| parts.iter().any(|part| part.item == *ix)).collect();
    let mut explanation = case.explain_by(MatchRule::OldestFirst, 600, &paid);
    explanation.left_open = paid.iter().map(|(_, item)| item.open).sum::<i64>() - (case.line.amount - left);
    explanation.left_over = left;
    explanation.parts = parts;
    Verdict::Apply(explanation)
}
