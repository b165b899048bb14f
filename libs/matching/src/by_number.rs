//! Rules 2 to 4: the documents the payer names. A number alone is never enough if the amount does not match exactly:
//! then the payer must match too, for a mistyped number may be another document's.

use std::collections::BTreeSet;

use crate::MatchRule;
use crate::UnappliedReason;
use crate::book::Item;
use crate::by_tail::by_tail;
use crate::case::{Case, Verdict};
use crate::index::ItemIx;
use crate::installments;
use crate::line::{Evidence, Part};
use crate::mention::Reading;
use crate::near::Nearness;
use crate::settle::Fit;
use crate::subset::{self, Found};

type Items<'a> = Vec<(ItemIx, &'a Item)>;
type Keep<'a> = dyn Fn(&(ItemIx, &Item)) -> bool + 'a;

/// How many readings of a text are tried.
const MAX_READINGS: usize = 64;
/// The most documents of which selections are tried.
const MAX_SELECTED: usize = 10;

/// A shortfall on several documents together is small up to this part of the amount.
const SMALL_PART: i64 = 10;

/// Rule 2: structured remittance information that names documents and amounts.
pub(super) fn by_advice(case: &Case<'_>) -> Verdict {
    let rule = MatchRule::RemittanceAdvice;
    let mut named: Vec<(ItemIx, &Item, Option<i64>)> = Vec::new();
    for line in case.line.advice {
        let compact: String =
            line.number.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_uppercase).collect();
        match case.items(case.book.compact(&compact).iter().copied()).as_slice() {
            [(ix, item)] => named.push((*ix, *item, line.paid)),
            _ => return Verdict::Pass(Vec::new()),
        }
    }
    if named.is_empty() || named.iter().any(|(_, item, _)| item.currency != case.line.currency || item.open <= 0) {
        return Verdict::Pass(Vec::new());
    }
    let items: Items<'_> = named.iter().map(|(ix, item, _)| (*ix, *item)).collect();
    let paid = named.iter().try_fold(0_i64, |sum, (.., paid)| sum.checked_add((*paid)?));
    let each_fits = named.iter().all(|(_, item, paid)| paid.is_some_and(|paid| paid > 0 && paid <= item.open));
    if !case.matches_exactly(&items) && paid == Some(case.line.amount) && each_fits {
        // The amount paid on each is stated; the rest stays open on the items.
        let parts = named.iter().map(|(ix, item, paid)| {
            let amount = paid.unwrap_or(0);
            let discount = case.policy.discount(item, case.line.value_on);
            let discount = if amount + discount == item.open { discount } else { 0 };
            Part { item: *ix, amount, discount, write_off: 0 }
        });
        let mut explanation = case.explain_by(rule, 950, &items);
        explanation.parts = parts.collect();
        explanation.left_over = 0;
        explanation.left_open = items
            .iter()
            .zip(&explanation.parts)
            .map(|((_, item), part)| item.open - part.reduces())
            .fold(0, i64::saturating_add);
        explanation.evidence.extend(items.iter().map(|(ix, _)| Evidence::Advice(*ix)));
        return Verdict::Apply(explanation);
    }
    decide(case, rule, &items, true)
}

/// Rules 3 and 4: document numbers in the text.
pub(super) fn by_numbers(case: &Case<'_>) -> Verdict {
    let rule = MatchRule::DocumentNumber;
    let certain: BTreeSet<ItemIx> = case.mentions.certain().map(|mention| mention.item).collect();
    let tail = || by_tail(case).map(|items| Verdict::Apply(case.explain_by(MatchRule::PayerAndNumber, 955, &items)));
    if certain.is_empty() {
        return tail().unwrap_or(Verdict::Pass(Vec::new()));
    }
    let all = case.items(certain.iter().copied());
    let named: Items<'_> = all.iter().copied().filter(|(_, item)| item.currency == case.line.currency).collect();
    if named.is_empty() {
        let pass = is_noise(case, &all);
        return if pass {
            Verdict::Pass(Vec::new())
        } else {
            Verdict::Doubt(Vec::new(), UnappliedReason::CurrencyDiffers)
        };
    }
    let readings = readings(case);
    match fitting(case, &readings) {
        Fitting::One(items) => return fitted(case, rule, &items),
        Fitting::Several(several) => {
            let each = several.iter().map(|items| case.explain_by(rule, 500, items));
            return Verdict::Doubt(each.collect(), UnappliedReason::AmbiguousReference);
        }
        Fitting::Nothing => {}
    }
    if let Some(verdict) = tail().or_else(|| mistyped(case, &named)) {
        return verdict;
    }
    if is_noise(case, &named) {
        return Verdict::Pass(Vec::new());
    }
    if readings.len() > 1 && case.mentions.in_ranges().next().is_none() && !installments::of_one_document(&named) {
        let each = named.iter().filter(|(_, item)| item.open > 0).map(|one| case.explain_by(rule, 400, &[*one]));
        return Verdict::Doubt(each.collect(), UnappliedReason::AmbiguousReference);
    }
    decide(case, rule, &named, true)
}

