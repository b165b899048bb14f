//! Matching for many payments at once: a few set queries load what any of them may pay, then each is decided in order on what the ones before left.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use quittance_db::{DbError, Tx};
use quittance_kernel::{AllocationId, CreditorReference, CustomerId, ItemId, PaymentId, RequestId};

use crate::{
    db::{self, item::Sought, payment::Held},
    domain::{Allocation, Candidate, Candidates, MoneyIn, Payment, Refusal, propose, text},
};

/// Settlements that invoicing takes in one call.
const MAX_BATCH: usize = 1_000;
/// Keys by which one payment is found again at most.
const MAX_KEYS: usize = 200;

/// A payment after matching, with its new allocations.
pub(crate) type Matched = Result<(Payment, Vec<Allocation>), Refusal>;

/// An account as it is compared: without blanks, in capitals.
pub(crate) fn account_key(account: &str) -> String {
    account.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_uppercase).collect()
}

/// What a payment's text may name.
struct Names {
    numbers: Vec<String>,
    references: Vec<String>,
}

impl Names {
    fn of(payment: &Payment) -> Self {
        let references =
            CreditorReference::find_in(&payment.text).iter().map(|reference| reference.as_str().to_owned()).collect();
        Self { numbers: text::candidate_numbers(&payment.text), references }
    }
}

/// By what an unapplied payment is found again when invoicing tells something new: what its text may name, its payer's account, its customer.
pub(crate) fn keys(payment: &Payment) -> Vec<(PaymentId, String)> {
    let names = Names::of(payment);
    let account = Some(account_key(&payment.payer_account)).filter(|account| !account.is_empty());
    let customer = payment.customer.map(|customer| customer.to_string());
    let certain = names.references.into_iter().chain(account).chain(customer);
    // Hardly a number is several words without a digit, and every key is a row.
    let likely = |number: &String| number.contains(char::is_numeric) || !number.contains(char::is_whitespace);
    let numbers = names.numbers.into_iter().filter(likely);
    let keys: BTreeSet<String> = certain.chain(numbers).take(MAX_KEYS).collect();
    keys.into_iter().map(|key| (payment.id, key)).collect()
}

/// The items that any payment of a slice may pay.
#[derive(Default)]
struct Book {
    items: HashMap<ItemId, Candidate>,
    by_number: HashMap<String, Vec<ItemId>>,
    by_reference: HashMap<String, Vec<ItemId>>,
    by_customer: HashMap<CustomerId, Vec<ItemId>>,
    payers: HashMap<String, CustomerId>,
}

impl Book {
    fn add(&mut self, found: Vec<Candidate>) {
        for candidate in found {
            let id = candidate.item;
            if self.items.contains_key(&id) {
                continue;
            }
            self.by_number.entry(candidate.number.clone()).or_default().push(id);
            if let Some(reference) = &candidate.payment_reference {
                self.by_reference.entry(reference.clone()).or_default().push(id);
            }
            self.by_customer.entry(candidate.customer).or_default().push(id);
            self.items.insert(id, candidate);
        }
    }

    fn payer(&self, payment: &Payment) -> Option<CustomerId> {
        payment.customer.or_else(|| self.payers.get(&account_key(&payment.payer_account)).copied())
    }

    fn all<'a>(&'a self, ids: Option<&'a Vec<ItemId>>) -> impl Iterator<Item = &'a Candidate> {
        ids.into_iter().flatten().filter_map(|id| self.items.get(id))
    }

    fn named(&self, names: &Names) -> Candidates {
        Candidates {
            by_reference: names
                .references
                .iter()
                .flat_map(|reference| self.all(self.by_reference.get(reference)))
                .cloned()
                .collect(),
            by_number: names.numbers.iter().flat_map(|number| self.all(self.by_number.get(number))).cloned().collect(),
            ..Candidates::default()
        }
    }

    /// Of a payer with many open items only those that could be closed by exactly this money count, and one more to tell what else it owes.
    fn of_payer(&self, payment: &Payment, payer: Option<CustomerId>) -> Vec<Candidate> {
        let Some(payer) = payer else { return Vec::new() };
        let owed = || self.all(self.by_customer.get(&payer)).filter(|item| item.open.is_positive());
        let comparable = || owed().filter(|item| item.open.currency() == payment.amount.currency());
        let fits = |item: &&Candidate| item.open == payment.unapplied || !item.terms.discounts().is_empty();
        let witness = comparable().next().or_else(|| owed().next());
        comparable().filter(fits).chain(witness).cloned().collect()
    }

