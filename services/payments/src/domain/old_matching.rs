//! Cash application: which items a payment pays. The rules are tried in order and the first that finds something
//! decides. Wrong is worse than waiting, so whatever is not certain stays unapplied, with the reason.

use std::collections::HashSet;

use chrono::NaiveDate;
use quittance_kernel::{CreditorReference, Currency, CustomerId, ItemId, Money, Rounding, Terms};

use super::allocation::{Share, counts_on};
use super::outcome::{MatchRule, UnappliedReason};
use super::text;

/// Of more items than this that could each earn a discount, either all took it or none did; with fewer, every
/// combination is tried (at most 4,096).
const MAX_COMBINED_DISCOUNTS: usize = 12;

/// What matching looks at in a payment.
#[derive(Debug, Clone, Copy)]
pub struct MoneyIn<'a> {
    /// Who paid, where the caller knows.
    pub customer: Option<CustomerId>,
    /// How much. Positive.
    pub amount: Money,
    /// The day the money counts.
    pub received_on: NaiveDate,
    /// IBAN or local account of the payer; empty where unknown.
    pub payer_account: &'a str,
    /// Remittance information.
    pub text: &'a str,
}

/// An item that the payment might pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The item.
    pub item: ItemId,
    /// Who owes it.
    pub customer: CustomerId,
    /// The document's number.
    pub number: String,
    /// Our ISO 11649 reference on the document.
    pub payment_reference: Option<String>,
    /// When the document was issued.
    pub issued_on: NaiveDate,
    /// When it is due.
    pub due_on: NaiveDate,
    /// What is still owed, less what other payments have pending on it. Zero for a closed item.
    pub open: Money,
    /// What was owed at first.
    pub total: Money,
    /// Its payment terms.
    pub terms: Terms,
}

/// What the store found for a payment. An item may stand in several lists.
#[derive(Debug, Clone, Default)]
pub struct Candidates {
    /// Items, open or not, with a reference that [`CreditorReference::find_in`] finds in the text.
    pub by_reference: Vec<Candidate>,
    /// Items, open or not, with a number of [`text::candidate_numbers`].
    pub by_number: Vec<Candidate>,
    /// Open items of the payer.
    pub of_payer: Vec<Candidate>,
    /// The payer as recognised by its account.
    pub payer: Option<CustomerId>,
}

/// What matching makes of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The decisive rule: what it found decides, even where nothing can be applied. `None`: nothing was found.
    pub rule: Option<MatchRule>,
    /// What it rests on: references or numbers from the text, or the payer's item and account.
    pub evidence: Vec<String>,
    /// What to apply, the earliest due first. Together at most the payment's amount.
    pub allocations: Vec<Share>,
    /// Why money is left; `None` where nothing is.
    pub unapplied_reason: Option<UnappliedReason>,
    /// Who paid: the payer where it is known, else the one customer of all items that were found.
    pub customer: Option<CustomerId>,
}

/// The items a text names.
struct Named<'a> {
    rule: MatchRule,
    evidence: Vec<String>,
    /// Each once.
    items: Vec<&'a Candidate>,
    /// A number or reference belongs to more than one of them.
    ambiguous: bool,
}

/// What to apply, or why nothing is applied; with shares, why some is left.
type Decision = (Vec<Share>, Option<UnappliedReason>);

/// Decides which items the payment pays.
pub fn propose(payment: &MoneyIn<'_>, book: &Candidates) -> Proposal {
    let payer = payment.customer.or(book.payer);
    let named =
        named_by_reference(payment.text, &book.by_reference).or_else(|| named_by_number(payment.text, &book.by_number));
    let Some(named) = named else { return propose_for_payer(payment, payer, book) };
    let (allocations, unapplied_reason) = decide(payment, &named);
    let Named { rule, evidence, items, .. } = named;
    Proposal {
        rule: Some(rule),
        evidence,
        allocations,
        unapplied_reason,
        customer: payer.or_else(|| one_customer(&items)),
    }
}

