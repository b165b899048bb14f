//! Writes of the read models.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{DbError, Tx, expect_rows};
use rust_decimal::Decimal;
use uuid::Uuid;

/// An opened item.
#[derive(Debug)]
pub(crate) struct NewItem {
    pub(crate) id: Uuid,
    pub(crate) customer_id: Uuid,
    pub(crate) number: String,
    pub(crate) currency: String,
    pub(crate) total: Decimal,
    pub(crate) issued_on: NaiveDate,
    pub(crate) due_on: NaiveDate,
}

/// A movement of an item.
#[derive(Debug)]
pub(crate) struct NewEntry {
    pub(crate) event_id: Uuid,
    pub(crate) kind: &'static str,
    pub(crate) item_id: Uuid,
    pub(crate) amount: Decimal,
    pub(crate) effective_on: NaiveDate,
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) known_at: DateTime<Utc>,
    pub(crate) position: i64,
}

/// A received payment.
#[derive(Debug)]
pub(crate) struct NewPayment {
    pub(crate) id: Uuid,
    pub(crate) customer_id: Option<Uuid>,
    pub(crate) currency: String,
    pub(crate) amount: Decimal,
    pub(crate) received_on: NaiveDate,
}

/// A movement of unapplied money.
#[derive(Debug)]
pub(crate) struct NewCashEntry {
    pub(crate) event_id: Uuid,
    pub(crate) payment_id: Uuid,
    pub(crate) amount: Decimal,
    pub(crate) effective_on: NaiveDate,
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) known_at: DateTime<Utc>,
    pub(crate) position: i64,
}

/// One side's record of an allocation.
#[derive(Debug)]
pub(crate) struct NewSide {
    pub(crate) allocation_id: Uuid,
    pub(crate) event_id: Uuid,
    pub(crate) item_id: Uuid,
    pub(crate) amount: Decimal,
    pub(crate) recorded_at: DateTime<Utc>,
}

