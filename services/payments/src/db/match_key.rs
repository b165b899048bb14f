//! Match keys: how unapplied payments are found again when invoicing publishes something new.

use chrono::{DateTime, Utc};
use quittance_db::{DbError, Tx};
use quittance_kernel::PaymentId;
use uuid::Uuid;

/// Adds match keys: payment and key.
pub(crate) async fn insert(tx: &mut Tx, keys: &[(PaymentId, String)]) -> Result<(), DbError> {
    if keys.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let (payments, keys): (Vec<Uuid>, Vec<String>) =
        keys.iter().map(|(payment, key)| (payment.uuid(), key.clone())).unzip();
    sqlx::query!(
        "insert into sought_key (tenant_id, payment_id, key)
         select $1, *
         from unnest($2::uuid[], $3::text[])
         on conflict on constraint sought_key_pkey do nothing",
        tenant,
        &payments,
        &keys,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Deletes the match keys of these payments.
pub(crate) async fn delete(tx: &mut Tx, payments: &[PaymentId]) -> Result<(), DbError> {
    if payments.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = payments.iter().map(|id| id.uuid()).collect();
    sqlx::query!("delete from sought_key where tenant_id = $1 and payment_id = any($2)", tenant, &ids)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Makes unapplied payments with one of the keys due for matching; also those already due: a concurrent matching does
/// not see the writes of this transaction, so this statement waits for it.
pub(crate) async fn mark_due(tx: &mut Tx, keys: &[String], now: DateTime<Utc>) -> Result<(), DbError> {
    if keys.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "with waiting as (
           select distinct s.payment_id
           from unnest($2::text[]) as requested (key)
           join sought_key s on s.tenant_id = $1 and s.key = requested.key
         ), locked as (
           select p.id
           from waiting w
           join payment p on p.tenant_id = $1 and p.id = w.payment_id
           where p.has_unapplied and not p.by_hand
           order by p.id
           for update of p
         )
         update payment p
         set match_due_at = $3
         from locked
         where p.tenant_id = $1 and p.id = locked.id",
        tenant,
        keys,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
