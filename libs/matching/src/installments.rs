//! Documents in installments: several items have one number and one reference, and are paid in the order of their due dates, as people do.

use std::collections::{BTreeMap, BTreeSet};

use crate::book::Item;
use crate::case::Case;
use crate::index::ItemIx;

type Items<'a> = Vec<(ItemIx, &'a Item)>;

/// What naming these items may mean: each whole document alone; of a document in installments those that are open up to each, or a later one alone.
pub(super) fn choices(case: &Case<'_>, named: &[ItemIx]) -> Vec<Vec<ItemIx>> {
    let mut whole: Vec<Vec<ItemIx>> = Vec::new();
    let mut parts: BTreeMap<u128, Items<'_>> = BTreeMap::new();
    for (ix, item) in case.items(named.iter().copied()) {
        match item.part_of {
            None => whole.push(vec![ix]),
            Some(document) => parts.entry(document).or_default().push((ix, item)),
        }
    }
    let of_documents = parts.into_values().flat_map(|mut items| {
        items.retain(|(_, item)| item.open > 0);
        items.sort_by_key(|(ix, item)| (item.due_on, *ix));
        let ids: Vec<ItemIx> = items.into_iter().map(|(ix, _)| ix).collect();
        let up_to_each = (1..=ids.len()).filter_map(|count| ids.get(..count)).map(<[ItemIx]>::to_vec);
        let alone = ids.iter().skip(1).map(|ix| vec![*ix]);
        up_to_each.chain(alone).collect::<Vec<_>>()
    });
    whole.into_iter().chain(of_documents).collect()
}

/// Whether several items are all of one document.
pub(super) fn of_one_document(items: &[(ItemIx, &Item)]) -> bool {
    let first = items.first().and_then(|(_, item)| item.part_of);
    items.len() > 1 && first.is_some() && items.iter().all(|(_, item)| item.part_of == first)
}

/// Of sets of items of the same documents the one that is due first; `None` if they are of different ones.
pub(super) fn due_first<'a>(sets: &[Items<'a>]) -> Option<Items<'a>> {
    // A whole document is one by itself.
    let documents = |items: &Items<'a>| -> BTreeSet<(Option<u128>, Option<ItemIx>)> {
        items.iter().map(|(ix, item)| (item.part_of, item.part_of.is_none().then_some(*ix))).collect()
    };
    let first = documents(sets.first()?);
    let same = sets.iter().all(|items| documents(items) == first);
    let due = |items: &&Items<'a>| -> Vec<_> { items.iter().map(|(ix, item)| (item.due_on, *ix)).collect() };
    sets.iter().filter(|_| same).min_by_key(due).cloned()
}