/// Adds new currencies.
pub(crate) async fn currencies(tx: &mut Tx, codes: &HashSet<String>) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let mut codes: Vec<String> = codes.iter().cloned().collect();
    codes.sort_unstable();
    sqlx::query!(
        "insert into currency (tenant_id, code) select $1, * from unnest($2::text[]) on conflict do nothing",
        tenant,
        &codes
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Adds items.
pub(crate) async fn items(tx: &mut Tx, items: &[NewItem]) -> Result<(), DbError> {
    if items.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = items.iter().map(|i| i.id).collect();
    let customers: Vec<Uuid> = items.iter().map(|i| i.customer_id).collect();
    let numbers: Vec<String> = items.iter().map(|i| i.number.clone()).collect();
    let codes: Vec<String> = items.iter().map(|i| i.currency.clone()).collect();
    let totals: Vec<Decimal> = items.iter().map(|i| i.total).collect();
    let issued: Vec<NaiveDate> = items.iter().map(|i| i.issued_on).collect();
    let due: Vec<NaiveDate> = items.iter().map(|i| i.due_on).collect();
    sqlx::query!(
        "insert into item (tenant_id, id, customer_id, number, currency, total, issued_on, due_on)
         select $1, *
         from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::numeric[], $7::date[], $8::date[])",
        tenant,
        &ids,
        &customers,
        &numbers,
        &codes,
        &totals,
        &issued,
        &due,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Adds movements of items. Fails if an item is unknown: invoicing publishes its opening before its movements.
pub(crate) async fn entries(tx: &mut Tx, entries: &[NewEntry]) -> Result<(), DbError> {
    if entries.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let events: Vec<Uuid> = entries.iter().map(|e| e.event_id).collect();
    let kinds: Vec<String> = entries.iter().map(|e| e.kind.to_owned()).collect();
    let items: Vec<Uuid> = entries.iter().map(|e| e.item_id).collect();
    let amounts: Vec<Decimal> = entries.iter().map(|e| e.amount).collect();
    let dates: Vec<NaiveDate> = entries.iter().map(|e| e.effective_on).collect();
    let times: Vec<DateTime<Utc>> = entries.iter().map(|e| e.recorded_at).collect();
    let known: Vec<DateTime<Utc>> = entries.iter().map(|e| e.known_at).collect();
    let positions: Vec<i64> = entries.iter().map(|e| e.position).collect();
    let done = sqlx::query!(
        "insert into entry
           (tenant_id, event_id, kind, item_id, customer_id, currency, amount, effective_on, issued_on, due_on, recorded_at, known_at, position)
         select $1, e.event_id, e.kind, i.id, i.customer_id, i.currency, e.amount, e.effective_on, i.issued_on, i.due_on, e.recorded_at,
           e.known_at, e.position
         from unnest($2::uuid[], $3::text[], $4::uuid[], $5::numeric[], $6::date[], $7::timestamptz[], $8::bigint[], $9::timestamptz[])
           as e (event_id, kind, item_id, amount, effective_on, recorded_at, position, known_at)
         join item i on i.tenant_id = $1 and i.id = e.item_id",
        tenant,
        &events,
        &kinds,
        &items,
        &amounts,
        &dates,
        &times,
        &positions,
        &known,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, "entry", entries.len())
}

/// An extension of an item's due date.
#[derive(Debug, Clone)]
pub(crate) struct NewExtension {
    pub(crate) event_id: Uuid,
    pub(crate) item_id: Uuid,
    pub(crate) due_on: NaiveDate,
    pub(crate) effective_on: NaiveDate,
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) known_at: DateTime<Utc>,
    pub(crate) position: i64,
}

/// Adds extensions of due dates. Fails if an item is unknown.
pub(crate) async fn extensions(tx: &mut Tx, extensions: &[NewExtension]) -> Result<(), DbError> {
    if extensions.is_empty() {
        return Ok(());
    }
    let events: Vec<Uuid> = extensions.iter().map(|e| e.event_id).collect();
    let items: Vec<Uuid> = extensions.iter().map(|e| e.item_id).collect();
    let due: Vec<NaiveDate> = extensions.iter().map(|e| e.due_on).collect();
    let effective: Vec<NaiveDate> = extensions.iter().map(|e| e.effective_on).collect();
    let times: Vec<DateTime<Utc>> = extensions.iter().map(|e| e.recorded_at).collect();
    let known: Vec<DateTime<Utc>> = extensions.iter().map(|e| e.known_at).collect();
    let positions: Vec<i64> = extensions.iter().map(|e| e.position).collect();
    let done = sqlx::query!(
        "insert into due_date_extension (tenant_id, event_id, item_id, due_on, effective_on, recorded_at, known_at, position)
         select $1, e.event_id, i.id, e.due_on, e.effective_on, e.recorded_at, e.known_at, e.position
         from unnest($2::uuid[], $3::uuid[], $4::date[], $5::date[], $6::timestamptz[], $7::bigint[], $8::timestamptz[])
           as e (event_id, item_id, due_on, effective_on, recorded_at, position, known_at)
         join item i on i.tenant_id = $1 and i.id = e.item_id",
        tx.tenant().uuid(),
        &events,
        &items,
        &due,
        &effective,
        &times,
        &positions,
        &known,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, "due_date_extension", extensions.len())
}

/// Adds payments.
pub(crate) async fn payments(tx: &mut Tx, payments: &[NewPayment]) -> Result<(), DbError> {
    if payments.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = payments.iter().map(|p| p.id).collect();
    let customers: Vec<Option<Uuid>> = payments.iter().map(|p| p.customer_id).collect();
    let codes: Vec<String> = payments.iter().map(|p| p.currency.clone()).collect();
    let amounts: Vec<Decimal> = payments.iter().map(|p| p.amount).collect();
    let dates: Vec<NaiveDate> = payments.iter().map(|p| p.received_on).collect();
    sqlx::query!(
        "insert into payment (tenant_id, id, customer_id, currency, amount, received_on)
         select $1, *
         from unnest($2::uuid[], $3::uuid[], $4::text[], $5::numeric[], $6::date[])",
        tenant,
        &ids,
        &customers as &[Option<Uuid>],
        &codes,
        &amounts,
        &dates,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The known ones of these payments.
pub(crate) async fn known_payments(tx: &mut Tx, payments: &[Uuid]) -> Result<HashSet<Uuid>, DbError> {
    let tenant = tx.tenant().uuid();
    let known = sqlx::query_scalar!("select id from payment where tenant_id = $1 and id = any($2)", tenant, payments)
        .fetch_all(&mut **tx)
        .await?;
    Ok(known.into_iter().collect())
}

/// Adds movements of unapplied money of known payments.
pub(crate) async fn cash_entries(tx: &mut Tx, entries: &[NewCashEntry]) -> Result<(), DbError> {
    if entries.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let events: Vec<Uuid> = entries.iter().map(|e| e.event_id).collect();
    let payments: Vec<Uuid> = entries.iter().map(|e| e.payment_id).collect();
    let amounts: Vec<Decimal> = entries.iter().map(|e| e.amount).collect();
    let dates: Vec<NaiveDate> = entries.iter().map(|e| e.effective_on).collect();
    let times: Vec<DateTime<Utc>> = entries.iter().map(|e| e.recorded_at).collect();
    let known: Vec<DateTime<Utc>> = entries.iter().map(|e| e.known_at).collect();
    let positions: Vec<i64> = entries.iter().map(|e| e.position).collect();
    let done = sqlx::query!(
        "insert into cash_entry
           (tenant_id, event_id, payment_id, customer_id, payer_known_at, currency, amount, effective_on, recorded_at, known_at, position)
         select $1, e.event_id, p.id, p.customer_id, p.payer_known_at, p.currency, e.amount, e.effective_on, e.recorded_at, e.known_at, e.position
         from unnest($2::uuid[], $3::uuid[], $4::numeric[], $5::date[], $6::timestamptz[], $7::bigint[], $8::timestamptz[])
           as e (event_id, payment_id, amount, effective_on, recorded_at, position, known_at)
         join payment p on p.tenant_id = $1 and p.id = e.payment_id",
        tenant,
        &events,
        &payments,
        &amounts,
        &dates,
        &times,
        &positions,
        &known,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, "cash_entry", entries.len())
}

/// Keeps the payers of those payments that have none as they are until the transaction ends: what moved of a payment has its payer, also when
/// another transaction reads that it has become known.
pub(crate) async fn hold_payers(tx: &mut Tx, payments: &[Uuid]) -> Result<(), DbError> {
    if payments.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "select id from payment where tenant_id = $1 and id = any($2) and customer_id is null order by id for share",
        tenant,
        payments
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(())
}

/// The payer of a payment, which became known after it was received.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Payer {
    pub(crate) customer_id: Uuid,
    pub(crate) known_at: DateTime<Utc>,
}

/// Gives known payments the payers that have become known, and what moved of them with them, each with the time at which it did: before, the money is
/// of no customer. A payer becomes known once. Two statements: the second sees what was moved by a transaction that the first has waited for.
pub(crate) async fn payers(tx: &mut Tx, payers: &HashMap<Uuid, Payer>) -> Result<(), DbError> {
    if payers.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let payments: Vec<Uuid> = payers.keys().copied().collect();
    let customers: Vec<Uuid> = payers.values().map(|payer| payer.customer_id).collect();
    let known: Vec<DateTime<Utc>> = payers.values().map(|payer| payer.known_at).collect();
    let done = sqlx::query!(
        "update payment p
         set customer_id = a.customer_id, payer_known_at = a.known_at
         from unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) as a (id, customer_id, known_at)
         where p.tenant_id = $1 and p.id = a.id",
        tenant,
        &payments,
        &customers,
        &known,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, "payment", payers.len())?;
    sqlx::query!(
        "update cash_entry c
         set customer_id = a.customer_id, payer_known_at = a.known_at
         from unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) as a (id, customer_id, known_at)
         where c.tenant_id = $1 and c.payment_id = a.id",
        tenant,
        &payments,
        &customers,
        &known,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Adds the record of allocations of one side, `invoicing` or `payments`.
pub(crate) async fn sides(tx: &mut Tx, side: &'static str, sides: &[NewSide]) -> Result<(), DbError> {
    if sides.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let allocations: Vec<Uuid> = sides.iter().map(|s| s.allocation_id).collect();
    let events: Vec<Uuid> = sides.iter().map(|s| s.event_id).collect();
    let items: Vec<Uuid> = sides.iter().map(|s| s.item_id).collect();
    let amounts: Vec<Decimal> = sides.iter().map(|s| s.amount).collect();
    let times: Vec<DateTime<Utc>> = sides.iter().map(|s| s.recorded_at).collect();
    sqlx::query!(
        "insert into allocation_side (tenant_id, allocation_id, event_id, side, item_id, amount, recorded_at)
         select $1, s.allocation_id, s.event_id, $7, s.item_id, s.amount, s.recorded_at
         from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::numeric[], $6::timestamptz[]) as s (allocation_id, event_id, item_id, amount, recorded_at)",
        tenant,
        &allocations,
        &events,
        &items,
        &amounts,
        &times,
        side,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
