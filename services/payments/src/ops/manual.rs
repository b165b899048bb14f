//! Common parts of manual decisions about a payment: they lock it, and exclude it from automatic matching.

use quittance_db::Tx;
use quittance_kernel::PaymentId;
use quittance_matching::{account_key, name_core};
use quittance_service::Etag;

use super::Write;
use crate::{
    Error,
    db::{self, payment::StoredPayment},
    domain::{Allocation, Payment},
    outbox,
};

/// Locks the payment; fails if the etag does not match.
pub(super) async fn lock(tx: &mut Tx, id: PaymentId, etag: &Etag) -> Result<StoredPayment, Error> {
    let stored = db::payment::lock_all(tx, &[id]).await?.remove(&id).ok_or(Error::PaymentNotFound(id))?;
    etag.check(format_args!("payment {id}"), stored.payment.version)?;
    Ok(stored)
}

/// Saves a manual decision.
pub(super) async fn save(w: &mut Write<'_>, stored: StoredPayment, new: &[Allocation]) -> Result<(), Error> {
    let payment = stored.payment.id;
    let stored = StoredPayment { payment: Payment { updated_at: w.now, ..stored.payment }, ..stored };
    if !db::review::put(w.tx, &[(payment, Vec::new())], w.now).await?.is_empty() {
        w.publish(outbox::match_review_updated(&stored.payment, &[]));
    }
    db::payment::update_all(w.tx, &[stored]).await?;
    db::match_key::delete(w.tx, &[payment]).await?;
    Ok(db::allocation::insert_all(w.tx, new, w.now).await?)
}

/// Saves a payment as a manual choice left it, and learns the customer of the payer's account and name, if all items are one customer's.
pub(super) async fn save_chosen(
    w: &mut Write<'_>,
    stored: StoredPayment,
    payment: Payment,
    chosen: &[Allocation],
) -> Result<(), Error> {
    let customer = chosen.first().map(|first| first.customer);
    if let Some(customer) = customer.filter(|one| chosen.iter().all(|allocation| allocation.customer == *one)) {
        let Payment { id, payer_account, payer_name, .. } = &payment;
        db::payer::learn(w.tx, *id, customer, &account_key(payer_account), &name_core(payer_name), w.now).await?;
    }
    let attributed = outbox::payment_attributed(stored.payment.customer, &payment);
    save(w, stored.decided(payment), chosen).await?;
    if let Some(event) = attributed {
        w.publish(event);
    }
    Ok(())
}
