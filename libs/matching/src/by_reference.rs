//! Rule 1: our own creditor references (ISO 11649) in the text.

use std::collections::BTreeSet;

use quittance_kernel::CreditorReference;

use crate::MatchRule;
use crate::UnappliedReason;
use crate::by_number::decide;
use crate::case::{Case, Verdict};
use crate::index::ItemIx;
use crate::installments;
use crate::line::Evidence;

/// Rule 1: our own creditor references.
pub(super) fn by_reference(case: &Case<'_>) -> Verdict {
    let found = CreditorReference::find_in(case.line.text);
    let mut quoted: Vec<(CreditorReference, bool)> = found
        .into_iter()
        .filter(|reference| !case.book.referenced(reference.as_str()).is_empty())
        .map(|r| (r, false))
        .collect();
    if quoted.is_empty() {
        quoted.extend(repaired(case).map(|reference| (reference, true)));
    }
    if quoted.is_empty() {
        return Verdict::Pass(Vec::new());
    }
    let rule = MatchRule::PaymentReference;
    // If one reading of the text is a prefix of another, either may be meant.
    let two_readings = quoted
        .iter()
        .any(|(long, _)| quoted.iter().any(|(short, _)| long != short && long.as_str().starts_with(short.as_str())));
    let several = |reference: &str| {
        let items = case.items(case.book.referenced(reference).iter().copied());
        items.len() > 1 && !installments::of_one_document(&items)
    };
    let ambiguous = two_readings || quoted.iter().any(|(reference, _)| several(reference.as_str()));
    let ids: BTreeSet<ItemIx> =
        quoted.iter().flat_map(|(reference, _)| case.book.referenced(reference.as_str()).iter().copied()).collect();
    let items = case.items(ids);
    let was_repaired = quoted.iter().any(|(_, repaired)| *repaired);
    let verdict = if ambiguous {
        let each = items.iter().filter(|(_, item)| item.open > 0).map(|one| case.explain_by(rule, 500, &[*one]));
        Verdict::Doubt(each.collect(), UnappliedReason::AmbiguousReference)
    } else if let Some(paid) = installments::exactly(case, &items).filter(|_| !was_repaired) {
        Verdict::Apply(case.explain_by(rule, 990, &paid))
    } else {
        decide(case, rule, &items, !was_repaired)
    };
    with_references(verdict, &quoted)
}

fn with_references(verdict: Verdict, quoted: &[(CreditorReference, bool)]) -> Verdict {
    let references =
        || quoted.iter().map(|(reference, repaired)| Evidence::Reference(reference.to_string(), *repaired));
    match verdict {
        Verdict::Apply(mut explanation) => {
            explanation.evidence.splice(0..0, references());
            Verdict::Apply(explanation)
        }
        other => other,
    }
}

/// The one reference in the book that differs from the text by a mistyped character, or by two swapped neighbours.
fn repaired(case: &Case<'_>) -> Option<CreditorReference> {
    let mut found = BTreeSet::new();
    for word in case.line.text.split(|letter: char| !letter.is_ascii_alphanumeric()) {
        let word = word.to_ascii_uppercase();
        if !word.starts_with("RF") || !(8..=25).contains(&word.len()) || CreditorReference::parse(&word).is_ok() {
            continue;
        }
        let letters = word.as_bytes();
        let swapped = (2..letters.len() - 1).map(|at| {
            let mut letters = letters.to_vec();
            letters.swap(at, at + 1);
            letters
        });
        let changed = (2..letters.len()).flat_map(|at| {
            (b'0'..=b'9').chain(b'A'..=b'Z').map(move |letter| {
                let mut letters = letters.to_vec();
                letters[at] = letter;
                letters
            })
        });
        let candidates = swapped.chain(changed).filter_map(|letters| String::from_utf8(letters).ok());
        found.extend(
            candidates
                .filter_map(|text| CreditorReference::parse(&text).ok())
                .filter(|reference| !case.book.referenced(reference.as_str()).is_empty()),
        );
    }
    let mut found = found.into_iter();
    found.next().filter(|_| found.next().is_none())
}