/// Rule 1: our own references in the text.
fn named_by_reference<'a>(text: &str, candidates: &'a [Candidate]) -> Option<Named<'a>> {
    let has = |item: &Candidate, reference: &CreditorReference| {
        item.payment_reference.as_deref().and_then(|own| CreditorReference::parse(own).ok()).as_ref() == Some(reference)
    };
    let references = CreditorReference::find_in(text);
    let quoted: Vec<&CreditorReference> =
        references.iter().filter(|reference| candidates.iter().any(|item| has(item, reference))).collect();
    // Where one reading of the text begins with another, it is open which of the two was meant.
    let two_readings = quoted.iter().any(|long| {
        quoted
            .iter()
            .any(|short| long.as_str().len() > short.as_str().len() && long.as_str().starts_with(short.as_str()))
    });
    let evidence = quoted.iter().map(ToString::to_string).collect();
    let mut named =
        collect(MatchRule::PaymentReference, evidence, &quoted, candidates, |item, quoted| has(item, quoted))?;
    named.ambiguous |= two_readings;
    Some(named)
}

/// Rule 2: exact document numbers in the text.
fn named_by_number<'a>(text: &str, candidates: &'a [Candidate]) -> Option<Named<'a>> {
    let numbers: Vec<&str> = candidates.iter().map(|item| item.number.as_str()).collect();
    let named = text::mentions(text, &numbers);
    let evidence = named.iter().map(ToString::to_string).collect();
    collect(MatchRule::DocumentNumber, evidence, &named, candidates, |item, number| item.number == **number)
}

/// The items that any of the keys means; `None` if there is none.
fn collect<'a, Key>(
    rule: MatchRule,
    evidence: Vec<String>,
    keys: &[Key],
    candidates: &'a [Candidate],
    means: impl Fn(&Candidate, &Key) -> bool,
) -> Option<Named<'a>> {
    let mut seen = HashSet::new();
    let mut items = Vec::new();
    let mut ambiguous = false;
    for key in keys {
        let ids: HashSet<ItemId> = candidates.iter().filter(|item| means(item, key)).map(|item| item.item).collect();
        ambiguous |= ids.len() > 1;
        items.extend(candidates.iter().filter(|item| ids.contains(&item.item) && seen.insert(item.item)));
    }
    (!items.is_empty()).then_some(Named { rule, evidence, items, ambiguous })
}

/// What is applied to items that the text names.
fn decide(payment: &MoneyIn<'_>, named: &Named<'_>) -> Decision {
    if named.ambiguous {
        return (Vec::new(), Some(UnappliedReason::AmbiguousReference));
    }
    if named.items.iter().any(|item| item.open.currency() != payment.amount.currency()) {
        return (Vec::new(), Some(UnappliedReason::CurrencyDiffers));
    }
    let mut open: Vec<&Candidate> = named.items.iter().copied().filter(|item| item.open.is_positive()).collect();
    open.sort_by_key(|item| (item.due_on, item.number.as_str(), item.item));
    if open.is_empty() {
        return (Vec::new(), Some(UnappliedReason::ItemAlreadyPaid));
    }
    if let Some(shares) = close_all(payment, &open) {
        let applied: i128 = shares.iter().map(|share| share.amount.to_minor()).sum();
        let left = (applied < payment.amount.to_minor()).then_some(UnappliedReason::AmountExceedsItems);
        return (shares, left);
    }
    match named.items[..] {
        // The text names this one document and no other: a part payment.
        [only] => (vec![share(payment, only, payment.amount, None)], None),
        _ => (Vec::new(), Some(UnappliedReason::AmountBelowItems)),
    }
}

/// Shares that close every item, some of them with their discount; `None` if the amount is too small. Money beyond the
/// items' sum is left over; a discount is taken only where the amount then fits to the cent.
fn close_all(payment: &MoneyIn<'_>, open: &[&Candidate]) -> Option<Vec<Share>> {
    let sum: i128 = open.iter().map(|item| item.open.to_minor()).sum();
    let shortfall = sum - payment.amount.to_minor();
    if shortfall <= 0 {
        return Some(open.iter().map(|item| share(payment, item, item.open, None)).collect());
    }
    let discounts: Vec<Option<Money>> = open.iter().map(|item| discount(item, payment.received_on)).collect();
    let taken = discounts_that_sum_to(&discounts, shortfall)?;
    let closing = open.iter().zip(taken).map(|(item, discount)| {
        let amount = discount.map_or(Ok(item.open), |discount| item.open.checked_sub(discount)).ok()?;
        amount.is_positive().then(|| share(payment, item, amount, discount))
    });
    closing.collect()
}

