//! Matching for many payments at once: a few set queries load what any of them may pay, then each is decided in order on what the ones before left.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use quittance_db::{DbError, Tx};
use quittance_kernel::{AllocationId, CreditorReference, CustomerId, PaymentId, RequestId};
use uuid::Uuid;

use super::slice_book::SliceBook;
use crate::{
    db::{self, item::Sought, payer::Owner, payment::Held},
    domain::{
        Allocation, Alternative, Payment, Refusal,
        matching::{Origin, lookups, name_core, runs},
    },
};

/// Settlements that invoicing takes in one call.
const MAX_BATCH: usize = 1_000;
/// Keys by which one payment is found again at most, and keys that one text is looked up by.
const MAX_KEYS: usize = 200;
const MAX_LOOKUPS: usize = 2_000;

/// A payment after matching, with its new allocations and what a person may choose from.
pub(crate) type Matched = Result<(Payment, Vec<Allocation>, Vec<Alternative>), Refusal>;

/// An account as it is compared: without blanks, in capitals.
pub(crate) fn account_key(account: &str) -> String {
    account.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_uppercase).collect()
}

/// By what a payment is looked up.
struct Names {
    numbers: Vec<String>,
    references: Vec<String>,
    account: String,
    name: String,
}

impl Names {
    fn of(payment: &Payment) -> Self {
        let references =
            CreditorReference::find_in(&payment.text).iter().map(|reference| reference.as_str().to_owned()).collect();
        let advice = payment.advice.iter().map(|line| line.number.as_str());
        let texts = std::iter::once(payment.text.as_str()).chain(advice);
        let numbers: BTreeSet<String> =
            texts.flat_map(|text| lookups(&runs(text))).map(|(_, key)| key).take(MAX_LOOKUPS).collect();
        Self {
            numbers: numbers.into_iter().collect(),
            references,
            account: account_key(&payment.payer_account),
            name: name_core(&payment.payer_name),
        }
    }
}

/// By what an unapplied payment is found again when invoicing tells something new: what its text may name, its payer's account and name, its customer.
pub(crate) fn keys(payment: &Payment) -> Vec<(PaymentId, String)> {
    let names = Names::of(payment);
    let customer = payment.customer.map(|customer| customer.to_string());
    let certain = names.references.into_iter().chain([names.account, names.name]).chain(customer);
    let mut numbers = names.numbers;
    // The longest say most.
    numbers.sort_by_key(|number| std::cmp::Reverse(number.len()));
    let keys: BTreeSet<String> = certain.chain(numbers).filter(|key| !key.is_empty()).take(MAX_KEYS).collect();
    keys.into_iter().map(|key| (payment.id, key)).collect()
}

/// Who may have paid what of the slice, by account and by name.
struct Payers {
    by_account: HashMap<String, Vec<CustomerId>>,
    by_name: HashMap<String, Vec<CustomerId>>,
}

impl Payers {
    fn of(&self, payment: &Payment, names: &Names) -> Vec<CustomerId> {
        if let Some(customer) = payment.customer {
            return vec![customer];
        }
        let by_account = self.by_account.get(&names.account).into_iter().flatten();
        let by_name = self.by_name.get(&names.name).into_iter().flatten();
        by_account.chain(by_name).copied().collect()
    }
}

/// Proposes and allocates for each payment, in order. Allocations are pending and need their batches: see [`into_batches`].
pub(crate) async fn match_all(
    tx: &mut Tx,
    payments: Vec<Payment>,
    now: DateTime<Utc>,
) -> Result<Vec<Matched>, DbError> {
    if payments.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<Names> = payments.iter().map(Names::of).collect();
    let mut book = SliceBook::new(db::policy::find(tx).await?);
    for customer in payments.iter().filter_map(|payment| payment.customer) {
        book.customer(customer);
    }
    let payers = add_payers(tx, &mut book, &payments, &names).await?;
    add_named(tx, &mut book, &names).await?;
    add_owed(tx, &mut book, &payments, &names, &payers).await?;
    for earlier in db::payment::applied_alike(tx, &payments).await? {
        book.remember(&earlier);
    }
    let matched = payments.into_iter().map(|payment| {
        let mut finding = book.decide(&payment);
        let alternatives = std::mem::take(&mut finding.alternatives);
        // The batch is a stand-in until the slice is cut into batches.
        let (payment, allocations) = payment.matched(finding, RequestId::at(now), || AllocationId::at(now))?;
        Ok((payment, allocations, alternatives))
    });
    Ok(matched.collect())
}