/// Digits only, and another customer's documents: rather a customer number, an order, a date.
fn is_noise(case: &Case<'_>, named: &Items<'_>) -> bool {
    let bare = |ix: &ItemIx, item: &Item| {
        let mut mentions = case.mentions.certain().filter(|mention| mention.item == *ix);
        mentions
            .all(|mention| !mention.called && (mention.reading == Reading::NoPrefix || item.number.prefix().is_empty()))
    };
    case.payer.is_certain() && named.iter().all(|(ix, item)| bare(ix, item) && !case.payer.may_be(item.customer))
}

enum Fitting<'a> {
    One(Items<'a>),
    Several(Vec<Items<'a>>),
    Nothing,
}

/// The one reading that the amount pays exactly. A document named by its digits alone, or another customer's, may
/// be a date or another number: it is left out if the whole does not match.
fn fitting<'a>(case: &Case<'a>, readings: &[Items<'a>]) -> Fitting<'a> {
    let exactly =
        |ix: &ItemIx| case.mentions.certain().any(|mention| mention.item == *ix && mention.reading <= Reading::Listed);
    let owned = |item: &Item| case.payer.may_be(item.customer);
    let kept: [&Keep<'_>; 4] =
        [&|_| true, &|(ix, _)| exactly(ix), &|(_, item)| owned(item), &|(ix, item)| exactly(ix) && owned(item)];
    for keep in kept {
        let mut sets: Vec<Items<'a>> =
            readings.iter().map(|items| items.iter().copied().filter(|one| keep(one)).collect()).collect();
        sets.dedup_by(|left, right| left.iter().map(|(ix, _)| ix).eq(right.iter().map(|(ix, _)| ix)));
        sets.retain(|items| same_currency(case, items) && case.matches_exactly(items));
        if sets.len() > 1 {
            // Of two documents with equal numbers the payer's own is meant.
            let own: Vec<Items<'a>> = sets.iter().filter(|items| case.is_payers(items)).cloned().collect();
            if own.len() == 1 {
                sets = own;
            }
        }
        match sets.len() {
            0 => {}
            1 => return sets.into_iter().next().map_or(Fitting::Nothing, Fitting::One),
            _ => return installments::due_first(&sets).map_or(Fitting::Several(sets), Fitting::One),
        }
    }
    Fitting::Nothing
}

/// The sets of items a text may mean: with and without the inner numbers of its ranges, and one choice for each number that
/// several documents have.
fn readings<'a>(case: &Case<'a>) -> Vec<Items<'a>> {
    let mut spans: Vec<(usize, usize)> = case.mentions.certain().map(|mention| (mention.first, mention.last)).collect();
    spans.dedup();
    let mut sets: Vec<BTreeSet<ItemIx>> = vec![BTreeSet::new()];
    for span in spans {
        let named: Vec<ItemIx> = case
            .mentions
            .certain()
            .filter(|mention| (mention.first, mention.last) == span)
            .map(|mention| mention.item)
            .collect();
        let choices = installments::choices(case, &named);
        let longer = sets.iter().flat_map(|set| {
            choices.iter().map(|choice| {
                let mut set = set.clone();
                set.extend(choice);
                set
            })
        });
        sets = longer.take(MAX_READINGS).collect();
    }
    let between: Vec<ItemIx> = case.mentions.in_ranges().map(|mention| mention.item).collect();
    if !between.is_empty() {
        let with: Vec<BTreeSet<ItemIx>> =
            sets.iter().map(|set| set.iter().chain(&between).copied().collect()).collect();
        sets.extend(with);
    }
    sets.sort();
    sets.dedup();
    sets.into_iter().map(|set| case.items(set)).filter(|items| items.iter().all(|(_, item)| item.open > 0)).collect()
}

fn same_currency(case: &Case<'_>, items: &Items<'_>) -> bool {
    items.iter().all(|(_, item)| item.currency == case.line.currency)
}

/// The named documents match exactly. Anyone may pay anyone's documents; but if the payer owes the same amount on a
/// document with almost the number in the text, either may be meant.
fn fitted(case: &Case<'_>, rule: MatchRule, items: &Items<'_>) -> Verdict {
    let explanation = case.explain_by(rule, 990, items);
    if case.payer.customers.is_empty() || case.is_payers(items) {
        return Verdict::Apply(explanation);
    }
    // Some are the payer's own and some are not: one of the numbers may be a mistake.
    if items.iter().any(|(_, item)| case.payer.may_be(item.customer)) {
        return Verdict::Doubt(vec![explanation], UnappliedReason::PayerDiffers);
    }
    let equal: Items<'_> = case.equal_items().into_iter().filter(|(_, item)| case.nearness(item).is_some()).collect();
    if equal.is_empty() {
        return Verdict::Apply(explanation);
    }
    let own = equal.iter().map(|one| case.explain_by(MatchRule::PayerAndNumber, 600, &[*one]));
    Verdict::Doubt(std::iter::once(explanation).chain(own).collect(), UnappliedReason::SeveralExplanations)
}

/// The payer owes the exact amount on one document whose number is almost in the text, and nothing named matches: the number
/// was mistyped.
fn mistyped(case: &Case<'_>, named: &Items<'_>) -> Option<Verdict> {
    case.payer.one()?;
    let unnamed = |ix: &ItemIx| !named.iter().any(|(named, _)| named == ix);
    let equal: Items<'_> = case.equal_items().into_iter().filter(|(ix, _)| unnamed(ix)).collect();
    let (near, one) = nearest(case, &equal)?;
    // Paid again, exactly: the number was not a mistake.
    let again = named.iter().any(|(_, item)| item.open <= 0 && item.total == case.line.amount);
    if again || near == Nearness::Serial && named.iter().any(|(_, item)| item.open > 0) {
        return None;
    }
    Some(Verdict::Apply(case.explain_by(MatchRule::PayerAndNumber, 960, &[one])))
}

/// The one item whose number is nearest to the text, by its last digits or at most one character off, and nearer than
/// any other's.
pub(super) fn nearest<'a>(case: &Case<'_>, items: &Items<'a>) -> Option<(Nearness, (ItemIx, &'a Item))> {
    let mut near: Vec<(Nearness, (ItemIx, &Item))> =
        items.iter().filter_map(|one| Some((case.nearness(one.1)?, *one))).collect();
    near.sort_by_key(|(nearness, (ix, _))| (*nearness, *ix));
    match near.as_slice() {
        [first, second, ..] if first.0 == second.0 => None,
        [first, ..] if first.0 <= Nearness::Serial => Some(*first),
        _ => None,
    }
}