/// Which discounts were taken, each whole or not at all, so that they sum to the shortfall; `None` if no combination
/// does, or more than one.
fn discounts_that_sum_to(discounts: &[Option<Money>], shortfall: i128) -> Option<Vec<Option<Money>>> {
    let all: i128 = discounts.iter().flatten().map(|discount| discount.to_minor()).sum();
    if all == shortfall {
        return Some(discounts.to_vec());
    }
    let earned = discounts.iter().flatten().count();
    if all < shortfall || earned > MAX_COMBINED_DISCOUNTS {
        return None;
    }
    let taken_in = |combination: u32| {
        let mut bit = 1;
        discounts.iter().map(move |discount| {
            let taken = discount.filter(|_| combination & bit != 0);
            bit <<= u32::from(discount.is_some());
            taken
        })
    };
    let sum = |combination: &u32| taken_in(*combination).flatten().map(Money::to_minor).sum::<i128>();
    let mut fitting = (1..1_u32 << earned).filter(|combination| sum(combination) == shortfall);
    let first = fitting.next()?;
    fitting.next().is_none().then(|| taken_in(first).collect())
}

/// The discount for paying the whole item on this day: the percentage its terms allow, of the total, a half cent rounded
/// up. Only for an item on which nothing was paid yet.
pub fn discount(item: &Candidate, paid_on: NaiveDate) -> Option<Money> {
    let allowed = item.terms.discount_on(item.issued_on, paid_on).filter(|_| item.open == item.total)?;
    item.total.times(allowed.percent.fraction(), Rounding::HalfUp).ok().filter(|discount| discount.is_positive())
}

/// Rule 3: the payer is known and exactly one open item of it has this amount.
fn propose_for_payer(payment: &MoneyIn<'_>, payer: Option<CustomerId>, book: &Candidates) -> Proposal {
    let nothing = |reason| Proposal {
        rule: None,
        evidence: Vec::new(),
        allocations: Vec::new(),
        unapplied_reason: Some(reason),
        customer: payer,
    };
    let Some(known) = payer else { return nothing(UnappliedReason::NoReferenceNoPayer) };
    let mut seen = HashSet::new();
    let owed: Vec<&Candidate> = book
        .of_payer
        .iter()
        .filter(|item| item.customer == known && item.open.is_positive() && seen.insert(item.item))
        .collect();
    if owed.is_empty() {
        return nothing(UnappliedReason::PayerHasNoOpenItem);
    }
    let in_currency = |currency: Currency| move |item: &&&Candidate| item.open.currency() == currency;
    let mut comparable = owed.iter().filter(in_currency(payment.amount.currency())).peekable();
    if comparable.peek().is_none() {
        return nothing(UnappliedReason::CurrencyDiffers);
    }
    let mut equal = comparable.filter_map(|item| share_that_fits(payment, item));
    let (Some(share), None) = (equal.next(), equal.next()) else {
        return nothing(UnappliedReason::NoSingleEqualItem);
    };
    let mut evidence = vec![share.number.clone()];
    if payment.customer.is_none() {
        evidence.push(payment.payer_account.to_owned());
    }
    Proposal {
        rule: Some(MatchRule::PayerAndAmount),
        evidence,
        allocations: vec![share],
        unapplied_reason: None,
        customer: payer,
    }
}

/// The share that closes the item with exactly this money, with or without its discount.
fn share_that_fits(payment: &MoneyIn<'_>, item: &Candidate) -> Option<Share> {
    let shares = close_all(payment, &[item])?;
    shares.into_iter().next().filter(|share| share.amount == payment.amount)
}

fn share(payment: &MoneyIn<'_>, item: &Candidate, amount: Money, discount: Option<Money>) -> Share {
    Share {
        item: item.item,
        customer: item.customer,
        number: item.number.clone(),
        amount,
        discount,
        effective_on: counts_on(payment.received_on, item.issued_on),
    }
}

/// The customer of the items, if all have the same.
fn one_customer(items: &[&Candidate]) -> Option<CustomerId> {
    let customer = items.first()?.customer;
    items.iter().all(|item| item.customer == customer).then_some(customer)
}

#[cfg(test)]
#[path = "old_matching_tests.rs"]
mod tests;