/// The open installments of the one document that these are of which the amount pays exactly, those due first.
pub(super) fn exactly<'a>(case: &Case<'a>, items: &[(ItemIx, &'a Item)]) -> Option<Items<'a>> {
    if !of_one_document(items) {
        return None;
    }
    let ids: Vec<ItemIx> = items.iter().map(|(ix, _)| *ix).collect();
    let sets: Vec<Items<'a>> = choices(case, &ids).into_iter().map(|ids| case.items(ids)).collect();
    let fitting: Vec<Items<'a>> = sets.into_iter().filter(|items| case.matches_exactly(items)).collect();
    due_first(&fitting)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use quittance_kernel::{CreditorReference, Currency, parse_date};

    use crate::{
        Book, CustomerIx, Decision, Item, ItemKind, MoneyIn, Number, Origin, Policy, Proposal, Tier, UnappliedReason,
        propose,
    };

    fn day(text: &str) -> NaiveDate {
        parse_date(text).unwrap()
    }

    /// A customer who owes an invoice in installments of these amounts, due a month after the other, and what is given beside it.
    fn book(amounts: &[i64], others: &[(&str, i64)]) -> Book {
        let mut book = Book::new();
        let ada = book.add_customer("Ada");
        book.add_account(ada, "ACCOUNT", Origin::Record);
        for (month, amount) in (1..).zip(amounts) {
            book.add_item(item(ada, "INV-000007", *amount, &format!("2026-{month:02}-28"), Some(7)));
        }
        for (number, amount) in others {
            book.add_item(item(ada, number, *amount, "2026-06-30", None));
        }
        book
    }

    fn item(customer: CustomerIx, number: &str, minor: i64, due_on: &str, part_of: Option<u128>) -> Item {
        Item {
            customer,
            number: Number::new(number),
            reference: CreditorReference::from_base(number),
            currency: Currency::EUR,
            kind: ItemKind::Invoice,
            issued_on: day("2026-01-01"),
            due_on: day(due_on),
            open: minor,
            total: minor,
            tiers: vec![Tier { until: day("2026-01-05"), amount: 100 }],
            paid_on: None,
            tolerates: true,
            part_of,
        }
    }

    fn look(book: &Book, minor: i64, text: &str) -> Proposal {
        let line = MoneyIn {
            customer: None,
            currency: Currency::EUR,
            amount: minor,
            value_on: day("2026-02-15"),
            payer_name: "",
            payer_account: "ACCOUNT",
            text,
            advice: &[],
        };
        propose(&line, book, &Policy::default())
    }

    /// The due dates of what is paid; none where a person decides.
    fn paid(book: &Book, minor: i64, text: &str) -> Vec<String> {
        let proposal = look(book, minor, text);
        let best = proposal.best.as_ref().filter(|_| proposal.decision == Decision::Apply);
        let parts = best.iter().flat_map(|best| &best.parts);
        parts.map(|part| book.item(part.item).unwrap().due_on.to_string()).collect()
    }

    const TEXTS: [&str; 3] = ["INV-000007", "second rate of invoice 000007", ""];

    #[test]
    fn an_amount_pays_the_installments_that_are_due_first() {
        let book = book(&[10000, 10000, 10000, 5000], &[]);
        for text in TEXTS {
            assert_eq!(paid(&book, 10000, text), ["2026-01-28"], "{text}");
            assert_eq!(paid(&book, 35000, text), ["2026-01-28", "2026-02-28", "2026-03-28", "2026-04-28"], "{text}");
            assert_eq!(paid(&book, 5000, text), ["2026-04-28"], "one alone: {text}");
        }
        for text in TEXTS.into_iter().filter(|text| !text.is_empty()) {
            assert_eq!(paid(&book, 20000, text), ["2026-01-28", "2026-02-28"], "{text}");
        }
        let reference = CreditorReference::from_base("INV-000007").unwrap();
        assert_eq!(paid(&book, 20000, reference.as_str()), ["2026-01-28", "2026-02-28"]);
        assert_eq!(paid(&book, 10000, reference.as_str()), ["2026-01-28"]);
    }

    #[test]
    fn what_was_paid_is_not_paid_again() {
        let mut book = book(&[10000, 10000, 10000], &[]);
        let first = book.items().next().unwrap().0;
        book.reduce(first, 10000, day("2026-02-01"));
        assert_eq!(paid(&book, 10000, "INV-000007"), ["2026-02-28"]);
        assert_eq!(paid(&book, 20000, "INV-000007"), ["2026-02-28", "2026-03-28"]);
    }

    #[test]
    fn an_installment_is_paid_together_with_other_documents() {
        let book = book(&[10000, 10000], &[("INV-000009", 3000)]);
        assert_eq!(paid(&book, 13000, "INV-000007 and INV-000009"), ["2026-01-28", "2026-06-30"]);
        assert_eq!(paid(&book, 23000, "INV-000007, INV-000009"), ["2026-01-28", "2026-02-28", "2026-06-30"]);
    }

    #[test]
    fn another_amount_waits_for_a_person() {
        let book = book(&[10000, 10000, 10000], &[]);
        let proposal = look(&book, 14000, "INV-000007");
        assert_eq!(proposal.decision, Decision::Review);
        assert_eq!(proposal.reason, Some(UnappliedReason::AmountBelowItems));
        // An equal document of another number is another choice.
        let twin = book_with_twin();
        assert_eq!(paid(&twin, 10000, ""), Vec::<String>::new());
    }

    fn book_with_twin() -> Book {
        book(&[10000, 10000], &[("INV-000009", 10000)])
    }
}