/// The allocation to named items that the amount does not match exactly.
pub(super) fn decide(case: &Case<'_>, rule: MatchRule, named: &Items<'_>, exact: bool) -> Verdict {
    if named.iter().any(|(_, item)| item.currency != case.line.currency) {
        return Verdict::Doubt(Vec::new(), UnappliedReason::CurrencyDiffers);
    }
    let open: Items<'_> = named.iter().copied().filter(|(_, item)| item.open > 0).collect();
    if open.is_empty() {
        return Verdict::Doubt(Vec::new(), UnappliedReason::ItemAlreadyPaid);
    }
    if case.matches_exactly(&open) && (exact || case.payer.customers.is_empty() || case.is_payers(&open)) {
        return with_closed(case, rule, named, &open);
    }
    let believed = case.policy.believe_number_alone && !case.payer.named && exact && all_exact(case, &open);
    let own: Items<'_> =
        open.iter().copied().filter(|(_, item)| believed || case.payer.may_be(item.customer)).collect();
    let agreed = believed || (case.payer.known.is_some() && !case.payer.contradictory && !own.is_empty());
    if !agreed {
        let suggested = case.explain_by(rule, 600, &open);
        let reason = if case.payer.known.is_some() {
            UnappliedReason::PayerDiffers
        } else {
            below_or_above(suggested.left_open)
        };
        return Verdict::Doubt(vec![suggested], reason);
    }
    if own.len() < open.len() && case.matches_exactly(&own) {
        return Verdict::Apply(case.explain_by(rule, 970, &own));
    }
    if let Some(selected) = selection(case, &own) {
        return Verdict::Doubt(vec![case.explain_by(rule, 700, &selected)], UnappliedReason::SeveralExplanations);
    }
    let complete = own.len() == named.len();
    match with_others(case, &own) {
        Completion::One(items) => return Verdict::Apply(case.explain_by(MatchRule::PayerAndNumber, 950, &items)),
        Completion::Several(suggested) => {
            let each = suggested.iter().map(|items| case.explain_by(MatchRule::PayerAndNumber, 500, items));
            return Verdict::Doubt(each.collect(), UnappliedReason::SeveralExplanations);
        }
        Completion::Nothing => {}
    }
    by_fit(case, rule, &own, complete)
}

/// Every document is named exactly, or by other means than the text.
fn all_exact(case: &Case<'_>, items: &Items<'_>) -> bool {
    items.iter().all(|(ix, _)| {
        let mention = case.mentions.found.iter().find(|mention| mention.item == *ix);
        mention.is_none_or(|mention| mention.reading == Reading::Exact)
    })
}