/// Who pays from the slice's accounts and under its names.
async fn add_payers(
    tx: &mut Tx,
    book: &mut SliceBook,
    payments: &[Payment],
    names: &[Names],
) -> Result<Payers, DbError> {
    let unknown =
        || payments.iter().zip(names).filter(|(payment, _)| payment.customer.is_none()).map(|(_, names)| names);
    let accounts: BTreeSet<String> = unknown().map(|n| n.account.clone()).filter(|key| !key.is_empty()).collect();
    let wanted: BTreeSet<String> = unknown().map(|n| n.name.clone()).filter(|key| !key.is_empty()).collect();
    let mut payers = Payers { by_account: HashMap::new(), by_name: HashMap::new() };
    if !accounts.is_empty() {
        let owners = db::payer::of_accounts(tx, &accounts.into_iter().collect::<Vec<_>>()).await?;
        book.add_accounts(&owners);
        for Owner { customer, key, .. } in owners {
            payers.by_account.entry(key).or_default().push(customer);
        }
    }
    if !wanted.is_empty() {
        let wanted: Vec<String> = wanted.into_iter().collect();
        for Owner { customer, key, origin } in db::payer::of_names(tx, &wanted).await? {
            book.add_name(customer, &key, origin);
            payers.by_name.entry(key).or_default().push(customer);
        }
        let alike = db::payer::alike(tx, &wanted).await?;
        for (customer, name) in db::payer::names(tx, &alike).await? {
            book.add_name(customer, &name, Origin::Record);
            payers.by_name.entry(name_core(&name)).or_default().push(customer);
        }
    }
    Ok(payers)
}

/// The items that the slice's texts may name.
async fn add_named(tx: &mut Tx, book: &mut SliceBook, names: &[Names]) -> Result<(), DbError> {
    let keys: BTreeSet<String> = names.iter().flat_map(|n| n.numbers.iter().cloned()).collect();
    let references: BTreeSet<String> = names.iter().flat_map(|n| n.references.iter().cloned()).collect();
    if keys.is_empty() && references.is_empty() {
        return Ok(());
    }
    let sought =
        Sought { keys: keys.into_iter().collect(), references: references.into_iter().collect(), ..Sought::default() };
    book.add_items(db::item::find(tx, &sought).await?);
    Ok(())
}

/// What the payers owe, where what was named does not decide by itself.
async fn add_owed(
    tx: &mut Tx,
    book: &mut SliceBook,
    payments: &[Payment],
    names: &[Names],
    payers: &Payers,
) -> Result<(), DbError> {
    let mut customers: BTreeSet<CustomerId> = BTreeSet::new();
    for (payment, names) in payments.iter().zip(names) {
        let payers = payers.of(payment, names);
        if !payers.is_empty() && !book.stands_alone(payment, &book.propose(payment), &payers) {
            customers.extend(payers);
        }
    }
    if customers.is_empty() {
        return Ok(());
    }
    let sought = Sought { customers: customers.into_iter().collect(), ..Sought::default() };
    book.add_items(db::item::find(tx, &sought).await?);
    Ok(())
}

/// Cuts allocations into batches that invoicing takes in one call each.
pub(crate) fn into_batches(allocations: &mut [Allocation], now: DateTime<Utc>) {
    for chunk in allocations.chunks_mut(MAX_BATCH) {
        let batch = RequestId::at(now);
        for allocation in chunk {
            allocation.batch = batch;
        }
    }
}

/// How long after it was recorded an unapplied payment is looked at once more: an invoice may have become known in a transaction that did not see the
/// payment, nor the payment's the invoice.
fn second_look() -> chrono::Duration {
    chrono::Duration::seconds(2)
}

/// New payments with their allocations, matched and written. `envelopes` tells what came together.
pub(crate) async fn record_matched(
    tx: &mut Tx,
    payments: Vec<Payment>,
    envelopes: &HashMap<PaymentId, Uuid>,
    now: DateTime<Utc>,
) -> Result<Vec<Result<Payment, Refusal>>, DbError> {
    let (mut allocations, mut held, mut results, mut reviews) =
        (Vec::new(), Vec::with_capacity(payments.len()), Vec::with_capacity(payments.len()), Vec::new());
    for matched in match_all(tx, payments, now).await? {
        results.push(matched.map(|(payment, mut new, alternatives)| {
            allocations.append(&mut new);
            if !alternatives.is_empty() {
                reviews.push((payment.id, alternatives));
            }
            let match_due_at = (!payment.unapplied.is_zero()).then(|| now + second_look());
            let envelope = envelopes.get(&payment.id).copied();
            held.push(Held { payment: payment.clone(), by_hand: false, refusals: 0, match_due_at, envelope });
            payment
        }));
    }
    into_batches(&mut allocations, now);
    let waiting = held.iter().map(|held| &held.payment).filter(|payment| !payment.unapplied.is_zero());
    let keys: Vec<(PaymentId, String)> = waiting.flat_map(keys).collect();
    db::payment::insert_all(tx, &held).await?;
    db::allocation::insert_all(tx, &allocations, now).await?;
    db::sought_key::insert(tx, &keys).await?;
    db::review::put(tx, &reviews, now).await?;
    Ok(results)
}