    fn decide(&mut self, payment: Payment, names: &Names, now: DateTime<Utc>) -> Matched {
        let payer = self.payer(&payment);
        let candidates = Candidates { payer, of_payer: self.of_payer(&payment, payer), ..self.named(names) };
        let proposal = propose(&money_in(&payment), &candidates);
        for share in &proposal.allocations {
            if let Some(item) = self.items.get_mut(&share.item) {
                db::item::reduce(item, share.amount, share.discount);
            }
        }
        // The batch is a stand-in until the slice is cut into batches.
        payment.matched(proposal, RequestId::at(now), || AllocationId::at(now))
    }
}

/// What is left of a payment is what is matched.
fn money_in(payment: &Payment) -> MoneyIn<'_> {
    MoneyIn {
        customer: payment.customer,
        amount: payment.unapplied,
        received_on: payment.received_on,
        payer_account: &payment.payer_account,
        text: &payment.text,
    }
}

/// Proposes and allocates for each payment, in order. Allocations are pending and need their batches: see [`into_batches`].
pub(crate) async fn match_all(
    tx: &mut Tx,
    payments: Vec<Payment>,
    now: DateTime<Utc>,
) -> Result<Vec<Matched>, DbError> {
    let names: Vec<Names> = payments.iter().map(Names::of).collect();
    let mut book = Book::default();
    let numbers: BTreeSet<String> = names.iter().flat_map(|n| n.numbers.iter().cloned()).collect();
    let references: BTreeSet<String> = names.iter().flat_map(|n| n.references.iter().cloned()).collect();
    if !numbers.is_empty() || !references.is_empty() {
        let sought = Sought {
            numbers: numbers.into_iter().collect(),
            references: references.into_iter().collect(),
            ..Sought::default()
        };
        book.add(db::item::find(tx, &sought).await?);
    }
    let accounts: BTreeSet<String> =
        payments.iter().filter(|p| p.customer.is_none()).map(|p| account_key(&p.payer_account)).collect();
    let accounts: Vec<String> = accounts.into_iter().filter(|account| !account.is_empty()).collect();
    if !accounts.is_empty() {
        book.payers = db::item::payers(tx, &accounts).await?;
    }
    // What a payer owes matters only where the text names nothing.
    let nameless = payments
        .iter()
        .zip(&names)
        .filter(|(payment, names)| propose(&money_in(payment), &book.named(names)).rule.is_none());
    let payers: BTreeSet<CustomerId> = nameless.filter_map(|(payment, _)| book.payer(payment)).collect();
    if !payers.is_empty() {
        let sought = Sought { customers: payers.into_iter().collect(), ..Sought::default() };
        book.add(db::item::find(tx, &sought).await?);
    }
    Ok(payments.into_iter().zip(&names).map(|(payment, names)| book.decide(payment, names, now)).collect())
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

/// New payments with their allocations, matched and written.
pub(crate) async fn record_matched(
    tx: &mut Tx,
    payments: Vec<Payment>,
    now: DateTime<Utc>,
) -> Result<Vec<Result<Payment, Refusal>>, DbError> {
    let (mut allocations, mut held, mut results) =
        (Vec::new(), Vec::with_capacity(payments.len()), Vec::with_capacity(payments.len()));
    for matched in match_all(tx, payments, now).await? {
        results.push(matched.map(|(payment, mut new)| {
            allocations.append(&mut new);
            let match_due_at = (!payment.unapplied.is_zero()).then(|| now + second_look());
            held.push(Held { payment: payment.clone(), by_hand: false, refusals: 0, match_due_at });
            payment
        }));
    }
    into_batches(&mut allocations, now);
    let waiting = held.iter().map(|held| &held.payment).filter(|payment| !payment.unapplied.is_zero());
    let keys: Vec<(PaymentId, String)> = waiting.flat_map(keys).collect();
    db::payment::insert_all(tx, &held).await?;
    db::allocation::insert_all(tx, &allocations, now).await?;
    db::payment::insert_keys(tx, &keys).await?;
    Ok(results)
}
