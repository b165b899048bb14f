//! Rematches unapplied payments when something with their match keys was published.

use std::collections::HashMap;

use quittance_kernel::{Bug, PaymentId, TenantId};
use quittance_service::Operation;

use super::{
    Write,
    matching::{into_batches, match_all},
    settle::settle,
};
use crate::{
    App, Error,
    app::TenantSettings,
    db::{self, payment::StoredPayment},
    domain::{Allocation, MatchOutcome, Payment},
    outbox,
};

const BATCH: i64 = 200;

/// Matches the tenant's payments that are due, and settles them as far as invoicing responds now. Returns whether there may be more.
pub(crate) async fn match_again(app: &App, tenant: TenantId) -> Result<bool, Error> {
    let Matched { allocations, is_more } = app.run_job(tenant, &MatchAgain).await?;
    settle(app, tenant, allocations).await;
    Ok(is_more)
}

/// Matches at most [`BATCH`] payments that are due. Those locked by another replica are skipped.
#[derive(Debug)]
struct MatchAgain;

struct Matched {
    /// The new allocations, to send to invoicing.
    allocations: Vec<Allocation>,
    is_more: bool,
}

impl Operation for MatchAgain {
    const NAME: &'static str = "MatchAgain";
    type Settings = TenantSettings;
    type Output = Matched;

    async fn run(&self, w: &mut Write<'_>) -> Result<Matched, Error> {
        let due = db::payment::lock_due(w.tx, w.now, BATCH).await?;
        let is_more = i64::try_from(due.len()) == Ok(BATCH);
        let is_matched = |stored: &StoredPayment| !stored.is_manual && !stored.payment.unapplied.is_zero();
        let payments = due.iter().filter(|stored| is_matched(stored)).map(|stored| stored.payment.clone()).collect();
        let mut matched = match_all(w.tx, payments, w.now).await?.into_iter();
        let (mut allocations, mut new_keys, mut reviews) = (Vec::new(), Vec::new(), Vec::new());
        let mut attributed = Vec::new();
        let looked_at = due.into_iter().map(|stored| {
            let found = if is_matched(&stored) { matched.next() } else { None };
            let version = stored.payment.version;
            let payment = match found {
                Some(Ok((payment, mut new, alternatives))) => {
                    reviews.push((payment.id, alternatives));
                    let known = stored.payment.customer;
                    let payment = with_outcome(stored.payment, payment, new.is_empty());
                    attributed.extend(outbox::payment_attributed(known, &payment));
                    // Its other match keys were written with the payment.
                    let customer = payment.customer.filter(|_| known.is_none() && !payment.unapplied.is_zero());
                    new_keys.extend(customer.map(|customer| (payment.id, customer.to_string())));
                    allocations.append(&mut new);
                    payment
                }
                Some(Err(refusal)) => {
                    tracing::error!(payment = %stored.payment.id, %refusal, "a proposal was refused by its own payment");
                    stored.payment
                }
                None => stored.payment,
            };
            // One that was looked at in vain has not changed.
            let updated_at = if payment.version == version { payment.updated_at } else { w.now };
            StoredPayment { payment: Payment { updated_at, ..payment }, match_due_at: None, ..stored }
        });
        let looked_at: Vec<StoredPayment> = looked_at.collect();
        for event in attributed {
            w.publish(event);
        }
        into_batches(&mut allocations, w.now);
        db::payment::update_all(w.tx, &looked_at).await?;
        db::allocation::insert_all(w.tx, &allocations, w.now).await?;
        let done = looked_at.iter().map(|stored| &stored.payment).filter(|payment| payment.unapplied.is_zero());
        db::match_key::delete(w.tx, &done.map(|payment| payment.id).collect::<Vec<_>>()).await?;
        db::match_key::insert(w.tx, &new_keys).await?;
        let changed = db::review::put(w.tx, &reviews, w.now).await?;
        let payments: HashMap<PaymentId, &Payment> =
            looked_at.iter().map(|stored| (stored.payment.id, &stored.payment)).collect();
        for (payment, alternatives) in reviews.iter().filter(|(payment, _)| changed.contains(payment)) {
            let payment = payments.get(payment).ok_or(Bug("a review of a payment that was not matched"))?;
            w.publish(outbox::match_review_updated(payment, alternatives));
        }
        Ok(Matched { allocations, is_more })
    }
}

/// The payment after a rematch. The earlier result stays recorded; if part of the money is applied, a rematch that finds nothing for
/// the rest has no effect.
fn with_outcome(before: Payment, mut after: Payment, found_nothing: bool) -> Payment {
    let is_whole = before.unapplied == before.amount;
    if found_nothing && !is_whole {
        return before;
    }
    if !is_whole {
        let new = std::mem::take(&mut after.match_outcome.evidence);
        let old = before.match_outcome.evidence;
        let added: Vec<String> = new.into_iter().filter(|evidence| !old.contains(evidence)).collect();
        let evidence = old.into_iter().chain(added).collect();
        after.match_outcome = MatchOutcome { evidence, ..after.match_outcome };
    } else if found_nothing && (after.match_outcome != before.match_outcome || after.customer != before.customer) {
        after.version = after.version.saturating_add(1);
    }
    after
}