/// The open documents match; no other named document may be paid again.
fn with_closed(case: &Case<'_>, rule: MatchRule, named: &Items<'_>, open: &Items<'_>) -> Verdict {
    let explanation = case.explain_by(rule, 980, open);
    let others_agree = case.payer.customers.is_empty() || case.is_payers(open) || named.len() == open.len();
    if others_agree {
        Verdict::Apply(explanation)
    } else {
        Verdict::Doubt(vec![explanation], UnappliedReason::PayerDiffers)
    }
}

/// The payer's own documents were named, and the amount is another.
fn by_fit(case: &Case<'_>, rule: MatchRule, own: &Items<'_>, complete: bool) -> Verdict {
    let outcome = case.settle(own);
    let explanation = case.explain(rule, 900, own, outcome.clone());
    let untouched = own.iter().all(|(_, item)| item.open == item.total);
    let nothing_else = case.mentions.unknown.is_empty() && complete;
    let sure = match outcome.fit {
        Fit::Cent | Fit::Unearned | Fit::Tolerance => true,
        // The residual stays open. Of several documents it is unknown which one it belongs to, unless it is small: then it stays on
        // the last one due.
        Fit::Short => {
            let one = own.len() == 1;
            let small = case.payer.one().is_some() && outcome.left_open.saturating_mul(SMALL_PART) <= case.line.amount;
            !outcome.parts.is_empty() && nothing_else && (one || small) && case.equal_items().is_empty()
        }
        // The excess stays on account, unless it may be meant for something else.
        Fit::Over => {
            let others = case
                .owed()
                .iter()
                .any(|(ix, item)| item.open <= outcome.left_over && !own.iter().any(|(named, _)| named == ix));
            nothing_else && untouched && !others && case.equal_items().is_empty()
        }
    };
    if sure {
        return Verdict::Apply(explanation);
    }
    let reason = below_or_above(outcome.left_open);
    Verdict::Doubt(vec![explanation], reason)
}

const fn below_or_above(left_open: i64) -> UnappliedReason {
    if left_open > 0 { UnappliedReason::AmountBelowItems } else { UnappliedReason::AmountExceedsItems }
}

/// A selection of the named documents that the amount pays exactly, if they are few.
fn selection<'a>(case: &Case<'a>, own: &Items<'a>) -> Option<Items<'a>> {
    if own.len() < 2 || own.len() > MAX_SELECTED {
        return None;
    }
    let chosen = |bits: u32| -> Items<'a> {
        own.iter().enumerate().filter(|(at, _)| bits & (1 << at) != 0).map(|(_, one)| *one).collect()
    };
    (1..(1_u32 << own.len()) - 1).map(chosen).find(|items| case.matches_exactly(items))
}

enum Completion<'a> {
    One(Items<'a>),
    Several(Vec<Items<'a>>),
    Nothing,
}

/// Rule 4: some numbers were found; the exact rest are other items of the payer whose numbers are almost
/// in the text. An amount that matches without a trace in the text is only a suggestion: it may be a double payment or an overpayment.
fn with_others<'a>(case: &Case<'a>, own: &Items<'a>) -> Completion<'a> {
    let value = |item: &Item| item.open - case.policy.discount(item, case.line.value_on);
    let rest = case.line.amount - own.iter().map(|(_, item)| value(item)).sum::<i64>();
    let others: Items<'a> =
        case.owed().into_iter().filter(|(ix, _)| !own.iter().any(|(named, _)| named == ix)).collect();
    if rest <= 0 || others.is_empty() || !case.payer.is_certain() {
        return Completion::Nothing;
    }
    let with = |more: Items<'a>| own.iter().copied().chain(more).collect::<Items<'a>>();
    let traced = |item: &Item| matches!(case.nearness(item), Some(Nearness::Lookalike | Nearness::OneOff));
    let fitting: Items<'a> = others.iter().copied().filter(|(_, item)| value(item) == rest).collect();
    let near: Items<'a> = fitting.iter().copied().filter(|(_, item)| traced(item)).collect();
    match (near.as_slice(), fitting.as_slice()) {
        ([one], _) => return Completion::One(with(vec![*one])),
        (_, []) => {}
        (_, several) => return Completion::Several(several.iter().map(|one| with(vec![*one])).collect()),
    }
    let values: Vec<i64> = others.iter().map(|(_, item)| value(item)).collect();
    let chosen = |set: &[usize]| with(set.iter().filter_map(|at| others.get(*at).copied()).collect());
    match subset::unique(&values, rest) {
        Found::One(set) if set.iter().filter_map(|at| others.get(*at)).all(|(_, item)| traced(item)) => {
            Completion::One(chosen(&set))
        }
        Found::One(set) => Completion::Several(vec![chosen(&set)]),
        Found::Several(first, second) => Completion::Several(vec![chosen(&first), chosen(&second)]),
        Found::Nothing | Found::TooMany => Completion::Nothing,
    }
}
