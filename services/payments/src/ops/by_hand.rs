//! What a person's decisions about a payment have in common: they hold it, leave it to people from then on, and ask invoicing at once.

use chrono::{DateTime, Utc};
use quittance_db::{DbError, OneOp, OneResult, Tx, is_stale, run_one};
use quittance_kernel::{PaymentId, TenantId};

use super::{KeptId, account_key, settle::settle_waiting};
use crate::{
    App, Error,
    db::{self, payment::Held},
    domain::{Allocation, Payment, matching::name_core},
};

/// Holds the payment, unless the caller saw another version of it.
pub(super) async fn hold(tx: &mut Tx, id: PaymentId, etag: &str) -> OneResult<Held, Error> {
    let Some(held) = db::payment::lock_all(tx, &[id]).await?.remove(&id) else {
        return Ok(Err(Error::PaymentNotFound(id)));
    };
    Ok(if is_stale(etag, held.payment.version) { Err(Error::Stale(id)) } else { Ok(held) })
}

/// Writes what a person decided: matching leaves the payment alone from then on.
pub(super) async fn save(tx: &mut Tx, held: Held, new: &[Allocation], now: DateTime<Utc>) -> Result<(), DbError> {
    let payment = held.payment.id;
    db::review::put(tx, &[(payment, Vec::new())], now).await?;
    db::payment::update_all(tx, &[held]).await?;
    db::sought_key::delete(tx, &[payment]).await?;
    db::allocation::insert_all(tx, new, now).await
}

/// Writes what a person chose. It teaches whose the payer's account and name are, if all of it is one customer's.
pub(super) async fn choose(tx: &mut Tx, held: Held, chosen: &[Allocation], now: DateTime<Utc>) -> Result<(), DbError> {
    let customer = chosen.first().map(|first| first.customer);
    if let Some(customer) = customer.filter(|one| chosen.iter().all(|allocation| allocation.customer == *one)) {
        let Payment { id, payer_account, payer_name, .. } = &held.payment;
        db::payer::learn(tx, *id, customer, &account_key(payer_account), &name_core(payer_name), now).await?;
    }
    save(tx, held, chosen, now).await
}

/// Runs a person's decision, and asks invoicing about it as far as it answers now.
pub(super) async fn run<O: OneOp<Answer = KeptId, Error = Error>>(
    app: &App,
    tenant: TenantId,
    now: DateTime<Utc>,
    op: &O,
    command: O::Command,
) -> Result<PaymentId, Error> {
    let payment = PaymentId::new(run_one(app.db(), tenant, now, op, command).await?.0);
    settle_waiting(app, tenant, &[payment]).await?;
    Ok(payment)
}
