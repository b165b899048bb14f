//! Matching of a batch of payments: a few set queries load all candidate items, then the payments are decided in order, each after the ones before.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use quittance_db::{DbError, Tx};
use quittance_events::Event;
use quittance_kernel::{AllocationId, CreditorReference, CustomerId, PaymentId, RequestId};
use quittance_matching::{Origin, account_key, lookups, name_core, runs};
use uuid::Uuid;

use super::{Recorded, Write, match_input::MatchInput};
use crate::{
    db::{self, item::ItemQuery, payer::Owner, payment::StoredPayment},
    domain::{Allocation, Alternative, Payment, Refusal},
    outbox,
};

/// The most settlements of one call to invoicing.
const MAX_BATCH: usize = 1_000;
/// The most match keys of one payment, and the most lookup keys of one text.
const MAX_KEYS: usize = 200;
const MAX_LOOKUPS: usize = 2_000;

/// A payment after matching, with its new allocations and alternatives for review.
pub(crate) type Matched = Result<(Payment, Vec<Allocation>, Vec<Alternative>), Refusal>;

/// The lookup keys of a payment.
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

/// The match keys of an unapplied payment, by which it is found again when invoicing publishes something new: from its text, account, payer name and customer.
pub(crate) fn keys(payment: &Payment) -> Vec<(PaymentId, String)> {
    let names = Names::of(payment);
    let customer = payment.customer.map(|customer| customer.to_string());
    let certain = names.references.into_iter().chain([names.account, names.name]).chain(customer);
    let mut numbers = names.numbers;
    // The longest are the most specific.
    numbers.sort_by_key(|number| std::cmp::Reverse(number.len()));
    let keys: BTreeSet<String> = certain.chain(numbers).filter(|key| !key.is_empty()).take(MAX_KEYS).collect();
    keys.into_iter().map(|key| (payment.id, key)).collect()
}

/// The candidate payers of the batch, by account and by name.
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

/// Matches and allocates each payment, in order. The pending allocations still need batch ids: see [`into_batches`].
pub(crate) async fn match_all(
    tx: &mut Tx,
    payments: Vec<Payment>,
    now: DateTime<Utc>,
) -> Result<Vec<Matched>, DbError> {
    if payments.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<Names> = payments.iter().map(Names::of).collect();
    let tolerances = db::tolerance::in_force(tx, now).await?;
    let mut book = MatchInput::new(db::policy::find(tx).await?, tolerances);
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
        // A placeholder until the allocations are split into batches.
        let (payment, mut allocations) = payment.matched(finding, RequestId::at(now), || AllocationId::at(now))?;
        for allocation in &mut allocations {
            allocation.tolerance_policy = book.tolerance_policy();
        }
        Ok((payment, allocations, alternatives))
    });
    Ok(matched.collect())
}

/// Loads the candidate payers by account and name.
async fn add_payers(
    tx: &mut Tx,
    book: &mut MatchInput,
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

/// Loads the items that the batch's texts may name.
async fn add_named(tx: &mut Tx, book: &mut MatchInput, names: &[Names]) -> Result<(), DbError> {
    let keys: BTreeSet<String> = names.iter().flat_map(|n| n.numbers.iter().cloned()).collect();
    let references: BTreeSet<String> = names.iter().flat_map(|n| n.references.iter().cloned()).collect();
    if keys.is_empty() && references.is_empty() {
        return Ok(());
    }
    let query = ItemQuery {
        keys: keys.into_iter().collect(),
        references: references.into_iter().collect(),
        ..ItemQuery::default()
    };
    book.add_items(db::item::find(tx, &query).await?);
    Ok(())
}

/// Loads the payers' open items, if named documents alone do not decide.
async fn add_owed(
    tx: &mut Tx,
    book: &mut MatchInput,
    payments: &[Payment],
    names: &[Names],
    payers: &Payers,
) -> Result<(), DbError> {
    let mut customers: BTreeSet<CustomerId> = BTreeSet::new();
    for (payment, names) in payments.iter().zip(names) {
        let payers = payers.of(payment, names);
        if !payers.is_empty() && !book.is_independent(payment, &book.propose(payment), &payers) {
            customers.extend(payers);
        }
    }
    if customers.is_empty() {
        return Ok(());
    }
    let query = ItemQuery { customers: customers.into_iter().collect(), ..ItemQuery::default() };
    book.add_items(db::item::find(tx, &query).await?);
    Ok(())
}

/// Splits allocations into batches for one call to invoicing each.
pub(crate) fn into_batches(allocations: &mut [Allocation], now: DateTime<Utc>) {
    for chunk in allocations.chunks_mut(MAX_BATCH) {
        let batch = RequestId::at(now);
        for allocation in chunk {
            allocation.batch = batch;
        }
    }
}

/// When an unapplied payment is matched once more after it was recorded: an invoice may have been projected in a transaction that did not see the
/// payment, nor the payment's the invoice.
fn rematch_delay() -> chrono::Duration {
    chrono::Duration::seconds(2)
}

/// A new payment, and the event of its review where it waits for a person.
pub(crate) type NewlyRecorded = (Recorded, Option<Event>);

/// Records new payments with their allocations, matched and saved. `envelopes` has the bank file entry of each, if any.
pub(crate) async fn record_matched(
    w: &mut Write<'_>,
    payments: Vec<Payment>,
    envelopes: &HashMap<PaymentId, Uuid>,
) -> Result<Vec<Result<NewlyRecorded, Refusal>>, DbError> {
    let now = w.now;
    let mut allocations: Vec<Allocation> = Vec::new();
    let mut saved: Vec<StoredPayment> = Vec::with_capacity(payments.len());
    let mut results = Vec::with_capacity(payments.len());
    let mut reviews = Vec::new();
    for matched in match_all(w.tx, payments, now).await? {
        results.push(matched.map(|(payment, new, alternatives)| {
            let places = allocations.len()..allocations.len() + new.len();
            allocations.extend(new);
            let review = (!alternatives.is_empty()).then(|| outbox::match_review_updated(&payment, &alternatives));
            if review.is_some() {
                reviews.push((payment.id, alternatives));
            }
            let match_due_at = (!payment.unapplied.is_zero()).then(|| now + rematch_delay());
            let envelope = envelopes.get(&payment.id).copied();
            let stored =
                StoredPayment { payment: payment.clone(), is_manual: false, refusals: 0, match_due_at, envelope };
            saved.push(stored);
            (payment, places, review)
        }));
    }
    into_batches(&mut allocations, now);
    let waiting = saved.iter().map(|stored| &stored.payment).filter(|payment| !payment.unapplied.is_zero());
    let keys: Vec<(PaymentId, String)> = waiting.flat_map(keys).collect();
    db::payment::insert_all(w.tx, &saved).await?;
    db::allocation::insert_all(w.tx, &allocations, now).await?;
    db::match_key::insert(w.tx, &keys).await?;
    db::review::put(w.tx, &reviews, now).await?;
    let recorded = |(payment, places, review): (Payment, std::ops::Range<usize>, Option<Event>)| {
        let allocations: Vec<Allocation> = allocations.get(places).unwrap_or_default().to_vec();
        (Recorded { payment, waiting: allocations.clone(), allocations }, review)
    };
    Ok(results.into_iter().map(|result| result.map(recorded)).collect())
}
