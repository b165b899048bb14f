//! Matches unapplied payments again, when something that they wait for became known.

use quittance_db::DbError;
use quittance_kernel::{PaymentId, TenantId};

use super::{
    match_payments::{into_batches, match_all},
    settle::settle_waiting,
};
use crate::{
    App,
    db::{self, payment::Held},
    domain::{MatchOutcome, Payment},
};

const BATCH: i64 = 200;

/// Matches the tenant's payments that are due, at most [`BATCH`] of them. Returns whether there may be more. Payments that another replica looks at are
/// left to it.
#[tracing::instrument(name = "payments.match_again", skip_all)]
pub(crate) async fn match_again(app: &App, tenant: TenantId) -> Result<bool, DbError> {
    let now = app.now();
    let mut tx = app.db().begin(tenant).await?;
    let due = db::payment::lock_due(&mut tx, now, BATCH).await?;
    let count = due.len();
    let to_match = |held: &Held| !held.by_hand && !held.payment.unapplied.is_zero();
    let payments: Vec<Payment> = due.iter().filter(|held| to_match(held)).map(|held| held.payment.clone()).collect();
    let mut matched = match_all(&mut tx, payments, now).await?.into_iter();
    let (mut allocations, mut new_keys, mut reviews) = (Vec::new(), Vec::new(), Vec::new());
    let looked_at = due.into_iter().map(|held| {
        let found = if to_match(&held) { matched.next() } else { None };
        let payment = match found {
            Some(Ok((payment, mut new, alternatives))) => {
                reviews.push((payment.id, alternatives));
                let was_known = held.payment.customer.is_some();
                let payment = with_outcome(held.payment, payment, new.is_empty());
                // The keys of its text and account were written with the payment.
                let customer = payment.customer.filter(|_| !was_known && !payment.unapplied.is_zero());
                new_keys.extend(customer.map(|customer| (payment.id, customer.to_string())));
                allocations.append(&mut new);
                payment
            }
            Some(Err(refusal)) => {
                tracing::error!(payment = %held.payment.id, %refusal, "a proposal was refused by its own payment");
                held.payment
            }
            None => held.payment,
        };
        Held { payment, match_due_at: None, ..held }
    });
    let looked_at: Vec<Held> = looked_at.collect();
    into_batches(&mut allocations, now);
    db::payment::update_all(&mut tx, &looked_at).await?;
    db::allocation::insert_all(&mut tx, &allocations, now).await?;
    let done = looked_at.iter().map(|held| &held.payment).filter(|payment| payment.unapplied.is_zero());
    db::sought_key::delete(&mut tx, &done.map(|payment| payment.id).collect::<Vec<_>>()).await?;
    db::sought_key::insert(&mut tx, &new_keys).await?;
    db::review::put(&mut tx, &reviews, now).await?;
    tx.commit().await?;
    let paid: Vec<PaymentId> = allocations.iter().map(|allocation| allocation.payment).collect();
    settle_waiting(app, tenant, &paid).await?;
    Ok(i64::try_from(count) == Ok(BATCH))
}

/// The payment after another look. What was found before stays in the record; where part of the money has found its way, a look that finds nothing for
/// the rest changes nothing.
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
