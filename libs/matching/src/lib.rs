//! Cash application: which items a payment pays, and why. Rules are tried in order; the first that decides wins.
//! A wrong match is worse than a late one: uncertain cases are left to a person, with all explanations found.
//!
//! The order is: our own reference; structured remittance information; document numbers in the text; the payer and
//! numbers found in part or mistyped; the payer and a single item; the payer and a unique set of items; the payer's
//! balance; a similar name; the seller's policy.

mod book;
mod by_number;
mod by_payer;
mod by_reference;
mod by_tail;
mod case;
mod index;
mod installments;
mod line;
mod lists;
mod match_rule;
mod mention;
mod mentions;
mod names;
mod near;
mod number;
mod order;
mod payer;
mod settle;
mod subset;
mod unapplied_reason;
mod words;

pub use book::{Book, Item, ItemKind, Tier, account_key};
pub use index::{CustomerIx, ItemIx, Origin};
pub use line::{AdviceLine, Decision, Evidence, Explanation, MoneyIn, Part, Proposal};
pub use match_rule::MatchRule;
pub use names::{name_core, name_key};
pub use number::{Number, lookups, runs};
pub use order::{by_due_date, by_priority};
pub use settle::{Fallback, Fit, MAX_AMOUNT, Outcome, Policy, minor, settle};
pub use unapplied_reason::UnappliedReason;

use self::case::{Case, Verdict};

/// Rules in the order they are tried.
const RULES: [fn(&Case<'_>) -> Verdict; 8] = [
    by_reference::by_reference,
    by_number::by_advice,
    by_number::by_numbers,
    by_payer::by_single_item,
    by_payer::by_subset,
    by_payer::by_balance,
    by_payer::by_similar_name,
    by_payer::by_fallback,
];
/// The most alternatives stored.
const MAX_ALTERNATIVES: usize = 10;

/// Decides how to apply incoming money.
pub fn propose(line: &MoneyIn<'_>, book: &Book, policy: &Policy) -> Proposal {
    let case = Case::new(line, book, policy);
    let mut suggested = Vec::new();
    for rule in RULES {
        match rule(&case) {
            Verdict::Apply(best) => return applied(&case, best, suggested),
            Verdict::Doubt(explanations, reason) => {
                suggested.splice(0..0, explanations.into_iter().map(|explanation| explanation.doubted(reason)));
                return waiting(&case, suggested, reason);
            }
            Verdict::Pass(explanations) => suggested.extend(explanations),
        }
    }
    let reason = unexplained(&case);
    waiting(&case, suggested, reason)
}

fn applied(case: &Case<'_>, best: Explanation, mut alternatives: Vec<Explanation>) -> Proposal {
    let owners = best.parts.iter().filter_map(|part| case.book.item(part.item)).map(|item| item.customer);
    let first = owners.clone().next();
    let one_owner = first.filter(|first| owners.clone().all(|owner| owner == *first));
    alternatives.truncate(MAX_ALTERNATIVES);
    let reason = (best.left_over > 0).then_some(UnappliedReason::AmountExceedsItems);
    Proposal {
        decision: Decision::Apply,
        customer: case.payer.one().or(one_owner),
        best: Some(best),
        alternatives,
        reason,
    }
}

fn waiting(case: &Case<'_>, mut explanations: Vec<Explanation>, reason: UnappliedReason) -> Proposal {
    explanations.sort_by_key(|explanation| std::cmp::Reverse(explanation.score));
    explanations.truncate(MAX_ALTERNATIVES);
    let review = !explanations.is_empty() || !matches!(reason, UnappliedReason::NoReferenceNoPayer);
    Proposal {
        decision: if review { Decision::Review } else { Decision::Nothing },
        best: None,
        alternatives: explanations,
        reason: Some(reason),
        customer: case.payer.one(),
    }
}

/// The reason when nothing was found.
fn unexplained(case: &Case<'_>) -> UnappliedReason {
    let customers = &case.payer.customers;
    if customers.is_empty() {
        UnappliedReason::NoReferenceNoPayer
    } else if !customers.iter().any(|customer| case.book.owes(*customer)) {
        UnappliedReason::PayerHasNoOpenItem
    } else if case.owed().is_empty() {
        let in_currency = |customer| case.book.owed(customer, case.line.currency).next().is_some();
        if customers.iter().copied().any(in_currency) {
            UnappliedReason::PaidBeforeIssue
        } else {
            UnappliedReason::CurrencyDiffers
        }
    } else {
        UnappliedReason::NoSingleEqualItem
    }
}

#[cfg(test)]
mod settle_tests;
#[cfg(test)]
mod settle_vectors_tests;
#[cfg(test)]
mod stored_keys_tests;
#[cfg(test)]
mod tests;
